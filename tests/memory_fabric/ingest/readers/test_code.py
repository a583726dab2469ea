"""Source code."""

from __future__ import annotations

from tests.memory_fabric.ingest.readers.samples import one


def test_code_has_its_language() -> None:
    """Modality, format and language are those of the code."""
    document = one("src/a.py", "def f():\n    pass\n")
    assert (document.modality, document.format, document.language) == ("code", "python", "python")
    assert (document.mime, document.title) == ("text/x-python", "")


def test_scripts_without_an_ending() -> None:
    """The first line names the language."""
    assert one("tool", "#!/usr/bin/env python3\nprint(1)\n").language == "python"


def test_configuration_is_code() -> None:
    """Configuration keeps its lines and its language."""
    assert one("a.yaml", "a: 1\n").language == "yaml"
    assert one("Makefile", "all:\n\ttrue\n").language == "make"
