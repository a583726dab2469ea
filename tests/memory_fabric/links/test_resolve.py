"""The rules by which a name means something, and by which it means nothing."""

from __future__ import annotations

import pytest

from foundation.ids import ItemId
from memory_fabric.links.resolve import leads_to, may_mean, meant_definitions, meant_files
from memory_fabric.store.drafts import Definition, Reference
from memory_fabric.store.names import LinkedItem, Named


def _item(path: str, key: int = 1, modality: str = "code") -> LinkedItem:
    return LinkedItem(key, ItemId(f"mi_{key}"), "p", path, path, "/r", "", modality)


def _named(path: str, symbol: str, key: int, kind: str = "function") -> Named:
    return Named(_item(path, key), Definition(symbol.rpartition(".")[2], symbol, kind, "", 1, 2))


def _use(name: str, hint: str = "", kind: str = "symbol", relation: str = "calls") -> Reference:
    return Reference(relation, kind, name, hint, "", 1)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("module", "source", "target", "leads"),
    [
        ("a/b", "/r/x.py", "/r/a/b.py", True),
        ("a/b", "/r/tests/x.py", "/r/src/a/b.py", True),
        ("a/b", "/r/x.py", "/r/a/b/__init__.py", True),
        ("a/b", "/r/x.py", "/other/a/b.py", False),
        ("json", "/r/readers/html.py", "/r/store/json.py", False),
        ("./", "/r/a/x.py", "/r/a/__init__.py", True),
        ("./b", "/r/a/x.py", "/r/a/b.py", True),
        ("../b", "/r/a/c/x.py", "/r/a/b.py", True),
        ("../b", "/r/a/c/x.py", "/r/b.py", False),
        ("./lib", "/r/web/x.ts", "/r/web/lib/index.tsx", True),
        ("react", "/r/web/x.ts", "/r/web/other.ts", False),
        ("store/reads", "/r/src/main.rs", "/r/src/store/reads.rs", True),
        ("mycrate/store", "/r/tests/t.rs", "/r/src/store/mod.rs", True),
        ("./parts", "/r/src/whole.rs", "/r/src/whole/parts.rs", True),
        ("example.org/u/r/pkg", "/r/cmd/x.go", "/r/pkg/y.go", True),
        ("net/http", "/r/cmd/x.go", "/r/http/y.go", False),
        ("fmt", "/r/cmd/x.go", "/r/fmt/y.go", False),
        ("a/b", "/r/x.c", "/r/include/a/b.h", True),
        ("com/x/Y", "/r/src/main/java/com/z/A.java", "/r/src/main/java/com/x/Y.java", True),
        ("App/Models/User", "/r/x.php", "/r/src/Models/User.php", True),
    ],
)
def test_where_an_import_leads(module: str, source: str, target: str, leads: bool) -> None:
    """From a root of the sources or from the file itself, as its language has it."""
    assert leads_to(module, source, target) is leads
    assert not leads or may_mean(module, target)


def _meant(use: Reference, source: LinkedItem, *candidates: Named) -> list[str]:
    return [f"{n.item.path}:{n.definition.symbol}" for n in meant_definitions(use, source, candidates)]


def test_an_imported_name_means_its_module_alone() -> None:
    """However many others bear it; and where its module defines nothing of that name, nothing."""
    here = _item("/r/x.py", 9)
    many = [_named(f"/r/m{n}.py", "run", n) for n in range(1, 6)]
    assert _meant(_use("run", "m3"), here, *many) == ["/r/m3.py:run"]
    assert _meant(_use("run", "os"), here, *many) == []


def test_a_member_of_an_imported_class_is_found() -> None:
    """`Store.open` where `Store` was imported; not the same name elsewhere in that file."""
    found = [_named("/r/store.py", "Store.open", 1, "method"), _named("/r/store.py", "Other.open", 1, "method")]
    assert _meant(_use("open", "store/Store"), _item("/r/x.py", 9), *found) == ["/r/store.py:Store.open"]


def test_a_package_hands_on_what_its_files_define() -> None:
    """As `from package import name` expects; deeper than that only what stands at the top of its file."""
    found = [_named("/r/pkg/inner/deep.py", "helper", 1), _named("/r/pkg/other.py", "Box.helper", 2, "method")]
    assert _meant(_use("helper", "pkg"), _item("/r/x.py", 9), *found) == ["/r/pkg/inner/deep.py:helper"]


def test_a_bare_name_stays_in_its_file_where_names_are_imported() -> None:
    """In Python it may be a parameter; in C everything is one space."""
    other, own = _named("/r/a.py", "check", 1), _named("/r/x.py", "check", 9)
    assert _meant(_use("check"), _item("/r/x.py", 9), other) == []
    assert _meant(_use("check"), _item("/r/x.py", 9), other, own) == ["/r/x.py:check"]
    assert _meant(_use("check"), _item("/r/x.c", 9), _named("/r/a.c", "check", 1)) == ["/r/a.c:check"]


def test_what_many_bear_means_nothing() -> None:
    """Three may be meant, four are noise; neighbours in the folder come first in Go."""
    for count, left in ((3, 3), (4, 0)):
        found = [_named(f"/r/m{n}.py", f"C{n}.close", n, "method") for n in range(count)]
        assert len(_meant(_use("close", "."), _item("/r/x.py", 9), *found)) == left
    spread = [_named("/r/p/a.go", "Run", 1), *(_named(f"/r/q{n}/a.go", "Run", n + 2) for n in range(5))]
    assert _meant(_use("Run"), _item("/r/p/b.go", 9), *spread) == ["/r/p/a.go:Run"]


def test_languages_do_not_mix() -> None:
    """A function of C is not called from Python."""
    assert _meant(_use("go", "."), _item("/r/x.py", 9), _named("/r/a.c", "go", 1)) == []


def test_prose_wants_to_be_sure_of_plain_words() -> None:
    """`open` may be a word; `move_paths` may not; a dotted name must fit whole."""
    text = _item("/r/d.md", 9, "text")
    both = [_named("/r/a.py", "watch", 1), _named("/r/b.py", "watch", 2)]
    assert _meant(_use("watch"), text, *both) == []
    assert _meant(_use("watch"), text, both[0], _named("/r/tests/t.py", "watch", 3)) == ["/r/a.py:watch"]
    assert (
        len(_meant(_use("move_paths"), text, _named("/r/a.py", "move_paths", 1), _named("/r/b.py", "move_paths", 2)))
        == 2
    )
    assert _meant(
        _use("open", "Store.open"), text, _named("/r/a.py", "Store.open", 1), _named("/r/a.py", "open", 1)
    ) == ["/r/a.py:Store.open"]
    assert _meant(_use("array", "numpy.array"), text, _named("/r/a.py", "array", 1)) == []


def test_a_written_path_means_a_file() -> None:
    """From where it stands; else any file that ends with it, if they are few."""
    here = _item("/r/docs/a.md", 9, "text")
    near, far = _item("/r/docs/b.md", 1), _item("/r/b.md", 2)
    assert meant_files(_use("b.md", "b.md", "file", "mentions"), here, [near, far]) == [near]
    assert meant_files(_use("b.md", "../b.md", "file", "mentions"), here, [near, far]) == [far]
    assert meant_files(_use("b.md", "../x/b.md", "file", "mentions"), here, [near, far]) == []
    assert meant_files(_use("b.md", "docs/b.md", "file", "mentions"), here, [near, far]) == [near]
    many = [_item(f"/r/{n}/c.md", n) for n in range(5)]
    assert meant_files(_use("c.md", "c.md", "file", "mentions"), here, many) == []


def test_a_commit_names_paths_of_its_repository() -> None:
    """And nothing else."""
    commit = _item("", 9, "text")
    files = [_item("/r/a.py", 1), _item("/r/x/a.py", 2)]
    assert meant_files(_use("a.py", "a.py", "file", "touches"), commit, files) == files[:1]
