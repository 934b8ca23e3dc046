"""Every example does what it is shown for, and the demo cannot lie about it."""

import io
import json
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from sqlite3 import connect
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.asgi import FIREFOX, GPTBOT, App, ask, scope_of

pytest.importorskip("uvicorn")
pytest.importorskip("aiosqlite")
pytest.importorskip("fastapi")

from examples.musicsite import create, protected, set_up
from examples.musicsite.library import Library
from examples.musicsite.markup import Markup, html
from examples.musicsite.sound import wav_bytes, write_wav

ROOT = Path(__file__).parents[2]
LIFESPAN = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's folder, in which audio is made once for all tests."""
    folder = tmp_path_factory.mktemp("site")
    set_up(folder)
    for track in Library(folder / "music.db").tracks():
        write_wav(folder / "media" / f"{track.slug}.wav", seed=track.slug, seconds=track.seconds)
    return folder


@pytest.fixture
async def site(folder: Path) -> AsyncIterator[App]:
    """The site with noscrape in front, its server ended afterwards."""
    app = protected(folder)
    yield app
    await ask(app, {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, *LIFESPAN)


# ---- the site alone


async def test_every_link_of_the_site_leads_somewhere(folder: Path) -> None:
    """Starting at the front page, every page, picture and sound that a page names is there."""
    app, waiting, seen = create(folder), ["/"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await ask(app, scope_of(urlsplit(path).path, query=urlsplit(path).query.encode()))
        assert (path, 200) == (path, answer.status)
        if answer.value(b"content-type").startswith(b"text/html"):
            waiting += re.findall(r'(?:href|src)="(/[^"]*)"', answer.body.decode())
    assert {"/", "/ai", "/feed.xml", "/site.css", "/artists/juniper-salt", "/tracks/honey-salt"} <= seen


async def test_the_audio_is_a_valid_wav_for_each_track_another(folder: Path) -> None:
    """Every track is as long as its row says, is no silence, and sounds like no other."""
    app, sounds = create(folder), set()
    tracks = Library(folder / "music.db").tracks()
    for track in tracks:
        answer = await ask(app, scope_of(f"/media/{track.slug}.wav"))
        assert (b"audio/wav", wav_bytes(track.seconds)) == (answer.value(b"content-type"), len(answer.body))
        with wave.open(io.BytesIO(answer.body)) as sound:
            assert track.seconds == sound.getnframes() / sound.getframerate()
            frames = sound.readframes(sound.getnframes())
        assert len(set(frames)) > 200
        sounds.add(frames)
    assert len(tracks) == len(sounds)


async def test_media_come_in_ranges(folder: Path) -> None:
    """A range is answered with 206 and its bytes, one beyond the end with 416."""
    app, path = create(folder), "/media/tidal-glass.wav"
    whole = await ask(app, scope_of(path))
    part = await ask(app, scope_of(path, headers=[(b"range", b"bytes=100-299")]))
    beyond = await ask(app, scope_of(path, headers=[(b"range", b"bytes=99999999-")]))
    assert (206, whole.body[100:300]) == (part.status, part.body)
    assert b"bytes 100-299/%d" % len(whole.body) == part.value(b"content-range")
    assert (416, b"bytes */%d" % len(whole.body)) == (beyond.status, beyond.value(b"content-range"))


async def test_the_feed_names_each_track_with_its_enclosure(folder: Path) -> None:
    """The feed is RSS; every enclosure has an address on this site, and the length that it says."""
    app = create(folder)
    feed = ElementTree.fromstring((await ask(app, scope_of("/feed.xml"))).body)
    enclosures = [enclosure.attrib for enclosure in feed.iter("enclosure")]
    assert len(Library(folder / "music.db").tracks()) == len(enclosures)
    first = enclosures[0]
    audio = await ask(app, scope_of(urlsplit(first["url"]).path, method="HEAD"))
    assert (first["url"], first["type"]) == ("http://music.example/media/tidal-glass.wav", "audio/wav")
    assert first["length"].encode() == audio.value(b"content-length")


async def test_the_api_tells_what_each_artist_said(folder: Path) -> None:
    """`no_ai` is true, false and null, as the column has 1, 0 and NULL."""
    app = create(folder)
    listing = json.loads((await ask(app, scope_of("/api/tracks"))).body)["tracks"]
    with closing(connect(folder / "music.db")) as database:
        column = dict(database.execute("SELECT slug, no_ai FROM tracks").fetchall())
    assert {1, 0, None} == set(column.values())
    assert column == {track["slug"]: track["no_ai"] for track in listing}
    assert listing[0] == json.loads((await ask(app, scope_of("/api/tracks/tidal-glass"))).body)


@pytest.mark.parametrize("path", ["/nowhere", "/tracks/nothing", "/media/nothing.wav", "/artists/nobody", "/download"])
async def test_what_is_not_there_is_a_page_that_says_so(folder: Path, path: str) -> None:
    """A page of the site's own, with 404."""
    answer = await ask(create(folder), scope_of(path))
    assert (answer.status, b"There is no such page" in answer.body) == (404, True)


def test_a_template_escapes_what_is_put_into_it() -> None:
    """Text cannot become markup by accident; markup stays what it is."""
    assert html("<p>{text} {done}</p>", text="<b>'", done=Markup("<i></i>")) == "<p>&lt;b&gt;&#x27; <i></i></p>"


# ---- with noscrape in front

RESERVED = ["/tracks/tidal-glass", "/media/tidal-glass.wav", "/artwork/tidal-glass.svg", "/api/tracks/tidal-glass"]
OPEN = ["/tracks/open-window", "/media/open-window.wav", "/artwork/open-window.svg", "/api/tracks/open-window"]


@pytest.mark.parametrize("path", [*RESERVED, "/tracks/small-hours", "/", "/feed.xml", "/api/tracks", "/nowhere"])
async def test_a_training_crawler_is_refused_what_is_reserved(site: App, path: str) -> None:
    """By the artist, by the default for those who have said nothing, and whatever is no track."""
    assert (await ask(site, scope_of(path, agent=GPTBOT))).status == 403


@pytest.mark.parametrize("path", [*OPEN, "/robots.txt", "/ai"])
async def test_a_training_crawler_gets_what_is_open(site: App, path: str) -> None:
    """The tracks of artists who do not mind, and the statements of the rules."""
    assert (await ask(site, scope_of(path, agent=GPTBOT))).status == 200


@pytest.mark.parametrize(("track", "status"), [("tidal-glass", 403), ("open-window", 200)])
async def test_the_id_in_a_query_counts(site: App, track: str, status: int) -> None:
    """A download is of the track that the query names."""
    answer = await ask(site, scope_of("/download", query=f"track={track}".encode(), agent=GPTBOT))
    assert status == answer.status


async def test_a_listener_gets_the_same_bytes_and_the_signals(folder: Path, site: App) -> None:
    """What noscrape adds are headers: on a page as on a range of the audio."""
    for path, range_ in (("/tracks/tidal-glass", b""), ("/media/tidal-glass.wav", b"bytes=0-999")):
        headers = [(b"range", range_)] if range_ else []
        bare, served = [await ask(app, scope_of(path, headers=headers)) for app in (create(folder), site)]
        assert (bare.status, bare.body) == (served.status, served.body)
        assert served.values(b"tdm-reservation") == [b"1"]
        assert served.values(b"content-usage") == [b"train-ai=n"]


def module(name: str) -> App:
    """The app of an example that is one file, made anew."""
    found: App = runpy.run_path(str(ROOT / "examples" / name))["app"]
    return found


async def test_the_fastapi_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GPTBot is refused the reserved track and the unstated one, however the id is spelled; a browser gets all."""
    monkeypatch.chdir(tmp_path)
    app = module("fastapi_app.py")
    paths = ["/tracks/1", "/tracks/+1", "/tracks/01", "/tracks/2", "/tracks/3", "/tracks/4", "/tracks/x"]
    crawler = [(await ask(app, scope_of(path, agent=GPTBOT))).status for path in paths]
    listener = [(await ask(app, scope_of(path, agent=FIREFOX))).status for path in paths]
    await ask(app, {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, *LIFESPAN)
    assert crawler == [403, 403, 403, 200, 403, 403, 403]
    assert listener == [200, 200, 200, 200, 200, 404, 422]


async def test_the_plain_asgi_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing configured GPTBot gets robots.txt alone, a browser gets everything."""
    monkeypatch.chdir(tmp_path)
    app = module("plain_asgi.py")
    paths = ["/", "/robots.txt", "/anything"]
    assert [(await ask(app, scope_of(path, agent=GPTBOT))).status for path in paths] == [403, 200, 403]
    assert [(await ask(app, scope_of(path, agent=FIREFOX))).status for path in paths] == [200, 200, 200]


@pytest.mark.parametrize("name", ["fastapi_app.py", "plain_asgi.py"])
def test_the_small_examples_stay_small(name: str) -> None:
    """They are read in a minute."""
    assert len((ROOT / "examples" / name).read_text().splitlines()) < 40


# ---- the demo


def complained(talk: str) -> list[str]:
    """What went wrong; the rest of what stands on stderr is how a report is to be read."""
    return [line for line in talk.splitlines() if line.startswith(("demo:", "noscrape:", "Traceback", "ERROR"))]


def demo(*arguments: str) -> "subprocess.Popen[str]":
    """The demo as its own process, as the README starts it."""
    command = [sys.executable, "-m", "examples.demo", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background has them ignore Ctrl-C, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no thread is running yet
    )


def test_the_demo_runs_to_its_end(tmp_path: Path) -> None:
    """All goes as promised; the rules that it shows come out of the log; what it tells to try next works."""
    process = demo("--folder", str(tmp_path))
    output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complained(complaints)) == (0, [])
    for rule in ("own-documents", "purpose:training", "quota:harvest", "default", "open"):
        assert re.search(rf"\s{rule}\s", output), rule
    assert "+ content-usage: train-ai=n" in output
    assert "As promised: 40 requests" in output
    assert [line for line in output.partition("$ noscrape")[0].splitlines() if len(line) > 100] == []
    commands = [line.strip() for line in output.partition("Try next:\n")[2].splitlines() if line.startswith("  ")]
    assert len(commands) == 4
    for command in commands[1:]:
        done = subprocess.run(shlex.split(command), cwd=tmp_path, capture_output=True, check=False)
        assert (command, done.returncode) == (command, 0)


@pytest.mark.parametrize(
    ("setting", "instead", "complaint"),
    [
        ('stance = "no-training"', 'stance = "signal-only"', "training crawler: / was answered with 200, not with 403"),
        ('limit = "10/minute"', 'limit = "100/minute"', "took 15 reserved tracks and met no limit"),
        ('limit = "10/minute"', 'limit = "1/minute"\naction = "refuse"', "was answered with 403, not with 200 or 429"),
        ('mode = "enforce"', 'mode = "observe"', "a reserved page came without its signals"),
    ],
)
def test_the_demo_cannot_lie(folder: Path, tmp_path: Path, setting: str, instead: str, complaint: str) -> None:
    """Where a configuration lets GPTBot in, or stops nobody, it says so and ends with 1."""
    set_up(tmp_path)
    shutil.copytree(folder / "media", tmp_path / "media", dirs_exist_ok=True)
    file = tmp_path / "noscrape.toml"
    assert setting in file.read_text()
    file.write_text(file.read_text().replace(setting, instead))
    process = demo("--folder", str(tmp_path))
    output, complaints = process.communicate(timeout=60)
    assert complaint in complaints
    assert (process.returncode, "As promised" in output) == (1, False)


def test_the_demo_serves_on_until_it_is_interrupted(folder: Path, tmp_path: Path) -> None:
    """With --serve the site stays up after the visits, noscrape in front, and Ctrl-C ends it cleanly."""
    shutil.copytree(folder / "media", tmp_path / "media")
    process = demo("--serve", "--folder", str(tmp_path))
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    found = next(match for line in lines if (match := re.search(r"Serving until .*127\.0\.0\.1:(\d+)/", line)))
    with closing(HTTPConnection("127.0.0.1", int(found[1]), timeout=10)) as connection:
        connection.request("GET", "/tracks/tidal-glass", headers={"User-Agent": GPTBOT.decode()})
        assert connection.getresponse().status == 403
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=20)
    assert (process.returncode, complained(complaints)) == (0, [])


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("noscrape.toml", "stanse = 1", "noscrape.toml:1: stanse: unknown key, did you mean 'stance'?"),
        ("music.db", "no database " * 100, "file is not a database"),
        ("noscrape.jsonl", "", "Address already in use"),
    ],
)
def test_a_demo_that_cannot_run_says_why(tmp_path: Path, file: str, text: str, complaint: str) -> None:
    """Exit status 2 and a message without a traceback: for files that are broken, and for a port that is taken."""
    set_up(tmp_path)
    (tmp_path / file).write_text(text)
    with create_server(("127.0.0.1", 0)) as taken:
        process = demo("--folder", str(tmp_path), "--port", str(taken.getsockname()[1]))
        _, complaints = process.communicate(timeout=60)
    assert complaint in complaints
    assert (process.returncode, "Traceback" in complaints) == (2, False)
