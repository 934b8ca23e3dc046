"""Fields by tinytag."""

import sys

import pytest

from noscrape.errors import ReaderError
from noscrape.readers import tags
from noscrape.readers.containers import Blocks
from noscrape.readers.tags import MOST_VALUES, fields
from tests.readers.audio import KINDS, audio, frame, freeform, id3, mp3
from tests.readers.containers import cut

pytestmark = pytest.mark.files
pytest.importorskip("tinytag", reason="needs the extra noscrape[files]")

NAMES = frozenset({"content-usage", "mine"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["Content-Usage", "content-usage", "CONTENT-USAGE"])
def test_every_kind(kind: str, name: str) -> None:
    """Names in lower case, values as they are; several values one by one."""
    data = audio(kind, {name: "train-ai=n", "Mine": ("Yes", "no"), "Other": "x"})
    found, problem = fields(cut(data), NAMES)
    assert [("content-usage", "train-ai=n"), ("mine", "Yes"), ("mine", "no")] == sorted(found)
    assert "" == problem


TEXTS = {
    "latin-1": b"\x00Content-Usage\0train-ai=n",
    "UTF-16": b"\x01" + "Content-Usage".encode("utf-16") + b"\0\0" + "train-ai=n".encode("utf-16"),
    "UTF-16, big-endian": b"\x01\xfe\xff" + "Content-Usage\0\ufefftrain-ai=n".encode("utf-16-be"),
    "UTF-16 without mark": b"\x02" + "Content-Usage\0train-ai=n".encode("utf-16-be"),
    "UTF-8": b"\x03Content-Usage\0train-ai=n",
    "an end that is marked": b"\x03Content-Usage\0train-ai=n\0",
    "blanks": b"\x03 Content-Usage \0 train-ai=n ",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_encodings_of_id3(text: bytes) -> None:
    """ID3v2.4 section 4: four encodings."""
    assert [("content-usage", "train-ai=n")] == fields(cut(mp3(id3(frame(b"TXXX", text)))), NAMES)[0]


def test_each_of_several_values_may_have_a_mark() -> None:
    """In UTF-16, with a NUL of two bytes between them."""
    text = b"\x01" + b"\0\0".join(value.encode("utf-16") for value in ("Content-Usage", "train-ai=y", "train-ai=n"))
    found, _ = fields(Blocks(texts=[text]), NAMES)
    assert [("content-usage", "train-ai=y"), ("content-usage", "train-ai=n")] == found


def test_the_same_field_in_several_places() -> None:
    """Two frames, two tags: all values count."""
    texts = [b"\x03Content-Usage\0" + value for value in (b"train-ai=y", b"train-ai=n")]
    assert ["train-ai=y", "train-ai=n"] == [value for _, value in fields(Blocks(texts=texts), NAMES)[0]]


def test_a_damaged_field_does_not_hide_the_others() -> None:
    """What can be read is read, and what cannot is told."""
    good = freeform("Content-Usage", "train-ai=n")[8:]
    bad = freeform("Mine", "x")[8:-17] + b"\0\0\0\x0adata\0\0"
    assert ([("content-usage", "train-ai=n")], "a field is damaged") == fields(Blocks(freeform=[bad, good]), NAMES)
    assert ([], "a field is damaged") == fields(Blocks(freeform=[bad]), NAMES)


@pytest.mark.parametrize("text", [b"", b"\x03", b"\x03Content-Usage", b"\x07Content-Usage\0x", b"\x01\xff", b"\x03\0x"])
def test_fields_without_name_or_value(text: bytes) -> None:
    """They say nothing, and hide nothing."""
    found, _ = fields(Blocks(texts=[text, b"\x03Mine\0yes"]), NAMES)
    assert ("mine", "yes") in found


def test_many_values() -> None:
    """One field of a few thousand bytes holds thousands of values; some are looked at."""
    many = b"\x03Content-Usage\0" + b"a\0" * 4000
    found, problem = fields(Blocks(texts=[many, many.replace(b"Content-Usage", b"Mine")]), NAMES)
    assert (MOST_VALUES, f"more than {MOST_VALUES:,} values") == (len(found), problem)


def test_nothing() -> None:
    """No fields, no tinytag."""
    assert ([], "") == fields(Blocks(), NAMES)


@pytest.fixture
def without_tinytag(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were not installed."""
    monkeypatch.setitem(sys.modules, "tinytag", None)


@pytest.mark.usefixtures("without_tinytag")
def test_without_the_extra() -> None:
    """The message says what to install."""
    with pytest.raises(ReaderError, match=r"needs tinytag: pip install 'noscrape\[files\]'"):
        tags.check()
