"""Whether bytes are MPEG audio."""

from io import BytesIO

import pytest

from noscrape.readers.containers.mpeg import FARTHEST, sounds
from noscrape.readers.containers.parts import Source
from tests.readers.audio import MPEG_FRAME
from tests.readers.containers import cut

#: One frame each: header, and length in bytes, computed by hand from the tables of ISO 11172-3 and 13818-3.
FRAMES = {
    "MPEG 1 layer I, 384 kbit/s, 44.1 kHz": (b"\xff\xff\xc0\x00", 416),
    "MPEG 1 layer II, 192 kbit/s, 48 kHz": (b"\xff\xfd\xa4\x00", 576),
    "MPEG 1 layer III, 128 kbit/s, 44.1 kHz": (b"\xff\xfb\x90\x00", 417),
    "MPEG 1 layer III, padded": (b"\xff\xfb\x92\x00", 418),
    "MPEG 2 layer III, 64 kbit/s, 22.05 kHz": (b"\xff\xf3\x80\x00", 208),
    "MPEG 2.5 layer III, 32 kbit/s, 11.025 kHz": (b"\xff\xe3\x40\x00", 208),
    "AAC, ADTS": (b"\xff\xf1\x50\x80\x02\x1f\xfc", 16),
}


def heard(data: bytes) -> bool:
    return sounds(Source(BytesIO(data), len(data)), 0)


@pytest.mark.parametrize(("header", "length"), FRAMES.values(), ids=FRAMES.keys())
def test_frames(header: bytes, length: int) -> None:
    """All layers and versions, each by the exact length of its frames."""
    frame = header + bytes(length - len(header))
    assert heard(frame * 3)
    assert heard(b"garbage" + frame * 2)
    assert heard(b"garbage" + frame)
    assert not heard(b"garbage" + frame + b"x" * 10)
    assert not heard(b"garbage" + frame[:-1])


def test_frames_of_two_kinds() -> None:
    """They are no sound: a file has one kind."""
    assert not heard(b"\0" + MPEG_FRAME + b"\xff\xf3\x80\x00" + bytes(99))


def test_a_frame_that_is_cut() -> None:
    """A file of one frame that was not written to its end is sound; the same behind garbage could be anything."""
    assert heard(MPEG_FRAME[:50])
    assert not heard(b"\0" + MPEG_FRAME[:50])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xfb\x90",
        b"\xff" * 2000,
        bytes(2000),
        b"\xff\xfb\xf0\x00" * 500,
        b"\xff\xfb\x00\x00" * 500,
        b"\xff\xfb\x9c\x00" * 500,
        b"\xff\xfb\x90\x02" * 500,
        b"\xff\xeb\x90\x00" * 500,
        b"\xff\xf1\xfc\x80\x02\x1f\xfc" + bytes(9),
        b"\xff\xf1\x50\x80\x00\x1f\xfc" + bytes(9),
        b"<html>404 Not Found</html>" * 100,
        b"%PDF-1.7\n" * 100,
    ],
    ids=[
        *("nothing", "one byte", "three bytes", "ones", "zeros", "bit rate 15", "free bit rate", "sample rate"),
        *("emphasis", "version", "frequency of ADTS", "length of ADTS", "a page", "a PDF"),
    ],
)
def test_what_is_no_sound(data: bytes) -> None:
    """Neither text nor what looks like a header and is none."""
    assert not heard(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "an empty file"),
        (b"plain text", "not an audio file"),
        (b"<!DOCTYPE html><html>404</html>", "not an audio file: markup"),
        (b"garbage" * 100 + MPEG_FRAME * 2, ""),
        (bytes(FARTHEST - 500) + MPEG_FRAME * 2, ""),
        (bytes(FARTHEST) + MPEG_FRAME * 2, "not an audio file"),
        (MPEG_FRAME * 2 + b"TAG" + bytes(125), ""),
        (MPEG_FRAME * 2 + b"APETAGEX" + bytes(24), ""),
    ],
    ids=["empty", "text", "page", "garbage before", "padding before", "too much padding", "ID3v1", "APE"],
)
def test_files_without_a_mark(data: bytes, problem: str) -> None:
    """Whatever can be played is well, however odd."""
    assert problem == cut(data).problem
