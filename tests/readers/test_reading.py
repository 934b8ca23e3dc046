"""What one file says of itself."""

import errno
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from noscrape.errors import ReaderError
from noscrape.readers.reading import LONGEST_SHOWN, LONGEST_VALUE, MOST_FOUND, Found, Reading, State, read_file
from noscrape.reservation import NO_TRAINING, RESERVED, UNSTATED, Terms
from tests.readers.audio import KINDS, audio, comment_block, flac, frame, id3, mp3, txxx
from tests.readers.damage import damaged

pytestmark = pytest.mark.files
pytest.importorskip("tinytag", reason="needs the extra noscrape[files]")

NO_AI = {"NO-AI": "no-ai"}

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" plus:DataMining="%s"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read a file of these bytes."""

    def reading(data: bytes, **options: Any) -> Reading:
        path = tmp_path / "file"
        path.write_bytes(data)
        return read_file(path, **options)

    return reading


Read = Any


@pytest.mark.parametrize("kind", KINDS)
def test_a_tagged_file(read: Read, kind: str) -> None:
    """All seven kinds, under the names of standards.md 8.1."""
    found = Found("tag", "content-usage", "train-ai=n", NO_TRAINING)
    assert Reading(State.TAGGED, (found,), NO_TRAINING) == read(audio(kind, {"Content-Usage": "train-ai=n"}))


@pytest.mark.parametrize("kind", KINDS)
def test_an_untagged_file(read: Read, kind: str) -> None:
    """It was read, and says nothing."""
    assert Reading(State.UNTAGGED) == read(audio(kind))
    assert Reading(State.UNTAGGED) == read(audio(kind, {"Artist-Note": "hello"}))


@pytest.mark.parametrize(
    ("name", "value", "terms"),
    [
        ("Content-Usage", "train-ai=n", NO_TRAINING),
        ("Content-Usage", "train-ai=n, search=y", NO_TRAINING),
        ("Content-Usage", "train-ai=y", UNSTATED),
        ("Content-Usage", "train-ai=maybe", UNSTATED),
        ("Content-Usage", "no-ai", UNSTATED),
        ("Content-Usage", "=;=", UNSTATED),
        ("tdm-reservation", "1", NO_TRAINING),
        ("TDM-RESERVATION", "1", NO_TRAINING),
        ("tdm-reservation", "0", UNSTATED),
        ("tdm-reservation", "yes", UNSTATED),
        ("tdm-policy", "https://music.example/policy.json", UNSTATED),
        ("tdm-policy", "1", UNSTATED),
        ("No-AI", "1", RESERVED),
        ("NO-AI", "TRUE", RESERVED),
        ("no-ai", "yes", RESERVED),
        ("no-ai", "y", RESERVED),
        ("no-ai", "No-AI", RESERVED),
        ("no-ai", "0", UNSTATED),
        ("no-ai", "no", UNSTATED),
        ("no-ai", "false", UNSTATED),
        ("no-ai", "open", UNSTATED),
        ("no-ai", "2", UNSTATED),
        ("no-ai", "train-ai=n", UNSTATED),
    ],
)
def test_what_a_tag_says(read: Read, name: str, value: str, terms: Terms) -> None:
    """By the standard that its name says, or by the alias; nothing opens, and nonsense is shown and says nothing."""
    found = Found("tag", name.lower(), value, terms, malformed=value in ("=;=", "yes") and terms == UNSTATED)
    assert Reading(State.TAGGED, (found,), terms) == read(audio("flac", {name: value}), aliases=NO_AI)


@pytest.mark.parametrize(
    "name",
    ["AIGC", "AI_GENERATED", "AI-generated", "AI-GENRE", "AI", "NOAI", "NO_AI", "X-Content-Usage", "X-Robots-Tag"],
)
@pytest.mark.parametrize("value", ["1", "true", "no-ai", "train-ai=n"])
def test_other_tags_never_count(read: Read, name: str, value: str) -> None:
    """A name that merely contains AI, or looks like ours, is another one: it may say that AI made the file."""
    assert Reading(State.UNTAGGED) == read(audio("mp3", {name: value}), aliases=NO_AI)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [("train-ai=y", "train-ai=n"), ("train-ai=n", "train-ai=y")])
def test_the_most_restrictive_value_counts(read: Read, kind: str, values: tuple[str, str]) -> None:
    """Whichever comes first."""
    reading = read(audio(kind, {"Content-Usage": values}))
    assert (NO_TRAINING, {*values}) == (reading.terms, {each.value for each in reading.found})


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ({"AIGC": "no-ai"}, "the tag 'AIGC' tells that a file was made by AI, and reserves nothing"),
        ({"AI_GENERATED": "no-ai"}, "the tag 'AI_GENERATED' tells that a file was made by AI"),
        ({"ai-generated": "no-ai"}, "the tag 'ai-generated' tells that a file was made by AI"),
        ({"AI-GENRE": "no-ai"}, "the tag 'AI-GENRE' tells that a file was made by AI"),
        ({"NO-AI": "nonsense"}, "the tag 'NO-AI': cannot read 'nonsense' as a reservation"),
        ({"NO-AI": "open"}, "the tag 'NO-AI' would say 'open', which reserves nothing: a tag may only restrict"),
        ({"NO-AI": ""}, "the tag 'NO-AI' would say '', which reserves nothing"),
    ],
)
def test_aliases_that_are_refused(tmp_path: Path, aliases: Mapping[str, str], message: str) -> None:
    """Before any file is read."""
    with pytest.raises(ReaderError, match=message):
        read_file(tmp_path / "file", aliases=aliases)


@pytest.mark.parametrize(
    ("word", "terms"), [("no-ai", RESERVED), ("no-training", NO_TRAINING), ("train-ai=n", NO_TRAINING)]
)
def test_words_of_aliases(read: Read, word: str, terms: Terms) -> None:
    """Every word that reserves."""
    assert terms == read(audio("m4a", {"Mine": "1"}), aliases={" mine ": word}).terms
    assert terms == read(audio("m4a", {"Mine": word}), aliases={" mine ": word}).terms


def test_an_alias_of_a_standard_name(read: Read) -> None:
    """Both are heard."""
    alias = {"tdm-reservation": "no-ai"}
    assert RESERVED == read(audio("ogg", {"tdm-reservation": "1"}), aliases=alias).terms
    assert UNSTATED == read(audio("ogg", {"tdm-reservation": "0"}), aliases=alias).terms


# ---- what can be wrong with a file


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "an empty file"),
        (b"plain text", "not an audio file"),
        (b"<!DOCTYPE html><html>404 Not Found</html>", "not an audio file: markup"),
        (audio("mp3", {"Content-Usage": "train-ai=n"})[:25], "truncated: the frame TXXX says"),
        (audio("flac", {"Content-Usage": "train-ai=n"})[:60], "truncated: "),
        (audio("wav")[:60], "truncated: the chunk data says 32 bytes"),
        (b"\xff\xd8\xff\xd9\0\0", "an image, of which only XMP and manifests could be read"),
    ],
)
def test_an_unreadable_file(read: Read, data: bytes, problem: str) -> None:
    """It is told apart from an untagged one, and says nothing that would count."""
    reading = read(data)
    assert (State.UNREADABLE, UNSTATED) == (reading.state, reading.terms)
    assert reading.problem.startswith(problem)


def test_a_damaged_file_that_reserves(read: Read) -> None:
    """What was read before the damage counts, since more could only restrict more; what is wrong is told as well."""
    reading = read(mp3(id3(txxx("Content-Usage", "train-ai=n") + b"\xff" * 20)))
    assert (State.TAGGED, NO_TRAINING) == (reading.state, reading.terms)
    assert "the ID3 tag is damaged: no frame where one should be" == reading.problem


def test_a_damaged_file_that_reserves_nothing(read: Read) -> None:
    """What was found is shown; what was lost might have reserved."""
    reading = read(mp3(id3(txxx("tdm-reservation", "0") + b"\xff" * 20)))
    assert (State.UNREADABLE, UNSTATED, 1) == (reading.state, reading.terms, len(reading.found))


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_is_too_long(read: Read, kind: str) -> None:
    """It is none that a standard knows, so nothing is said; and it is cut where it is shown."""
    reading = read(audio(kind, {"Content-Usage": "train-ai=n, " + "a" * LONGEST_VALUE}))
    assert (State.UNREADABLE, UNSTATED) == (reading.state, reading.terms)
    assert "the tag content-usage is longer than any value that it can have" == reading.problem
    assert LONGEST_SHOWN == len(reading.found[0].value)


def test_many_values(read: Read) -> None:
    """Some are kept, first of all those that reserve."""
    reading = read(flac(comment_block({"Content-Usage": (*(f"x={n}" for n in range(200)), "train-ai=n")})))
    assert (NO_TRAINING, MOST_FOUND) == (reading.terms, len(reading.found))
    assert "train-ai=n" == reading.found[0].value


@pytest.mark.parametrize("name", ["none", "none/file", "file/inside", "x" * 300, "nul\0", "half\ud800"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    """Also under a name that no file can have."""
    (tmp_path / "file").write_bytes(b"")
    assert Reading(State.MISSING, problem="no such file") == read_file(str(tmp_path / name))


def test_a_folder(tmp_path: Path) -> None:
    """It is no file."""
    assert Reading(State.UNREADABLE, problem="a folder") == read_file(tmp_path)


def test_what_would_have_to_be_waited_for(tmp_path: Path) -> None:
    """A pipe, a socket or a device is not opened: somebody may never write to it."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero")):
            assert Reading(State.UNREADABLE, problem="not a regular file") == read_file(path)


@pytest.mark.parametrize(
    ("number", "problem"), [(errno.EACCES, "permission denied"), (errno.EIO, "input/output error"), (9999, "unknown")]
)
def test_what_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, problem: str) -> None:
    """In the words of the system."""

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    (tmp_path / "file").write_bytes(audio("mp3"))
    monkeypatch.setattr(os, "open", refuse)
    reading = read_file(tmp_path / "file")
    assert State.UNREADABLE is reading.state
    assert reading.problem.startswith(problem)


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    """It is no missing file."""
    (tmp_path / "link").symlink_to(tmp_path / "link")
    assert State.UNREADABLE is read_file(tmp_path / "link").state


# ---- XMP


@pytest.mark.parametrize("kind", ["mp3", "wav", "aiff", "m4a"])
@pytest.mark.parametrize(
    ("value", "terms"),
    [
        ("http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED", NO_TRAINING),
        ("DMI-PROHIBITED-AIMLTRAINING", NO_TRAINING),
        ("DMI-PROHIBITED-GENAIMLTRAINING", NO_TRAINING),
        ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", NO_TRAINING),
        ("DMI-PROHIBITED-SEECONSTRAINT", NO_TRAINING),
        ("DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", NO_TRAINING),
        ("DMI-PROHIBITED-SEELINKEDRIGHTSEXPR", NO_TRAINING),
        ("DMI-PROHIBITED-TOMORROW", NO_TRAINING),
        ("DMI-ALLOWED", UNSTATED),
        ("DMI-UNSPECIFIED", UNSTATED),
        ("nonsense", UNSTATED),
    ],
)
def test_xmp_in_audio(read: Read, kind: str, value: str, terms: Terms) -> None:
    """It is not signed: permission opens nothing."""
    key = value.rpartition("/")[2]
    data = audio(kind, xmp=(XMP % value).encode())
    assert Reading(State.TAGGED, (Found("xmp", "plus:DataMining", key, terms),), terms) == read(data, xmp=True)
    assert Reading(State.UNTAGGED) == read(data)


def test_artwork(read: Read) -> None:
    """A cover, and a packet in a file of its own."""
    packet = (XMP % "DMI-PROHIBITED").encode()
    content = b"http://ns.adobe.com/xap/1.0/\0" + packet
    cover = b"\xff\xd8\xff\xe1" + (2 + len(content)).to_bytes(2, "big") + content + b"\xff\xd9\0\0"
    for data in (cover, packet, b"<svg>" + packet + b"</svg>"):
        assert (State.TAGGED, NO_TRAINING) == (read(data, xmp=True).state, read(data, xmp=True).terms)
        assert State.UNREADABLE is read(data).state


def test_xmp_that_cannot_be_read(read: Read) -> None:
    """It might have reserved."""
    reading = read(audio("wav", xmp=b"<!DOCTYPE x><x/>"), xmp=True)
    assert Reading(State.UNREADABLE, problem="a DTD, which XMP has not") == reading
    reserved = read(mp3(id3(txxx("tdm-reservation", "1") + frame(b"PRIV", b"XMP\0<x>"))), xmp=True)
    assert (State.TAGGED, NO_TRAINING) == (reserved.state, reserved.terms)
    assert reserved.problem.startswith("no XML")


def test_xmp_that_is_not_asked_for(read: Read) -> None:
    """It is not even looked at."""
    assert Reading(State.UNTAGGED) == read(audio("mp3", xmp=b"<x>"))


def test_damaged_files(read: Read) -> None:
    """A thousand of them; `python -m tests.benchmarks.files --mutated 9000` reads as many as wanted."""
    states = {read(data, aliases=NO_AI, xmp=True).state for data in damaged(1_000, seed=7)}
    assert {State.TAGGED, State.UNTAGGED, State.UNREADABLE} == states


@pytest.mark.mutagen
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [3, 4])
def test_written_by_mutagen(tmp_path: Path, kind: str, version: int) -> None:
    """Another program's hand: its containers, paddings and encodings, beside a picture of many bytes."""
    mutagen = pytest.importorskip("mutagen", reason="needs mutagen")
    id3 = pytest.importorskip("mutagen.id3")
    path = tmp_path / f"file.{kind}"
    path.write_bytes(audio(kind, {"Other": "x"}))
    file = mutagen.File(path)
    if kind in ("mp3", "wav", "aiff"):
        file.tags.add(id3.APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=bytes(100_000)))
        file.tags.add(id3.TXXX(encoding=1, desc="Content-Usage", text=["train-ai=y", "train-ai=n"]))
        file.save(v2_version=version, v23_sep=None)
    elif kind == "m4a":
        file.tags["----:com.apple.iTunes:Content-Usage"] = [b"train-ai=y", b"train-ai=n"]
        file.tags["covr"] = [pytest.importorskip("mutagen.mp4").MP4Cover(bytes(100_000))]
        file.save()
    else:
        file.tags["metadata_block_picture"] = "A" * 100_000
        file.tags["Content-Usage"] = ["train-ai=y", "train-ai=n"]
        file.save()
    reading = read_file(path)
    assert (State.TAGGED, NO_TRAINING, "") == (reading.state, reading.terms, reading.problem)
    assert ["train-ai=n", "train-ai=y"] == [found.value for found in reading.found]
