"""The crawlers that were in force, remembered in a file."""

import os
from pathlib import Path

import pytest

from noscrape.accepted import Accepted, changes, read, write


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Reading back is the inverse of writing."""
    file = tmp_path / "accepted.json"
    accepted = Accepted("abc", {"GPTBot": "refused", "Googlebot": "let in"}, purposes={"GPTBot": "training"})
    write(file, accepted)
    assert accepted == read(file)
    assert ["accepted.json"] == os.listdir(tmp_path)


def test_where_nothing_is_remembered(tmp_path: Path) -> None:
    """No file is no fault."""
    assert (None, "") == (read(tmp_path / "none.json").actions, read(tmp_path / "none.json").problem)


def test_an_older_file_tells_no_purposes(tmp_path: Path) -> None:
    """It is good all the same."""
    file = tmp_path / "accepted.json"
    file.write_text('{"shape": 1, "catalog": "abc", "actions": {"GPTBot": "refused"}}')
    assert Accepted("abc", {"GPTBot": "refused"}) == read(file)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b'{"shape": 2, "actions": {"A": "refused"}}', b'{"shape": 1}', b"\xff\xfe", b"[" * 100_000),
        *(b'{"shape": 1, "actions": {}}', b'{"shape": 1, "actions": {"A": "refused", "B": null}}'),
        b'{"shape": 1, "actions": {"A": "refused"}, "purposes": ["training"]}',
    ],
    ids=["empty", "half", "no object", "newer", "no actions", "no text", "deep", "nobody", "a hole", "purposes"],
)
def test_garbage_is_told_and_never_fatal(tmp_path: Path, content: bytes) -> None:
    """With how to mend it."""
    file = tmp_path / "accepted.json"
    file.write_bytes(content)
    found = read(file)
    assert found.actions is None
    assert f"{file} is no list of accepted crawlers; `noscrape crawlers accept` writes it anew" == found.problem


def test_a_file_that_cannot_be_written_keeps_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk loses nothing and leaves nothing behind."""
    file = tmp_path / "accepted.json"
    write(file, Accepted("old", {"GPTBot": "refused"}))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(file, Accepted("new", {}))
    assert ("old", ["accepted.json"]) == (read(file).catalog, os.listdir(tmp_path))


def test_changes_are_what_is_treated_otherwise() -> None:
    """New, gone and changed, each by token."""
    found = changes({"A": "refused", "B": "let in", "C": "let in"}, {"A": "refused", "B": "refused", "D": "let in"})
    assert ({"D": "let in"}, {"C": "let in"}, {"B": ("let in", "refused")}) == (
        found.added,
        found.removed,
        found.changed,
    )
    assert not changes({"A": "refused"}, {"A": "refused"})
