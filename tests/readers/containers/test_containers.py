"""Any file at all."""

import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.readers.containers import cut_out
from noscrape.readers.containers.parts import MOST_FIELD_BYTES, MOST_FIELDS, DamagedError, Source, shown
from tests.readers.audio import KINDS, atom, audio, block, chunk_le, comments, flac, frame, id3, ilst, mp3, wav
from tests.readers.containers import cut
from tests.readers.damage import damaged, originals

MARKS = (
    b"ID3\4\0\0",
    b"fLaC",
    b"OggS\0",
    b"RIFF\xff\0\0\0WAVE",
    b"FORM\0\0\0\xffAIFF",
    b"\0\0\0\x14ftyp",
    b"\xff\xd8\xff",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_ends_anywhere(kind: str) -> None:
    """Wherever a tagged file is cut, it has its tag, or something is wrong with it: it never looks untagged."""
    data = audio(kind, {"Content-Usage": "train-ai=n"})
    for end in range(len(data)):
        blocks = cut(data[:end])
        assert blocks.problem or b"train-ai=n" in b"".join((*blocks.texts, *blocks.comments, *blocks.freeform)), end


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_shrinks(kind: str) -> None:
    """A file that is shorter than it was said to be, since somebody is writing it just now."""
    data = audio(kind, {"Content-Usage": "train-ai=n"})
    blocks = cut_out(BytesIO(data[:20]), len(data))
    assert blocks.problem


@given(st.sampled_from(MARKS) | st.just(b""), st.binary(max_size=300))
def test_any_bytes(mark: bytes, rest: bytes) -> None:
    """Nothing is raised, and nothing beyond the bounds is kept."""
    blocks = cut(mark + rest)
    fields = (*blocks.texts, *blocks.comments, *blocks.freeform)
    assert len(fields) <= MOST_FIELDS
    assert sum(map(len, fields)) <= MOST_FIELD_BYTES


@given(st.integers(0, 2**32))
def test_any_damage(seed: int) -> None:
    """The same for whole files that were damaged."""
    for data in damaged(5, seed=seed, of=WHOLE):
        cut(data)


WHOLE = originals()


def packed() -> bytes:
    """A frame that unpacks to very much."""
    content = zlib.compress(bytes(60_000_000))
    return b"TXXX" + (4 + len(content)).to_bytes(4, "big") + b"\0\x80" + bytes(4) + content


LARGE: dict[str, Callable[[], bytes]] = {
    "XMP": lambda: wav(chunk_le(b"_PMX", bytes(60_000_000))),
    "a field": lambda: mp3(id3(frame(b"TXXX", b"\x03Content-Usage\0" + b"x" * 60_000_000))),
    "a packed field": lambda: mp3(id3(packed(), version=3)),
    "a comment": lambda: flac(*[block(4, comments({"PICTURE": ("A" * 15_000_000,)}))] * 4),
    "a cover": lambda: atom(b"ftyp", b"M4A ") + atom(b"moov", ilst(atom(b"covr", bytes(60_000_000)))),
    "sound": lambda: wav() + chunk_le(b"LIST", bytes(60_000_000)),
}


@pytest.mark.parametrize("made", LARGE.values(), ids=LARGE.keys())
def test_memory(made: Callable[[], bytes]) -> None:
    """Of a file of 60 MB, or one that unpacks to as much, a few are held at once."""
    data = made()
    file = BytesIO(data)
    tracemalloc.start()
    cut_out(file, len(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_reading_beyond_the_end() -> None:
    """A source gives what there is when asked to look, and fails when asked to read."""
    source = Source(BytesIO(b"abc"), 3)
    assert (b"bc", b"", b"", b"") == (source.peek(1, 9), source.peek(9, 1), source.peek(0, 0), source.peek(0, -1))
    with pytest.raises(DamagedError, match="truncated: the file ends after 3 bytes, where 4 are needed"):
        source.read(1, 3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"TXXX", "TXXX"),
        (b"id3 ", "id3"),
        (b"TT2\0", "TT2"),
        (b"\x1b[2J", "1b5b324a"),
        (b"\xa9nam", "a96e616d"),
        (b"", ""),
    ],
)
def test_names_can_be_shown(name: bytes, expected: str) -> None:
    """A name is a stranger's text: what cannot be written as it is, is written in digits."""
    assert expected == shown(name)
