"""Signed manifests, in files that are signed here with certificates of our own."""

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("c2pa", reason="needs the extra noscrape[c2pa]")
pytest.importorskip("tinytag", reason="needs the extra noscrape[files]")

import c2pa

from noscrape.errors import ReaderError
from noscrape.readers import manifest
from noscrape.readers.manifest import LARGEST_BYTES, Statement, statements
from noscrape.readers.reading import Reading, State, read_file
from noscrape.reservation import NO_TRAINING, OPEN, UNSTATED, Terms
from noscrape.standards.training_mining import Use
from noscrape.words import PURPOSES, TRAINING_PURPOSES, Purpose
from tests.readers.audio import aiff, atom, audio, chunk_be, chunk_le, wav
from tests.readers.damage import damaged
from tests.readers.signing import MIME, Signer, assertion, new_signer

pytestmark = [pytest.mark.files, pytest.mark.c2pa]

KINDS = ("mp3", "wav", "flac", "m4a")
MINED = frozenset({Purpose.DATASET, Purpose.UNDISCLOSED})
ANSWERING = frozenset({Purpose.SEARCH, Purpose.ASSISTANT, Purpose.AGENT})
ALL = ("data_mining", "ai_inference", "ai_training", "ai_generative_training")


@pytest.fixture(scope="module")
def signer() -> Signer:
    """One for all tests: keys take a while."""
    return new_signer()


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read a file of these bytes, with manifests."""

    def reading(data: bytes, **options: Any) -> Reading:
        path = tmp_path / "file"
        path.write_bytes(data)
        return read_file(path, c2pa=True, **options)

    return reading


Read = Any


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_refusal(read: Read, signer: Signer, kind: str) -> None:
    """It counts, though nobody here trusts the signer."""
    data = signer.signed(kind, audio(kind), assertion(ai_training="notAllowed", ai_inference="allowed"))
    reading = read(data)
    (found,) = reading.found
    assert (State.TAGGED, NO_TRAINING, "") == (reading.state, reading.terms, reading.problem)
    assert ("c2pa", "cawg.training-mining", NO_TRAINING) == (found.where, found.name, found.terms)
    assert "ai_inference: allowed, ai_training: notAllowed (Valid)" == found.value


@pytest.mark.parametrize("kind", KINDS)
def test_only_whom_we_trust_may_open(read: Read, signer: Signer, kind: str) -> None:
    """The same file, without anchors, with somebody else's, and with the signer's."""
    data = signer.signed(kind, audio(kind), assertion(**dict.fromkeys(ALL, "allowed")))
    assert UNSTATED == read(data).terms
    assert UNSTATED == read(data, anchors=new_signer("somebody else").root.decode()).terms
    assert OPEN == read(data, anchors=signer.root.decode()).terms


#: Where a byte of sound is.
SOUND: dict[str, Callable[[bytes], int]] = {
    "mp3": lambda data: len(data) - 9,
    "wav": lambda data: data.index(b"data") + 9,
    "flac": lambda data: len(data) - 1,
    "m4a": lambda data: data.index(b"mdat") + 5,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_changed(read: Read, signer: Signer, kind: str) -> None:
    """Its manifest is invalid: it may restrict, and opens nothing even where the signer is trusted."""
    anchors = signer.root.decode()
    for use, terms in (("notAllowed", NO_TRAINING), ("allowed", UNSTATED)):
        data = bytearray(signer.signed(kind, audio(kind), assertion(ai_training=use, ai_generative_training=use)))
        data[SOUND[kind](bytes(data))] ^= 1
        reading = read(bytes(data), anchors=anchors)
        assert terms == reading.terms
        assert reading.found[0].value.endswith("(Invalid)")


@pytest.mark.parametrize(
    ("uses", "reserved"),
    [
        ({"ai_training": "notAllowed"}, TRAINING_PURPOSES),
        ({"ai_generative_training": "notAllowed"}, TRAINING_PURPOSES),
        ({"data_mining": "notAllowed"}, MINED),
        ({"ai_inference": "notAllowed"}, ANSWERING),
        ({"data_mining": "notAllowed", "ai_inference": "notAllowed"}, MINED | ANSWERING),
        (dict.fromkeys(ALL, "notAllowed"), PURPOSES),
        ({"ai_training": "constrained"}, TRAINING_PURPOSES),
        ({"ai_training": "nonsense"}, frozenset()),
        ({"ai_training": "notAllowed", "ai_generative_training": "allowed"}, TRAINING_PURPOSES),
        ({}, frozenset()),
    ],
)
@pytest.mark.parametrize("prefix", ["cawg.", "c2pa."])
def test_what_is_refused(
    read: Read, signer: Signer, prefix: str, uses: dict[str, str], reserved: frozenset[Purpose]
) -> None:
    """The keys of both standards, by the purposes that they bear on."""
    label = prefix + "training-mining"
    data = signer.signed("mp3", audio("mp3"), assertion(label=label, prefix=prefix, **uses))
    assert Terms(reserved=reserved) == read(data).terms


@pytest.mark.parametrize(
    ("uses", "opened"),
    [
        ({"ai_training": Use.ALLOWED}, frozenset()),
        ({"ai_training": Use.ALLOWED, "ai_generative_training": Use.ALLOWED}, {Purpose.TRAINING}),
        ({"data_mining": Use.ALLOWED}, frozenset()),
        ({"ai_inference": Use.ALLOWED}, ANSWERING),
        ({"ai_inference": Use.CONSTRAINED}, frozenset()),
        (dict.fromkeys(ALL, Use.ALLOWED), PURPOSES),
        ({}, frozenset()),
    ],
)
def test_what_is_opened(uses: dict[str, Use], opened: frozenset[Purpose]) -> None:
    """A purpose, by somebody trusted, where all keys that bear on it are allowed; a constraint never opens."""
    assert opened == Statement("", uses, "Trusted").terms.open
    for validation in ("Valid", "Invalid", "", "trusted"):
        assert frozenset() == Statement("", uses, validation).terms.open


def test_several_assertions(read: Read, signer: Signer) -> None:
    """Each is shown; the more restrictive counts. The second of a label is told from the first by the library."""
    both = assertion(ai_training="allowed"), assertion(ai_inference="notAllowed")
    old = assertion(label="c2pa.training-mining", prefix="c2pa.", data_mining="notAllowed")
    reading = read(signer.signed("wav", audio("wav"), *both, old))
    assert Terms(reserved=MINED | ANSWERING) == reading.terms
    assert 3 == len(reading.found)


def test_manifests_of_parts_do_not_speak_for_the_whole(read: Read, signer: Signer) -> None:
    """A work that was made from others is its own: the active manifest counts."""
    part = signer.signed("wav", audio("wav"), assertion(ai_training="notAllowed"))
    assert NO_TRAINING == read(part).terms
    made = signer.signed("wav", part, assertion(ai_inference="notAllowed"), of="a sample")
    assert Terms(reserved=ANSWERING) == read(made).terms


def test_other_assertions_say_nothing(read: Read, signer: Signer) -> None:
    """A manifest alone is no statement."""
    assert Reading(State.UNTAGGED) == read(signer.signed("flac", audio("flac")))


@pytest.mark.parametrize("kind", ["mp3", "wav", "aiff", "flac", "ogg", "opus", "m4a"])
def test_files_without_a_manifest(read: Read, kind: str) -> None:
    """Nothing said, also where the library does not know the kind."""
    assert Reading(State.UNTAGGED) == read(audio(kind))


def test_kinds_that_the_library_does_not_know(read: Read, signer: Signer) -> None:
    """A manifest in AIFF is not specified: it is none."""
    data = signer.signed("mp3", audio("mp3"), assertion(ai_training="notAllowed"))
    tag = data[: data.index(b"\xff\xfb\x90\x00")]
    assert Reading(State.UNTAGGED) == read(aiff(chunk_be(b"ID3 ", tag)))


def test_tags_and_manifest_together(read: Read, signer: Signer) -> None:
    """What a trusted signer opens, a tag may still reserve."""
    tagged = audio("mp3", {"Content-Usage": "train-ai=n"})
    data = signer.signed("mp3", tagged, assertion(**dict.fromkeys(ALL, "allowed")))
    reading = read(data, anchors=signer.root.decode())
    assert Terms(reserved=TRAINING_PURPOSES, open=ANSWERING) == reading.terms
    assert {"tag", "c2pa"} == {found.where for found in reading.found}


# ---- what cannot be read


DAMAGED_MANIFESTS = {
    "wav": wav(chunk_le(b"C2PA", b"garbage" * 20)),
    "mp4": audio("m4a") + atom(b"uuid", bytes.fromhex("D8FEC3D61B0E483C92975828877EC481"), bytes(40)),
}


@pytest.mark.parametrize("data", DAMAGED_MANIFESTS.values(), ids=DAMAGED_MANIFESTS.keys())
def test_a_manifest_that_cannot_be_read(read: Read, data: bytes) -> None:
    """It might have restricted: not the same as none."""
    reading = read(data)
    assert (State.UNREADABLE, UNSTATED) == (reading.state, reading.terms)
    assert reading.problem.startswith("the manifest cannot be read: ")


def test_a_manifest_that_is_too_large() -> None:
    """It is not even given to the library."""
    with pytest.raises(ReaderError, match="a manifest of 33,554,433 bytes"):
        statements(BytesIO(), "mp3", size=LARGEST_BYTES + 1)


def test_it_is_not_looked_for_unless_asked(tmp_path: Path, signer: Signer) -> None:
    """C2PA is switched on by name."""
    path = tmp_path / "file"
    path.write_bytes(signer.signed("mp3", audio("mp3"), assertion(ai_training="notAllowed")))
    assert Reading(State.UNTAGGED) == read_file(path)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(read: Read, signer: Signer, kind: str) -> None:
    """Nothing but readings, of which none opens."""
    data = signer.signed(kind, audio(kind), assertion(**dict.fromkeys(ALL, "allowed")))
    for other in damaged(100, seed=3, of=[data]):
        reading = read(other)
        assert frozenset() == reading.terms.open


# ---- nothing is fetched


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its URL, and the paths that it was asked for."""
    paths: list[str] = []

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Asked) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched(read: Read, signer: Signer, kind: str, asked: tuple[str, list[str]]) -> None:
    """A manifest that is only named in a file is not asked for; the library would, as the end of the test shows."""
    url, paths = asked
    data = signer.signed(kind, audio(kind), assertion(ai_training="notAllowed"), remote=f"{url}/manifest.c2pa")
    assert Reading(State.UNTAGGED) == read(data)
    with pytest.raises(ReaderError, match="the manifest cannot be read: Remote: must fetch remote manifests"):
        statements(BytesIO(data), "mp4" if kind == "m4a" else kind, size=1)
    assert [] == paths
    with pytest.raises(c2pa.C2paError):
        c2pa.Reader(MIME[kind], BytesIO(data))
    assert ["/manifest.c2pa"] == paths


def test_no_host_is_allowed(signer: Signer, asked: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the library look for another reason to fetch, it may ask nobody."""
    url, paths = asked
    data = signer.signed("mp3", audio("mp3"), remote=f"{url}/manifest.c2pa")
    fetching = manifest._SETTINGS | {"verify": {"remote_manifest_fetch": True}}
    monkeypatch.setattr(manifest, "_SETTINGS", fetching)
    with pytest.raises(ReaderError, match="the manifest cannot be read: Remote"):
        statements(BytesIO(data), "mp3", size=1)
    assert [] == paths


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says what to install; who does not ask for manifests does not need it."""
    monkeypatch.setitem(sys.modules, "c2pa", None)
    (tmp_path / "file").write_bytes(audio("mp3"))
    assert State.UNTAGGED is read_file(tmp_path / "file").state
    with pytest.raises(ReaderError, match=r"needs c2pa-python: pip install 'noscrape\[c2pa\]'"):
        read_file(tmp_path / "file", c2pa=True)
