"""What a file is made of, and whether anything of it was lost."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.tagging.anatomy import Anatomy, TaggingError, difference, dissect
from noscrape.tagging.anatomy.parts import HANDLER, SOUND
from tests.readers.audio import (
    KINDS,
    XMP_UUID,
    aiff,
    atom,
    audio,
    block,
    chunk_be,
    chunk_le,
    comments,
    flac,
    frame,
    full,
    id3,
    mp3,
    page,
    txxx,
    wav,
)
from tests.readers.damage import damaged
from tests.tagging.rich import FRONT, MDAT, OPUS, RICH, movie, mp4_in_front, ogg_pages, old_frame, renumbered

NAMES = frozenset({"content-usage", "tdm-reservation"})
OURS = {"Content-Usage": "train-ai=n", "tdm-reservation": "1"}

each_rich = pytest.mark.parametrize("data", RICH.values(), ids=RICH.keys())


def anatomy(data: bytes) -> Anatomy:
    return dissect(io.BytesIO(data), without=NAMES)


def changed(before: bytes, after: bytes) -> str:
    return difference(anatomy(before), anatomy(after))


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_fields_make_no_difference(kind: str) -> None:
    """Nor does what comes into being with the first field, whatever moves."""
    others = {"Title": "x", "Another": "y"}
    assert "" == changed(audio(kind), audio(kind, OURS))
    assert "" == changed(audio(kind, others), audio(kind, others | OURS))
    assert "" == changed(audio(kind, others | {"CONTENT-usage": "train-ai=y"}), audio(kind, others | OURS))


@pytest.mark.parametrize("kind", KINDS)
def test_another_field_makes_one(kind: str) -> None:
    """Lost, changed, or new."""
    assert changed(audio(kind, {"Title": "x"}), audio(kind)).endswith("would be lost or changed")
    assert changed(audio(kind, {"Title": "x"}), audio(kind, {"Title": "y"})).endswith("would be lost or changed")
    assert changed(audio(kind, {"Title": "x"}), audio(kind, OURS)).endswith("would be lost or changed")
    assert changed(audio(kind, {"Title": "x"}), audio(kind, {"Title": "x", "B": "y"})).endswith("would come in")


@each_rich
def test_every_byte_belongs_to_a_part(data: bytes) -> None:
    """But for padding: one flipped bit anywhere is noticed."""
    whole, step = anatomy(data), max(1, len(data) // 300)
    unnoticed = []
    for at in range(len(data) % step, len(data), step):
        flipped = bytearray(data)
        flipped[at] ^= 0x40
        try:
            if not difference(whole, anatomy(bytes(flipped))):
                unnoticed.append(at)
        except TaggingError:
            continue
    assert b"" == bytes(data[at] for at in unnoticed).strip(b"\0")
    assert len(unnoticed) < (300 if b"free" in data else 10)


@each_rich
def test_the_end_of_a_file_is_noticed(data: bytes) -> None:
    """A byte less, a byte more."""
    for other in (data[:-1], data + b"x"):
        try:
            assert "" != changed(data, other)
        except TaggingError:
            continue


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (audio("mp3"), audio("flac"), "it would turn from mp3 into flac"),
        (mp3(id3(frame(b"TIT2", b"\0a"))), mp3(), "the header of the ID3 tag would be lost or changed"),
        (mp3(id3(frame(b"ZZZZ", b"a"))), mp3(id3(b"")), "the ID3 frame ZZZZ would be lost or changed"),
        (mp3(id3(b"", version=3)), mp3(id3(b"")), "the header of the ID3 tag would be lost or changed"),
        (mp3(b"", b"TAG" + bytes(125)), mp3(), "the sound would be lost or changed"),
        (
            mp3(id3(frame(b"TIT2", b"\0a") + frame(b"TPE1", b"\0b"))),
            mp3(id3(frame(b"TPE1", b"\0b") + frame(b"TIT2", b"\0a"))),
            "its parts would change places",
        ),
        (wav(chunk_le(b"bext", b"ab")), wav(), "the chunk bext would be lost or changed"),
        (wav(), wav(chunk_le(b"bext", b"ab")), "the chunk bext would come in"),
        (aiff(chunk_be(b"NAME", b"ab")), aiff(), "the chunk NAME would be lost or changed"),
        (flac(block(2, b"abcd")), flac(), "the FLAC block of type 2 would be lost or changed"),
        (
            flac(block(4, comments({"a": ("b",)}))),
            flac(block(4, comments({"a": ("c",)}))),
            "the comment a would be lost or changed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_difference_is_told(before: bytes, after: bytes, what: str) -> None:
    """In words that a person knows the part by."""
    assert what == changed(before, after)


def test_the_sound_of_an_mp4_may_move_with_its_positions() -> None:
    """And not without them."""
    before, fields = mp4_in_front(), atom(b"----", full(b"name", b"tdm-reservation"))
    length = len(movie(0, with_meta=True))
    here = FRONT + movie(len(FRONT) + length + 8) + MDAT
    longer = len(movie(0, fields))
    moved = FRONT + movie(len(FRONT) + longer + 8, fields) + MDAT
    forgotten = FRONT + movie(len(FRONT) + length + 8, fields) + MDAT
    assert "" == changed(before, before)
    assert "" == changed(here, moved)
    assert "the atom moov/trak/mdia/minf/stbl/stco would be lost or changed" == changed(here, forgotten)


def test_every_position_is_looked_at() -> None:
    """Not only the part of the file that it lies in."""
    here, there = (FRONT + MDAT + movie(len(FRONT) + 8 + shift) for shift in (0, 1))
    assert "the atom moov/trak/mdia/minf/stbl/stco would be lost or changed" == changed(here, there)


def opus(
    *sound: bytes, tags: bytes = b"OpusTags" + comments({}), position: int = 960, flags: int = 4, other: bytes = b"fish"
) -> bytes:
    """A small stream with another one."""
    return b"".join(
        (
            renumbered(page([other], number=0, flags=2)),
            page([OPUS], number=0, flags=2),
            page([tags], number=1),
            page(sound or [b"abc"], number=2, flags=flags, position=position),
        )
    )


@pytest.mark.parametrize(
    ("after", "what"),
    [
        (opus(b"abd"), "the sound"),
        (opus(b"ab", b"c"), "the sound"),
        (opus(position=961), "the sound"),
        (opus(flags=0), "the sound"),
        (opus(other=b"fisk"), "another stream"),
        (opus(tags=b"OpusTagz" + comments({})), "the head of the comments"),
        (opus(tags=b"OpusTags" + comments({}).replace(b"none", b"some")), "the vendor of the comments"),
        (opus(tags=b"OpusTags" + comments({}) + b"\1"), "what stands behind the comments"),
        (opus(tags=b"OpusTags" + comments({"a": ("b",)})), "the comment a"),
        (opus(tags=b"OpusTags" + comments({}) + bytes(50)), ""),
        (opus(tags=b"OpusTags" + comments({"Content-Usage": ("train-ai=n",)})), ""),
    ],
)
def test_pages_that_are_whole_are_compared_all_the_same(after: bytes, what: str) -> None:
    """With checksums that match: packets, positions, the end, other streams, and what stands around the comments."""
    found = changed(opus(), after)
    assert what == found.removesuffix(" would be lost or changed").removesuffix(" would come in")


def fragment(flags: int, place: bytes = b"") -> bytes:
    return atom(b"moof", full(b"mfhd", bytes(4)), atom(b"traf", full(b"tfhd", bytes(4), place, flags=flags)))


@pytest.mark.parametrize(
    ("behind", "moves"),
    [
        (fragment(0x020000), True),
        (fragment(0x000001, bytes(8)), False),
        (atom(b"mfra", bytes(16)), False),
        (atom(b"free", bytes(16)), True),
    ],
    ids=["relative fragment", "placed fragment", "index of fragments", "free"],
)
def test_what_holds_positions_of_another_kind_may_not_move(behind: bytes, moves: bool) -> None:
    """Nobody would correct them."""
    field = atom(b"----", full(b"name", b"tdm-reservation"))
    files = [
        FRONT + movie(len(FRONT) + len(movie(0, *fields)) + 8, *fields) + MDAT + behind for fields in ((), (field,))
    ]
    assert moves == (changed(*files) == "")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not an audio file"),
        (b"ID3", "not an audio file"),
        (b"GIF89a" + bytes(50), "not an audio file"),
        (b"RF64" + bytes(4) + b"WAVE" + bytes(50), "a WAV file for more than 4 GiB (RF64), which mutagen cannot write"),
        (mp3(id3(b"", version=2)), "its ID3 tag is of version 2.2, in which mutagen cannot write"),
        (mp3(id3(bytes(10), flags=0x40)), "its ID3 tag has an extended header, which would be lost"),
        (mp3(id3(bytes(10), flags=0x10)), "its ID3 tag has a footer, which would be lost"),
        (mp3(id3(bytes(20) + b"x")), "its ID3 tag has something behind the frames, which would be lost"),
        (mp3(id3(b"\x80\x81\x82\x83" + bytes(20))), "its ID3 tag is damaged"),
        (mp3(id3(frame(b"TIT2", b"\0a")[:-1])), "its ID3 tag is damaged"),
        (id3(b"TIT2" + bytes(20))[:15], "its ID3 tag is truncated"),
        (b"ID3\4\0\0\0\0\0\xff" + bytes(10), "its ID3 tag is damaged"),
        (wav()[:-1], "truncated, or its size was never filled in"),
        (wav().replace(struct.pack("<I", len(wav()) - 8), b"\xff" * 4), "truncated, or its size was never filled in"),
        (wav(chunk_le(b"id3 ", id3(b"") + b"xx")), "there is something behind its ID3 tag, which would be lost"),
        (wav(b"LIST\xff\xff\0\0"), "the chunk LIST is longer than the file"),
        (wav(b"abc"), "its chunks do not fill it"),
        (flac(block(127, b"")), "its FLAC metadata is damaged"),
        (flac(block(4, comments({}) + b"x")), "there is something behind its comments, which would be lost"),
        (flac(block(4, bytes(3))), "its comments are damaged"),
        (flac(block(4, bytes(4) + b"\xff" * 4)), "its comments are damaged"),
        (audio("ogg")[:-1], "truncated"),
        (audio("ogg") + b"OggS", "truncated"),
        (audio("ogg") + b"x" * 27, "its Ogg stream is damaged"),
        (audio("ogg").replace(b"none", b"some"), "a page of its Ogg stream does not match its checksum"),
        (ogg_pages(b"\x80theora", [b"x"], 1), "an Ogg stream of a kind that cannot be written"),
        (audio("opus")[:47].replace(b"OpusHead", b"OpusHeat"), "a page of its Ogg stream does not match its checksum"),
        (page([b"fishead"], number=0, flags=2), "an Ogg stream of a kind that cannot be written"),
        (audio("opus")[:47], "its Ogg stream ends before its comments do"),
        (audio("opus")[:47] + audio("opus")[47:] * 2, "pages of its Ogg stream are missing"),
        (audio("m4a")[:-1], "the atom mdat is damaged or truncated"),
        (audio("m4a") + b"x", "its atoms do not fill it"),
        (
            FRONT + atom(b"moov", atom(b"udta", atom(b"meta", atom(b"hdlr", bytes(25))))),
            "its fields are kept in the way of QuickTime, in which mutagen cannot write",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_accounted_for(data: bytes, problem: str) -> None:
    """Is told."""
    with pytest.raises(TaggingError) as error:
        anatomy(data)
    assert problem == str(error.value)


MANIFEST = b"\0application/x-c2pa-manifest-store\0\0\0"
ELSEWHERE = b'<rdf:Description dcterms:provenance="https://x.example/a.c2pa"/>'


@pytest.mark.parametrize(
    ("data", "signed"),
    [
        (mp3(id3(frame(b"GEOB", MANIFEST))), True),
        (mp3(id3(old_frame(b"GEOB", MANIFEST), version=3)), True),
        (mp3(id3(frame(b"GEOB", b"\0text/plain\0\0\0about c2pa".ljust(300) + b"c2pa"))), True),
        (mp3(id3(frame(b"GEOB", b"\0text/plain\0\0\0"))), False),
        (mp3(id3(frame(b"PRIV", b"XMP\0" + ELSEWHERE))), True),
        (mp3(id3(frame(b"PRIV", b"XMP\0<rdf:Description/>"))), False),
        (wav(chunk_le(b"C2PA", b"jumb")), True),
        (wav(chunk_le(b"_PMX", ELSEWHERE)), True),
        (wav(chunk_le(b"_PMX", b"<x/>")), False),
        (wav(chunk_le(b"id3 ", id3(frame(b"GEOB", MANIFEST)))), True),
        (audio("aiff")[:-1] + b"\0", False),
        (id3(frame(b"GEOB", MANIFEST)) + flac(), True),
        (flac(block(2, b"c2pa" + MANIFEST)), True),
        (flac(), False),
        (mp4_in_front(behind=atom(b"uuid", bytes.fromhex("D8FEC3D61B0E483C92975828877EC481"), b"x")), True),
        (mp4_in_front(behind=atom(b"uuid", XMP_UUID, ELSEWHERE)), True),
        (mp4_in_front(behind=atom(b"uuid", XMP_UUID, b"<x/>")), False),
        (mp4_in_front(behind=atom(b"uuid", bytes(16))), False),
    ],
)
def test_manifests_are_seen(data: bytes, signed: bool) -> None:
    """In the file, or named by it: what is bound to its bytes would become invalid."""
    assert signed == anatomy(data).signed


def test_a_description_is_read_in_every_encoding() -> None:
    """And only where the frame is as plain as we write it."""
    name = "tdm-reservation"
    texts = (
        b"\0" + name.encode() + b"\x001",
        b"\3" + name.upper().encode() + b"\x001",
        b"\1" + f"{name}\x001".encode("utf-16"),
        b"\2" + f"{name}\x001".encode("utf-16-be"),
    )
    for text in texts:
        assert "" == changed(mp3(id3(b"")), mp3(id3(frame(b"TXXX", text))))
    packed = b"TXXX" + frame(b"TXXX", texts[0])[4:8] + b"\0\x04" + texts[0]
    assert "the ID3 frame TXXX would come in" == changed(mp3(id3(b"")), mp3(id3(packed)))
    assert "the ID3 frame TXXX would come in" == changed(mp3(id3(b"")), mp3(id3(txxx("tdm-reservation2", "1"))))
    assert "the ID3 frame TXXX would come in" == changed(
        mp3(id3(b"")), mp3(id3(frame(b"TXXX", b"\x09tdm-reservation")))
    )


def test_only_scaffolding_may_come_in() -> None:
    """And that only where there was none."""
    before, after = Anatomy("mp4", [(SOUND, b"1")]), Anatomy("mp4", [(HANDLER, b"2"), (SOUND, b"1")])
    assert "" == difference(before, after)
    before.add(HANDLER, b"2")
    after.add(HANDLER, b"3")
    assert f"{HANDLER} would come in" == difference(before, after)


def test_a_table_of_places_may_not_move() -> None:
    """One within the description, whose entries nobody would correct."""
    table = atom(b"saio", bytes(12))
    here, there = (FRONT + front + movie(0, extra=table) for front in (b"", atom(b"free")))
    assert "the place of the atom moov/saio would be lost or changed" == changed(here, there)


def deep(levels: int) -> bytes:
    inside = b""
    for _ in range(levels):
        inside = atom(b"udta", inside)
    return FRONT + atom(b"moov", inside)


@pytest.mark.parametrize(
    ("limit", "data", "problem"),
    [
        ("parts.MOST_PARTS", mp3(id3(frame(b"ZZZZ", b"x") * 60)), "more than 50 parts"),
        ("mp4.MOST_PARTS", FRONT + atom(b"free") * 60, "more than 50 atoms"),
        ("parts.MOST_HELD", flac(block(4, comments({"a": ("b" * 60,)}))), "one of its parts has 78 bytes"),
        ("vorbis.MOST_HELD", audio("opus", {"a": "b" * 60}), "its comments have more than 50 bytes"),
        ("mp4._DEEPEST", deep(5_000), "its atoms lie too deep in each other"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_everything_has_an_end(monkeypatch: pytest.MonkeyPatch, limit: str, data: bytes, problem: str) -> None:
    """However much of it a crafted file has."""
    monkeypatch.setattr(f"noscrape.tagging.anatomy.{limit}", 50)
    with pytest.raises(TaggingError) as error:
        anatomy(data)
    assert problem == str(error.value)


def test_depth_has_an_end() -> None:
    """As many levels as a real file has, and no thousands."""
    assert anatomy(deep(8)).parts
    with pytest.raises(TaggingError, match="too deep"):
        anatomy(deep(100_000))


def test_many_tags_in_front() -> None:
    """Those behind the first are kept as they are, like the sound."""
    assert "the sound would be lost or changed" == changed(mp3(id3(b"") * 20), mp3(id3(b"") * 19))


def told(data: bytes) -> str:
    """What is said of a file, "" where all of it could be accounted for."""
    try:
        return difference(anatomy(data), anatomy(data))
    except TaggingError as error:
        return str(error)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_no_file_makes_it_stumble(seed: int) -> None:
    """It is dissected, or refused with a word."""
    assert all(told(data).isprintable() for data in damaged(20, seed=seed))


@given(st.binary(max_size=400), st.sampled_from([b"", b"ID3\4\0\0", b"fLaC", b"OggS\0", b"RIFF", b"\0\0\0\x18ftyp"]))
def test_no_bytes_make_it_stumble(data: bytes, begin: bytes) -> None:
    """Whatever they begin with."""
    assert told(begin + data).isprintable()
