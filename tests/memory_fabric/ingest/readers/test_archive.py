"""Archives of folders."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from memory_fabric.config import IngestConfig
from memory_fabric.errors import UnreadableError
from memory_fabric.ingest.readers.factory import read_bytes_with_skips
from memory_fabric.ingest.walk import walk_tree
from memory_fabric.records import SkippedFile
from tests.memory_fabric.ingest.readers.samples import LIMITS, tarred, zipped


def read(path: str, data: bytes, limits: IngestConfig = LIMITS) -> tuple[dict[str, str], dict[str, str]]:
    """Return texts by inner path, and reasons by full path."""
    documents, skipped = read_bytes_with_skips(path, data, limits)
    return {document.inner_path: document.text for document in documents}, {s.path: s.reason for s in skipped}


def test_folders_are_kept() -> None:
    """Inner paths carry the whole hierarchy and folders are metadata."""
    documents, skipped = read_bytes_with_skips("a.zip", zipped({"x/y/z.md": "# Z", "top.py": "a = 1"}), LIMITS)
    assert skipped == []
    assert [(d.inner_path, d.meta.get("folders"), d.format) for d in documents] == [
        ("x/y/z.md", "x/y", "markdown"),
        ("top.py", None, "python"),
    ]


def test_archives_nest_to_three() -> None:
    """Three archives inside one another are opened, the fourth is named."""
    inner = zipped({"deep.txt": "words"})
    for name in ("c.zip", "b.zip"):
        inner = zipped({f"in/{name}": inner})
    assert read("a.zip", inner) == ({"in/b.zip!/in/c.zip!/deep.txt": "words"}, {})
    texts, skipped = read("0.zip", zipped({"a.zip": inner}))
    assert texts == {}
    assert skipped == {"0.zip!/a.zip!/in/b.zip!/in/c.zip": "nested deeper than 3 archives"}


def test_members_that_cannot_be_read_are_listed() -> None:
    """A picture, bytes and a broken document stop nothing."""
    texts, skipped = read(
        "a.zip", zipped({"p.png": b"\x89PNG\r\n\x1a\n", "b.bin": b"\x00\x01", "bad.pdf": b"%PDF-1", "ok.txt": "ok"})
    )
    assert texts == {"ok.txt": "ok"}
    assert skipped == {
        "a.zip!/p.png": "image/png is not indexed yet",
        "a.zip!/b.bin": "binary",
        "a.zip!/bad.pdf": "broken pdf",
    }


def test_escapes_links_and_doubles_are_refused() -> None:
    """Absolute paths, `..`, links and second members of one name are listed with the reason."""
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = zipped({"../up.txt": "x", "/abs.txt": "x", "ok.txt": "ok"})
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("ok.txt", "second")
    texts, skipped = read("a.zip", buffer.getvalue())
    assert texts == {"ok.txt": "ok"}
    assert skipped == {
        "a.zip!/../up.txt": "path leaves the archive",
        "a.zip!//abs.txt": "absolute path in the archive",
        "a.zip!/link": "link in the archive",
        "a.zip!/ok.txt": "second member of this name",
    }


def test_encrypted_members_are_skipped() -> None:
    """A member behind a password is listed and the rest is read."""
    data = bytearray(zipped({"a.txt": "a", "b.txt": "b"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert read("a.zip", bytes(data)) == ({"b.txt": "b"}, {"a.zip!/a.txt": "encrypted"})


def test_what_is_ignored_in_folders_is_ignored_in_archives() -> None:
    """Version control and packages are left out silently."""
    members = {".git/config": "x", "a/node_modules/m.js": "x", "__MACOSX/._a": "x", "a.py": "x = 1"}
    assert read("a.zip", zipped(members)) == ({"a.py": "x = 1"}, {})


PROJECT = {
    "src/app.py": "x = 1",
    "src/build/out.py": "x = 2",
    "src/notes.log": "kept: the innermost file decides",
    "src/.gitignore": "!notes.log\n/build/\n",
    "logs/a.log": "left out",
    "private/keys.txt": "left out",
    "private/deep/keys.txt": "left out",
    "draft.md": "left out by .cairnignore",
    "kept.md": "kept",
    "excluded.txt": "left out by .git/info/exclude",
    "env/pyvenv.cfg": "home = /usr",
    "env/lib/module.py": "left out",
    "cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55",
    "cache/thing.txt": "left out",
    ".cairnignore": "draft.md\n",
    ".git/info/exclude": "excluded.txt\n",
    ".gitignore": "*.log\nprivate/\nkept.md\n!kept.md\n",
}
"""With the ignore files behind what they speak of, as packers may put them."""


@pytest.mark.parametrize("is_following_gitignore", [True, False])
@pytest.mark.parametrize("packed", [zipped, tarred, lambda files: tarred(files, packed=True)])
def test_ignore_files_in_an_archive_count_as_in_its_folder(
    packed: Callable[[Mapping[str, str]], bytes], is_following_gitignore: bool, tmp_path: Path
) -> None:
    """What a walk of the folder passes over is not read from its archive either, and not listed."""
    for name, text in PROJECT.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    skips: list[SkippedFile] = []
    walk = walk_tree(
        [tmp_path],
        max_file_bytes=10_000,
        is_following_gitignore=is_following_gitignore,
        on_skip=skips.append,
    )
    walked = {str(Path(found.path).relative_to(tmp_path)) for found in walk}
    limits = IngestConfig(is_following_gitignore=is_following_gitignore)
    texts, skipped = read("a.tgz", packed(PROJECT), limits)
    assert (set(texts), skipped, skips) == (walked, {}, [])
    assert "src/app.py" in walked
    assert ("logs/a.log" in walked) is not is_following_gitignore
    assert "draft.md" not in walked


def test_an_archive_with_one_folder_at_its_top() -> None:
    """Patterns are relative to the folder of their file; a nested archive has rules of its own."""
    inner = zipped({"a.log": "kept", "secret.txt": "x", ".gitignore": "secret.txt"})
    members: dict[str, bytes | str] = {
        "p-1.0/.gitignore": "/a.txt\n*.log\n",
        "p-1.0/a.txt": "x",
        "p-1.0/in/a.txt": "kept",
        "p-1.0/i.zip": inner,
    }
    texts, skipped = read("a.zip", zipped(members))
    assert set(texts) == {"p-1.0/.gitignore", "p-1.0/in/a.txt", "p-1.0/i.zip!/a.log", "p-1.0/i.zip!/.gitignore"}
    assert skipped == {}


@pytest.mark.slow
def test_endless_ignore_files_are_refused() -> None:
    """Tens of thousands of patterns are not tried on tens of thousands of members."""
    rules = "\n".join(f"[a-z]*{number}" for number in range(10_000))
    members = {".gitignore": "*\n" + rules.replace("[", "![")} | {f"{number}.txt": "x" for number in range(3_000)}
    with pytest.raises(UnreadableError, match="too many ignore rules in the archive"):
        read_bytes_with_skips("a.zip", zipped(members), LIMITS)


def test_bombs_are_refused() -> None:
    """Ratio, total and the number of members are limited, for zip and packed tar alike."""
    zeros = b"\x00" * (8 << 20)
    for name, data in (("a.zip", zipped({"z": zeros})), ("a.tgz", tarred({"z": zeros}, packed=True))):
        with pytest.raises(UnreadableError, match="archive bomb"):
            read_bytes_with_skips(name, data, IngestConfig(max_archive_ratio=100))
    with pytest.raises(UnreadableError, match="archive bomb"):
        read_bytes_with_skips("a.txt.xz", lzma.compress(zeros), LIMITS)


def test_nested_bombs_share_one_budget() -> None:
    """Ten inner archives that are harmless alone are stopped together."""
    text = "some words " * 20_000
    inner = zipped({"t.txt": text})
    outer = zipped({f"{number}.zip": inner for number in range(10)}, method=zipfile.ZIP_STORED)
    texts, skipped = read("a.zip", outer, IngestConfig(max_archive_bytes=4 * len(text)))
    assert 1 <= len(texts) < 5
    assert "archive unpacks to too much" in skipped.values()


def test_a_member_above_the_file_limit() -> None:
    """A large member is listed, the small one is read."""
    texts, skipped = read("a.zip", zipped({"big.txt": "x" * 3000, "small.txt": "s"}), IngestConfig(max_file_bytes=1000))
    assert texts == {"small.txt": "s"}
    assert skipped == {"a.zip!/big.txt": "too large (3000 B > 1000 B)"}


@pytest.mark.parametrize("packed", [False, True])
def test_tar(packed: bool) -> None:
    """Tar archives are read in one pass; links, devices and escapes are refused."""
    link, device, folder = tarfile.TarInfo("link"), tarfile.TarInfo("dev"), tarfile.TarInfo("dir")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type, folder.type = tarfile.CHRTYPE, tarfile.DIRTYPE
    data = tarred({"./in/a.txt": "a", "../up.txt": "x", "b.md": "# B"}, link, device, folder, packed=packed)
    texts, skipped = read("a.tgz" if packed else "a.tar", data)
    assert texts == {"in/a.txt": "a", "b.md": "# B"}
    assert sorted(skipped.values()) == ["link in the archive", "not a regular file", "path leaves the archive"]


def test_a_cut_tar_gives_what_it_has() -> None:
    """Members before the damage are read and the damage is listed."""
    data = tarred({"a.txt": "a", "b.txt": "b" * 2000})
    texts, skipped = read("a.tar", data[:2000])
    assert texts == {"a.txt": "a"}
    assert skipped == {"a.tar": "broken archive"}


def test_single_packed_files() -> None:
    """A packed file is a container of one."""
    raw = b"# Notes\n"
    for ending, data in ((".gz", gzip.compress(raw)), (".bz2", bz2.compress(raw)), (".xz", lzma.compress(raw))):
        assert read(f"notes.md{ending}", data)[0] == {"notes.md": "# Notes\n"}


@pytest.mark.parametrize(
    "data", [b"\x1f\x8bnot gzip", b"PK\x03\x04cut", b"\xfd7zXZ\x00cut", gzip.compress(b"x" * 99)[:-9]]
)
def test_broken_archives_are_told(data: bytes) -> None:
    """A damaged archive is one reason, not a crash."""
    with pytest.raises(UnreadableError, match=r"^broken (zip|archive)$"):
        read_bytes_with_skips("a", data, LIMITS)
