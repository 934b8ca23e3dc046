"""Scraping, found and stopped in front of a real app."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import noscrape
from noscrape import NoScrape
from noscrape.kept import Kept, read_learnt, read_stops, write_learnt, write_stops
from noscrape.middleware.asgi import Receive, Scope, Send
from noscrape.patterns import NAMES, Kind, Stop, Trust
from noscrape.patterns.evidence import DOCUMENTS, MISSING, PLAYED
from tests.asgi import Answer, Clock, ask, scope_of
from tests.patterns.test_stops import STOP

ROUTES = [{"path": "/tracks/{track_id}"}, {"path": "/audio/{track_id}", "serves": "media"}]
TOOL = b"python-requests/2.32.3"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Pages and audio; nothing under /gone."""
    status = 404 if "gone" in scope["path"] else 200
    page = str(noscrape.trap_link(scope)).encode()
    body = b"x" * 100_000 if scope["path"].startswith("/audio") else page
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def door(**patterns: Any) -> NoScrape:
    config = {"tracks": {"routes": ROUTES}, "log": {"path": ""}, "patterns": patterns}
    return NoScrape(app, config=config, clock=Clock())


async def visit(found: NoScrape, path: str, agent: bytes = TOOL) -> Answer:
    return await ask(found, scope_of(path, headers=[(b"user-agent", agent)], client=("198.51.100.7", 1)))


async def test_what_goes_out_is_credited() -> None:
    """Audio is heard, and a page that is not there is missing."""
    found = door()
    for path in ("/tracks/1", "/tracks/2", "/tracks/gone", "/audio/1", "/audio/1"):
        await visit(found, path)
    numbers = found.site.watch.clients.numbers
    assert (2.0, 1.0, 1.0) == (numbers[DOCUMENTS], numbers[MISSING], numbers[PLAYED])


async def test_a_stop_is_403_and_ends() -> None:
    """With a support id and a sentence for people."""
    found = door()
    for number in range(3):
        await visit(found, f"/tracks/{number}")
    (key,) = found.site.watch.clients.rows
    found.site.watch.take(stop_of(key, found.site.clock()))
    refused = await visit(found, "/tracks/9")
    assert (403, b"no-store") == (refused.status, refused.value(b"cache-control"))
    assert b"If you are a person" in refused.body
    assert 200 == (await visit(found, "/robots.txt")).status


def stop_of(key: int, now: float) -> Stop:
    return replace(STOP, key=f"{key:016x}", since=now, until=now + 900, kind=Kind.CLIENT)


async def test_switched_off() -> None:
    """Nobody is watched, and nothing is counted."""
    found = door(enabled=False)
    for number in range(5):
        await visit(found, f"/tracks/{number}")
    assert 0 == len(found.site.watch.clients)


async def test_the_trap() -> None:
    """On pages where it is wanted, closed in robots.txt, and not in observe mode."""
    found = door(trap_path="/hidden-one")
    assert b'href="/hidden-one"' in (await visit(found, "/tracks/1")).body
    assert b"Disallow: /hidden-one\n" in (await visit(found, "/robots.txt")).body
    watching = NoScrape(app, config={"mode": "observe", "patterns": {"trap_path": "/hidden-one"}, "log": {"path": ""}})
    assert b"" == (await visit(watching, "/tracks/1")).body


class TestKeeping:
    """What outlives a process."""

    def start(self, folder: Path) -> NoScrape:
        file = folder / "noscrape.toml"
        file.write_text('[log]\npath = ""\n')
        return NoScrape(app, config=file, clock=Clock())

    async def run(self, found: NoScrape) -> None:
        await visit(found, "/tracks/1")
        assert found._reviewing is not None
        found._reviewing.join()

    async def test_what_was_learnt_is_taken_up(self, tmp_path: Path) -> None:
        """And the stops that are in force."""
        trust = Trust(NAMES)
        for number in range(60):
            trust.admit(number, 0, 0, 1.0)
        folder = tmp_path / "noscrape-patterns"
        now = Clock()()
        write_learnt(folder, trust.as_dict(), now)
        write_stops(folder, Kept((stop_of(5, now),), {}, {}), now)
        found = self.start(tmp_path)
        await self.run(found)
        assert (60, 1) == (found.site.watch.trust.good, len(found.site.watch.stops))
        found.close()

    async def test_garbage_is_told_and_learnt_anew(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """The site stays up."""
        folder = tmp_path / "noscrape-patterns"
        write_learnt(folder, {"good": "many"}, 1.0)
        found = self.start(tmp_path)
        with caplog.at_level(logging.WARNING, "noscrape"):
            await self.run(found)
        assert "passed over" in caplog.text
        found.close()
        learnt, problem = read_learnt(folder)
        assert ("", 0.0) == (problem, (learnt or {})["good"])

    async def test_at_the_end_it_is_written(self, tmp_path: Path) -> None:
        """So that a restart does not begin anew."""
        found = self.start(tmp_path)
        await self.run(found)
        found.close()
        told = read_stops(tmp_path / "noscrape-patterns", Clock()())
        assert 1 == len(told.processes)
        assert "client-hints" in told.processes[0]["traits"]
