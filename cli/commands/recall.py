"""`recall`, `pack` and `ask`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cli.commands.common import MODALITIES, STRATEGIES, GivenPath, json_lines, json_option, linked_path, where_options
from cli.completions import languages
from cli.connect import connect
from cli.models import RecallResult
from cli.render import show_answer, show_result
from cli.screen import out, print_json
from foundation.errors import CairnError, InputError

if TYPE_CHECKING:
    from cli.client import CairnClient

__all__ = ["COMMANDS"]

_MAX_K = 1_000
"""The most that the daemon gives."""


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--strategy", type=click.Choice(STRATEGIES), default="adaptive", show_default=True),
        click.option("--k", "-k", default=10, show_default=True, help="How many answers."),
        click.option(
            "--rerank/--no-rerank",
            default=None,
            help="Look at the best candidates twice, or not; by default as configured.",
        ),
    ):
        command = option(command)
    return _places(command)


def _places(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--under", type=GivenPath(), help="Only below this folder."),
        click.option("--language", default="", shell_complete=languages, help="Only this language, e.g. python or ru."),
        click.option(
            "--modality", "-m", multiple=True, type=click.Choice(MODALITIES), help="Only this kind; repeatable."
        ),
    ):
        command = option(command)
    return where_options(command)  # type: ignore[no-any-return]  # a click command


def _request(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a `RecallRequest`."""
    under = options.pop("under")
    if options.get("rerank", True) is None:
        del options["rerank"]
    options["path_prefix"] = linked_path("under", under) if under else ""
    if options.pop("history", False):
        options["layers"] = ["episodic"]
    return options


@click.command()
@click.argument("query", nargs=-1)
@click.option(
    "--queries",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Answer every line of a JSON-lines file.",
)
@click.option("--history", is_flag=True, help="Search what commits say instead of what files say.")
@click.option("--explain", is_flag=True, help="Show the parts of every score.")
@_filters
@json_option
@click.pass_obj
def recall(
    profile: Path | None, /, query: tuple[str, ...], queries: str | None, explain: bool, is_json: bool, **options: Any
) -> int:
    """Find what answers a question.

    With --queries, FILE (- for standard input) has {"id": …, "text": …} lines, and one JSON line {"id", "results",
    "took_ms"} is printed for each, with --json or without: the k best sources.
    """
    if query and queries:
        _refuse_both()
    fields = _request(options)
    with connect(profile) as client:
        if queries:
            return _batch(client, queries, fields)
        result = client.recall(" ".join(query), **fields)
    if is_json:
        print_json(result)
    else:
        show_result(result, is_explained=explain)
    return 0


def _refuse_both() -> None:
    """One of them would be dropped in silence.

    Raises:
        UsageError: Always.
    """
    raise click.UsageError("give a question or --queries, not both")


def _batch(client: CairnClient, file: str, fields: dict[str, Any]) -> int:
    for number, line in json_lines(file):
        try:
            row = msgspec.json.decode(line, type=dict[str, Any])
            name, text = row["id"], str(row["text"])
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
            raise InputError("queries", f"{file}:{number}: not an object with `id` and `text`") from error
        own = {"project": fields["project"] or str(row.get("project", ""))}
        try:
            results, took_ms = _sources(client, text, {**fields, **own})
        except CairnError as error:
            if error.code != "invalid_argument":
                raise
            raise InputError("queries", f"{file}:{number}: {error.message}", fix=error.fix) from error
        print_json({"id": name, "results": results, "took_ms": round(took_ms, 3)})
    return 0


def _sources(client: CairnClient, text: str, fields: dict[str, Any]) -> tuple[list[dict[str, Any]], float]:
    """Return the best k sources and the time of all questions: k fragments are fewer sources, so it asks for more."""
    k = asked = fields["k"]
    hits, took_ms = -1, 0.0
    while True:
        result = client.recall(text, **{**fields, "k": asked})
        took_ms += result.took_ms
        found = _by_uri(result)
        # fragments that say the same are folded: fewer than asked for need not be all there are
        is_all = len(result.items) < asked and len(result.items) <= hits
        if len(found) >= k or not result.items or is_all or asked >= _MAX_K:
            return found[:k], took_ms
        hits, asked = len(result.items), min(asked * 4, _MAX_K)


def _by_uri(result: RecallResult) -> list[dict[str, Any]]:
    """A source counts once, at its best fragment."""
    best: dict[str, float] = {}
    for hit in result.items:
        best.setdefault(hit.cite.uri, round(hit.score, 6))
    return [{"uri": uri, "score": score} for uri, score in best.items()]


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Tokens that the pack never exceeds.",
)
@click.option(
    "--for",
    "model",
    default="",
    metavar="MODEL",
    help="Count by the tokenizer of this model in the model cache; by the text model's when left out.",
)
@click.option("--single", is_flag=True, help="No second recall by names that the first one brings in.")
@_filters
@json_option
@click.pass_obj
def pack(
    profile: Path | None,
    /,
    query: tuple[str, ...],
    budget: int,
    model: str,
    single: bool,
    is_json: bool,
    **options: Any,
) -> int:
    """Quote evidence for a question under a token budget, ready to hand to a model.

    What is found is widened to whole functions, sections and turns while the budget allows. Where the first fragments
    leave a part of the question open and bring in names that lead on, the memory is asked a second time.
    """
    with connect(profile) as client:
        found = client.context_pack(
            " ".join(query), budget_tokens=budget, model=model, is_single=single, **_request(options)
        )
    if is_json:
        print_json(found)
    else:
        if not found.fragments:
            # not on standard output: that goes to a model
            click.echo(f"no evidence that fits {budget} tokens", err=True)
            return 0
        out.print(found.text)
    return 0


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option(
    "--sentences",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="How many sentences at most.",
)
@_places
@json_option
@click.pass_obj
def ask(profile: Path | None, /, query: tuple[str, ...], sentences: int, is_json: bool, **options: Any) -> int:
    """Answer a question in the words of the sources, or say that it is not in memory.

    No model writes the answer: what is printed stands in a source, and each sentence is cited.
    """
    with connect(profile) as client:
        answer = client.ask(" ".join(query), most=sentences, **_request(options))
    if is_json:
        print_json(answer)
    else:
        show_answer(answer)
    return 0


COMMANDS = {"recall": recall, "pack": pack, "ask": ask}
