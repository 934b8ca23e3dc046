"""Vorbis comments, in FLAC and in Ogg."""

import struct

import pytest

from noscrape.readers.containers import vorbis
from noscrape.readers.containers.parts import LONGEST_FIELD, MOST_FIELDS, MOST_STEPS
from tests.readers.audio import audio, block, comment_block, comments, crc, flac, ogg, opus, page, pages, sealed
from tests.readers.containers import cut, in_words

FIELD = {"Content-Usage": ("train-ai=n",)}
COMMENT = b"Content-Usage=train-ai=n"
PICTURE = {"METADATA_BLOCK_PICTURE": ("A" * 300_000,), **FIELD}


def ogg_flac(*, kind: int = 4) -> bytes:
    """FLAC in Ogg: its own mark, then metadata blocks as packets."""
    head = b"\x7fFLAC\x01\x00\x00\x01" + flac()[:42]
    end = page([b"\xff\xf8"], number=2, flags=4)
    return page([head], number=0, flags=2) + page([block(kind, comments(FIELD))], number=1) + end


def speex() -> bytes:
    """Speex: comments without any mark."""
    return page([b"Speex   " + bytes(72)], number=0, flags=2) + page([comments(FIELD)], number=1)


def beside_pictures() -> bytes:
    """Vorbis as the second stream of a film, with pages of the other one between."""
    film = page([b"\x80theora" + bytes(35)], number=0, flags=2).replace(struct.pack("<I", 7), struct.pack("<I", 9), 1)
    first, *rest = split(ogg(PICTURE))
    other = reserialled(page([b"\x81theora" + bytes(9)], number=1))
    return reserialled(film) + first + other + other.join(rest)


def split(data: bytes) -> list[bytes]:
    """The pages of a file."""
    return [b"OggS" + rest for rest in data.split(b"OggS")[1:]]


def reserialled(data: bytes) -> bytes:
    """A page of another stream, with its checksum made anew."""
    made = sealed(data[5], 0, int.from_bytes(data[18:22], "little"), data[27 : 27 + data[26]], data[27 + data[26] :])
    body = made[:14] + struct.pack("<I", 9) + made[18:22] + bytes(4) + made[26:]
    return body[:22] + struct.pack("<I", crc(body, 0x04C11DB7, 32)) + body[26:]


WHOLE = {
    "flac": flac(comment_block(FIELD)),
    "flac, behind a picture": flac(block(6, bytes(70_000)), comment_block(FIELD)),
    "flac, twice": flac(comment_block(FIELD), comment_block(FIELD)),
    "vorbis": ogg(FIELD),
    "opus": opus(FIELD),
    "opus, behind a picture": opus(PICTURE),
    "FLAC in Ogg": ogg_flac(),
    "speex": speex(),
    "beside pictures": beside_pictures(),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE.keys())
def test_a_comment(data: bytes) -> None:
    """In everything that has comments."""
    blocks = cut(data)
    assert "" == blocks.problem
    assert {COMMENT} == {comment for comment in blocks.comments if not comment.startswith(b"METADATA")}
    assert all(len(comment) <= LONGEST_FIELD for comment in blocks.comments)


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus"])
def test_no_comment(kind: str) -> None:
    """An untagged file is well."""
    blocks = cut(audio(kind))
    assert ([], "") == (blocks.comments, blocks.problem)


def counted(count: int, *lines: bytes) -> bytes:
    """Comments with any number by their own account."""
    return bytes(4) + struct.pack("<I", count) + b"".join(struct.pack("<I", len(line)) + line for line in lines)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (flac(comment_block(FIELD))[:80], "truncated: a comment says 24 bytes, and there are 18"),
        (flac()[:20], "truncated: a block of FLAC metadata says 34 bytes, and there are 12"),
        (flac()[:42], "truncated: the file ends after 42 bytes, where 46 are needed"),
        (flac(block(127, b"")), "the FLAC metadata is damaged: a block of a kind that there is not"),
        (flac(block(4, counted(2, COMMENT))), "truncated: a comment says 4 bytes, and there are 0"),
        (flac(block(4, counted(0xFFFFFFFF, COMMENT))), "truncated: a comment says 4 bytes, and there are 0"),
        (flac(block(4, b"\xff\xff\xff\xff")), "truncated: a comment says 4,294,967,295 bytes, and there are 0"),
        (flac(block(4, counted(2000, *[b"a="] * 2000))), f"more than {MOST_FIELDS:,} custom fields"),
        (flac(block(4, counted(30_000, *[b""] * 30_000))), f"more than {MOST_STEPS:,} parts"),
        (flac(*[block(1, b"")] * MOST_STEPS), f"more than {MOST_STEPS:,} parts"),
        (ogg(FIELD)[:20], "truncated: the file ends after 20 bytes, where 27 are needed"),
        (ogg(FIELD)[:70], "truncated: the file ends after 70 bytes, where 85 are needed"),
        (split(ogg(FIELD))[0], "truncated: the Ogg stream ends before its comments do"),
        (b"".join(split(ogg(PICTURE))[:3]), "truncated: the Ogg stream ends before its comments do"),
        (ogg(FIELD).replace(b"train-ai=n", b"train-ai=y"), "the Ogg stream is damaged: a page does not match"),
        (split(ogg(FIELD))[0] + b"garbage" * 9, "the Ogg stream is damaged: no page where one should be"),
        (page([b"unknown"], number=0, flags=2), "an Ogg file without sound"),
        (ogg_flac(kind=1), "the Ogg stream has no comments"),
        (split(opus(FIELD))[0] + split(ogg(FIELD))[1], "the Ogg stream has no comments"),
        (
            split(opus(FIELD))[0] + b"".join(pages(b"OpusTags" + counted(2, COMMENT), number=1)) + split(opus({}))[2],
            "truncated: the comments are longer than their packet",
        ),
    ],
    ids=in_words,
)
def test_damaged(data: bytes, problem: str) -> None:
    """Each in words."""
    assert cut(data).problem.startswith(problem)


def test_comments_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are not looked through for ever."""
    monkeypatch.setattr(vorbis, "MOST_PAGES_BYTES", 100_000)
    assert "no end of the comments within 100,000 bytes" == cut(opus(PICTURE)).problem


def test_what_could_be_read_before_the_damage() -> None:
    """It is kept: it may reserve."""
    assert [COMMENT] == cut(flac(block(4, counted(9, COMMENT)))).comments


def test_lines_that_are_no_fields() -> None:
    """A comment without a name says nothing."""
    assert [b"=x", b"a="] == cut(flac(block(4, counted(4, b"", b"plain", b"=x", b"a=")))).comments
