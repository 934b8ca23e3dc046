"""The reader of the files of a track."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("tinytag", reason="needs the extra noscrape[files]")

from noscrape.errors import ReaderError
from noscrape.readers.cache import PartialReadError, Reservations
from noscrape.readers.files import FileReader
from noscrape.readers.reading import Reading, Wanted
from noscrape.readers.reading import read as read_one
from noscrape.reservation import NO_TRAINING, RESERVED, UNSTATED, Reservation, Terms
from noscrape.words import Purpose, Said, Voice
from tests.readers.audio import KINDS, audio

pytestmark = pytest.mark.files

TAGGED = {"Content-Usage": "train-ai=n"}
NO_AI = {"NO-AI": "no-ai"}


async def read(reader: FileReader, track: str = "42") -> Reservation:
    """One read, at second 7."""
    try:
        return await reader.read(track, {}, 7.0)
    finally:
        await reader.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_tagged_file(tmp_path: Path, kind: str) -> None:
    """Its owner has spoken."""
    (tmp_path / f"42.{kind}").write_bytes(audio(kind, TAGGED))
    found = await read(FileReader([f"{tmp_path}/{{track_id}}.{kind}"]))
    assert Reservation(NO_TRAINING, "file", Voice.OWNER, 7.0) == found


async def test_an_untagged_file(tmp_path: Path) -> None:
    """Nothing was said, which is neither an owner's word, nor the files', nor a missing track."""
    (tmp_path / "42.mp3").write_bytes(audio("mp3", {"tdm-reservation": "0", "AIGC": "1"}))
    found = await read(FileReader([f"{tmp_path}/{{track_id}}.mp3"]))
    assert Reservation(UNSTATED, "default", Voice.SITE, 7.0) == found


async def test_no_file(tmp_path: Path) -> None:
    """No such track, which is another answer than nothing said."""
    found = await read(FileReader([f"{tmp_path}/{{track_id}}.mp3", f"{tmp_path}/{{track_id}}.flac"]))
    assert Reservation(UNSTATED, "file", Voice.SITE, 7.0, missing=True) == found


async def test_several_files(tmp_path: Path) -> None:
    """Each that exists is read, the most restrictive winning."""
    (tmp_path / "42.mp3").write_bytes(audio("mp3"))
    (tmp_path / "42.flac").write_bytes(audio("flac", {"NO-AI": "yes"}))
    (tmp_path / "42.m4a").write_bytes(audio("m4a", TAGGED))
    templates = [f"{tmp_path}/{{track_id}}.{kind}" for kind in ("mp3", "flac", "opus", "m4a")]
    assert RESERVED == (await read(FileReader(templates, aliases=NO_AI))).terms


@pytest.mark.parametrize("folder", ["", "{track_id}/"], ids=["name", "folder and name"])
async def test_the_id_in_a_folder(tmp_path: Path, folder: str) -> None:
    """The id may stand anywhere in a template."""
    path = tmp_path / folder.replace("{track_id}", "42") / "42.mp3"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(audio("mp3", TAGGED))
    assert NO_TRAINING == (await read(FileReader([f"{tmp_path}/{folder}{{track_id}}.mp3"]))).terms


# ---- an id is a name, and leads nowhere else


@pytest.mark.parametrize(
    "track",
    [
        "",
        ".",
        "..",
        "../secret",
        "/secret",
        "a/../secret",
        "a/../../secret",
        "sub/secret",
        "..\\secret",
        "secret\0",
        "\0",
    ],
)
async def test_an_id_that_climbs(tmp_path: Path, track: str) -> None:
    """It is no track's, whatever stands there."""
    media = tmp_path / "media"
    (media / "sub").mkdir(parents=True)
    (media / "a").mkdir()
    for folder in (tmp_path, media / "sub"):
        for name in ("secret.mp3", ".mp3", "...mp3", "..mp3"):
            (folder / name).write_bytes(audio("mp3", TAGGED))
    for name in (".mp3", "...mp3", "..mp3"):
        (media / name).write_bytes(audio("mp3", TAGGED))
    reader = FileReader([f"{media}/{{track_id}}.mp3"])
    assert [] == list(reader._files(track))
    assert (await read(reader, track)).missing


@pytest.mark.parametrize("track", ["~", "~root", "-rf", "$HOME", "%2e%2e", "42 ", "{track_id}", "*", "ünï", "x" * 999])
async def test_an_odd_id(tmp_path: Path, track: str) -> None:
    """It is a name and nothing else."""
    found = await read(FileReader([f"{tmp_path}/{{track_id}}.mp3"]), track)
    assert found.missing


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(track=st.text(st.characters() | st.sampled_from("./\\\0~:"), max_size=12))
def test_any_id_stays(tmp_path: Path, track: str) -> None:
    """Whatever the id, the paths that are looked at lie in the folder."""
    reader = FileReader([f"{tmp_path}/media/{{track_id}}.mp3"])
    for path in reader._files(track):
        assert f"{tmp_path}/media" == os.path.dirname(os.path.normpath(path))


# ---- the app's own way


@pytest.mark.parametrize(
    "told",
    [str, Path, lambda path: [path], lambda path: (path, Path(path)), lambda path: iter([path, "/none"])],
    ids=["text", "path", "list", "tuple", "iterator"],
)
async def test_file_of(tmp_path: Path, told: Callable[[str], Any]) -> None:
    """One path or several, wherever they lead: the app is trusted."""
    path = tmp_path / "anything"
    path.write_bytes(audio("ogg", TAGGED))
    assert NO_TRAINING == (await read(FileReader(file_of=lambda track: told(str(path))))).terms


@pytest.mark.parametrize("told", [None, [], ()])
async def test_file_of_that_knows_no_file(told: Iterable[str] | None) -> None:
    """No such track."""
    assert (await read(FileReader(file_of=lambda track: told))).missing


async def test_file_of_is_asked_for_every_id(tmp_path: Path) -> None:
    """Ids that are no names as well, and in a thread: it may look into a database."""
    asked: list[tuple[str, bool]] = []

    def file_of(track: str) -> None:
        asked.append((track, threading.current_thread() is threading.main_thread()))

    assert (await read(FileReader([f"{tmp_path}/{{track_id}}"], file_of=file_of), "a/b")).missing
    assert [("a/b", False)] == asked


async def test_file_of_that_fails() -> None:
    """Whatever it raises is a failure of the reader."""

    def file_of(track: str) -> str:
        raise KeyError(track)

    with pytest.raises(KeyError):
        await read(FileReader(file_of=file_of))


# ---- what cannot be read


async def test_an_unreadable_file(tmp_path: Path) -> None:
    """A failure, which names the file and what is wrong with it, and no folder."""
    (tmp_path / "42.wav").write_bytes(audio("wav")[:50])
    with pytest.raises(PartialReadError, match=r"^42\.wav: truncated: the chunk data says 32 bytes") as caught:
        await read(FileReader([f"{tmp_path}/{{track_id}}.wav"]))
    assert caught.value.said is None


async def test_an_unreadable_file_beside_one_that_reserves(tmp_path: Path) -> None:
    """What the other reserves is handed on with the failure."""
    (tmp_path / "42.wav").write_bytes(audio("wav")[:50])
    (tmp_path / "42.mp3").write_bytes(audio("mp3", TAGGED))
    with pytest.raises(PartialReadError) as caught:
        await read(FileReader([f"{tmp_path}/{{track_id}}.{kind}" for kind in ("wav", "mp3")]))
    assert Reservation(NO_TRAINING, "file", Voice.OWNER) == caught.value.said


@pytest.mark.parametrize("on_failure", [Said.RESERVED, Said.OPEN])
async def test_an_unreadable_file_behind_the_cache(tmp_path: Path, on_failure: Said) -> None:
    """The last known value goes on; without one, the operator's word for failures, and what could be read."""
    path = tmp_path / "42.mp3"
    reader = FileReader([f"{tmp_path}/{{track_id}}.mp3"])
    kept = Reservations(reader, clock=lambda: 0.0, ttl_seconds=0.0, on_failure=on_failure)
    path.write_bytes(b"garbage")
    first = await kept.read("42", {})
    path.write_bytes(audio("mp3", TAGGED))
    second = await kept.read("42", {})
    path.write_bytes(b"garbage")
    third = await kept.read("42", {})
    await kept.close()
    assert on_failure is first.terms.said(Purpose.TRAINING)
    assert [NO_TRAINING, NO_TRAINING] == [second.terms, third.terms]


# ---- what is kept


class Counted:
    """Counts the files that are really read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []

        def counting(path: str, wanted: Wanted) -> Reading:
            self.read.append(os.path.basename(path))
            return read_one(path, wanted)

        monkeypatch.setattr("noscrape.readers.files.read", counting)


async def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it changes: by size, or by time."""
    path = tmp_path / "42.mp3"
    path.write_bytes(audio("mp3"))
    counted = Counted(monkeypatch)
    reader = FileReader([f"{tmp_path}/{{track_id}}.mp3"])
    terms = [(await reader.read("42", {}, 1.0)).terms for _ in range(3)]
    path.write_bytes(audio("mp3", TAGGED))
    terms += [(await reader.read("42", {}, 1.0)).terms for _ in range(2)]
    status = path.stat()
    path.write_bytes(audio("mp3", {"Content-Usage": "train-ai=y"}))
    assert status.st_size == path.stat().st_size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    terms += [(await reader.read("42", {}, 1.0)).terms for _ in range(2)]
    await reader.close()
    assert [UNSTATED] * 3 + [NO_TRAINING] * 2 + [UNSTATED] * 2 == terms
    assert ["42.mp3"] * 3 == counted.read


async def test_a_file_that_goes(tmp_path: Path) -> None:
    """What was kept of it goes with it."""
    path = tmp_path / "42.mp3"
    path.write_bytes(audio("mp3", TAGGED))
    reader = FileReader([f"{tmp_path}/{{track_id}}.mp3"])
    assert not (await reader.read("42", {}, 1.0)).missing
    path.unlink()
    assert (await reader.read("42", {}, 1.0)).missing
    await reader.close()


async def test_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many files are kept; the one that was not asked for longest goes."""
    for number in range(3):
        (tmp_path / f"{number}").write_bytes(audio("mp3"))
    counted = Counted(monkeypatch)
    reader = FileReader([f"{tmp_path}/{{track_id}}"], cache_size=2)
    for track in "0102020":
        await reader.read(track, {}, 1.0)
    await reader.close()
    assert ["0", "1", "2"] == counted.read
    counted.read.clear()
    await reader.read("1", {}, 1.0)
    await reader.close()
    assert ["1"] == counted.read


async def test_what_cannot_be_read_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may pass."""
    (tmp_path / "42").write_bytes(b"garbage")
    counted = Counted(monkeypatch)
    reader = FileReader([f"{tmp_path}/{{track_id}}"])
    for _ in range(2):
        with pytest.raises(PartialReadError):
            await reader.read("42", {}, 1.0)
    await reader.close()
    assert 2 == len(counted.read)


# ---- its construction and its end


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no way from a track to its files: wanted a template or `file_of`"),
        ({"templates": ["media/track.mp3"]}, "got 'media/track.mp3', wanted a file name with '{track_id}' in it"),
        ({"templates": ["media/{id}.mp3"]}, "got 'media/{id}.mp3', wanted a file name with '{track_id}' in it"),
        (
            {"templates": ["{track_id}"], "aliases": {"AIGC": "no-ai"}},
            "the tag 'AIGC' tells that a file was made by AI",
        ),
        ({"templates": ["{track_id}"], "aliases": {"NO-AI": "open"}}, "which reserves nothing"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    """At the start, not with the first request."""
    with pytest.raises(ReaderError) as caught:
        FileReader(**options)
    assert message in str(caught.value)


def test_an_async_file_of() -> None:
    """It is called in a thread, where nobody would await it."""

    async def file_of(track: str) -> str:
        return track

    with pytest.raises(ReaderError, match="wanted a plain function, got an async one"):
        FileReader(file_of=file_of)  # type: ignore[arg-type]  # what a type checker would have told


async def test_the_loop_goes_on(tmp_path: Path) -> None:
    """Reading happens in a thread: a disk that hangs stops nobody else."""
    hang, asked = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def file_of(track: str) -> None:
        loop.call_soon_threadsafe(asked.set)
        hang.wait()

    reader = FileReader(file_of=file_of)
    waiting = asyncio.create_task(reader.read("42", {}, 1.0))
    await asked.wait()
    assert not waiting.done()
    hang.set()
    assert (await waiting).missing
    await reader.close()


async def test_it_can_be_used_again_after_its_end(tmp_path: Path) -> None:
    """As tests do, which start an app several times; and before it was ever used."""
    (tmp_path / "42").write_bytes(audio("mp3", TAGGED))
    reader = FileReader([f"{tmp_path}/{{track_id}}"])
    await reader.close()
    for _ in range(2):
        assert Terms(reserved=NO_TRAINING.reserved) == (await read(reader)).terms
