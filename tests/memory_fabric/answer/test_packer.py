"""Packing over a real memory: a second recall finds what no word of the question leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import InputError
from memory_fabric.fabric import MemoryFabric
from memory_fabric.records import RecallQuery
from tests.memory_fabric.fabric_parts import index, open_fabric

pytestmark = pytest.mark.slow

PEOPLE = (
    "Olga Ivan Maria Pavel Anna Boris Vera Denis Irina Oleg Nina Yuri Lena Gleb Zoya Anton Alla Timur Rita Egor "
    "Sonya Fedor Tanya Roman Dasha Viktor Galina Mikhail Larisa Stepan"
).split()
SERVICES = (
    "billing-gateway mail-relay photo-store tax-engine chat-router map-tiler fare-meter seat-planner gift-ledger "
    "news-feeder toll-booth page-cache job-runner file-mover ad-picker user-index cart-keeper rate-guard form-parser "
    "log-shipper key-vault menu-board coin-sorter ride-finder book-lender door-opener fuel-gauge film-cutter "
    "rain-watcher bus-tracker"
).split()
ASKED = (0, 3, 7, 11, 14, 18, 21, 24, 26, 29)


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryFabric]:
    """Notes about who looks after what, and others about where that listens."""
    folder = tmp_path_factory.mktemp("packs")
    with open_fabric(folder / "memory") as fabric:
        for person, service, port in zip(PEOPLE, SERVICES, range(7001, 7999), strict=False):
            fabric.remember(f"The colleague {person} looks after the {service} since last year.", project="p")
            fabric.remember(f"Requests to the {service} arrive at port {port} of the cluster.", project="p")
        (folder / "src").mkdir()
        body = "".join(f"    step_{n} = prepare(the_flour, the_water, {n})\n    keep(step_{n})\n" for n in range(90))
        (folder / "src" / "bake.py").write_text(f'def bake_bread():\n    """Bake a loaf of rye."""\n{body}')
        index(fabric, folder / "src")
        yield fabric


def question(number: int) -> RecallQuery:
    """Ask for the port of what somebody looks after: two notes tell it together."""
    return RecallQuery(text=f"at which port do requests arrive for what the colleague {PEOPLE[number]} looks after")


def test_two_notes_are_found_where_only_the_first_shares_words(fabric: MemoryFabric) -> None:
    """Ten questions under 200 tokens: nearly all with a second recall, few without."""
    found = {False: 0, True: 0}
    for number in ASKED:
        for has_second in found:
            pack = fabric.context_pack(question(number), budget_tokens=200, has_second=has_second)
            found[has_second] += f"port {7001 + number} " in pack.text and f"colleague {PEOPLE[number]} " in pack.text
            assert bool(pack.second_question) <= has_second
    assert found[True] >= 9
    assert found[False] <= 5


def test_a_question_that_is_answered_is_not_asked_again(fabric: MemoryFabric) -> None:
    """Every word of it stands in one note."""
    pack = fabric.context_pack(RecallQuery(text="the colleague Olga looks after"), budget_tokens=200)
    assert pack.second_question == ""


def test_a_hit_is_widened_to_its_whole_function(fabric: MemoryFabric) -> None:
    """The fragments around it are those of the same function, and the quotation is that of its lines."""
    pack = fabric.context_pack(RecallQuery(text="bake a loaf of rye", modality=("code",), k=1), budget_tokens=4_000)
    (fragment,) = pack.fragments
    cite = fragment.hit.cite
    lines = Path(cite.path).read_text().split("\n")[cite.line - 1 : cite.line_end]
    assert fragment.text == "\n".join(lines).strip("\n")
    assert cite.line_end - cite.line > 100
    assert pack.tokens <= 4_000


def test_another_models_tokenizer_must_be_there(fabric: MemoryFabric) -> None:
    """The error says where it was looked for."""
    with pytest.raises(InputError, match="no tokenizer of `unheard-of`"):
        fabric.context_pack(question(0), budget_tokens=100, model="unheard-of")
    with pytest.raises(InputError, match="not the name of a model"):
        fabric.context_pack(question(0), budget_tokens=100, model="../x")
