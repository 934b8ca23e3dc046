"""Fetching lists: the last good copy stays whatever goes wrong, and a running server never sees half of one."""

import errno
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from noscrape.errors import FetchError
from noscrape.exchange import Fetched
from noscrape.verify.refresh import Outcome, State, refresh
from noscrape.verify.snapshots import INDEX, load
from tests.verify.test_ranges import listed

URL, OTHER = "https://bots.example/a.json", "https://bots.example/b.json"
NOW = 1_795_000_000.0
MANY = [f"66.249.{n}.0/24" for n in range(8)]


class World:
    """What is published where, and what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Fetched | Exception] = {}
        self.asked: list[dict[str, str]] = []

    def put(self, url: str, body: bytes, status: int = 200, **headers: str) -> "World":
        self.pages[url] = Fetched(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        return self

    def __call__(
        self, url: str, /, *, most_bytes: int, seconds: float, headers: Iterable[tuple[str, str]], redirects: int
    ) -> Fetched:
        self.asked.append(dict(headers))
        page = self.pages.get(url, FetchError(f"{url} cannot be fetched: the name was not found"))
        if isinstance(page, Exception):
            raise page
        return page


def fetched(world: World, folder: Path, *urls: str, now: float = NOW, **more: Any) -> list[Outcome]:
    return list(refresh(urls or (URL,), folder, fetch=world, now=now, **more))


def test_a_new_list(tmp_path: Path) -> None:
    """It is kept with its dates, in a folder that is made for it, readable for whoever serves."""
    folder = tmp_path / "ranges"
    world = World().put(URL, listed(*MANY), etag='"x"', last_modified="Fri, 20 Nov 2026 10:00:00 GMT")
    assert [Outcome(URL, State.NEW, 0, 8)] == fetched(world, folder)
    found = load(folder)
    kept = found.by_url[URL]
    assert (8, NOW, '"x"', "2026-11-20T10:00:00", ()) == (
        len(kept.networks),
        kept.fetched,
        kept.etag,
        kept.created,
        found.problems,
    )
    assert {0o644} == {file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_it_is_asked_for_only_when_it_has_changed(tmp_path: Path) -> None:
    """By the conditions of RFC 9110, section 13; that it was looked at is noted."""
    world = World().put(URL, listed(*MANY), etag='"x"', last_modified="Fri, 20 Nov 2026 10:00:00 GMT")
    fetched(world, tmp_path)
    world.put(URL, b"", status=304)
    assert [Outcome(URL, State.UNCHANGED, 8, 8)] == fetched(world, tmp_path, now=NOW + 60)
    assert {"If-None-Match": '"x"', "If-Modified-Since": "Fri, 20 Nov 2026 10:00:00 GMT"} == world.asked[1]
    assert NOW + 60 == load(tmp_path).by_url[URL].fetched


def test_a_list_that_has_changed(tmp_path: Path) -> None:
    """The new one counts; the same networks in another order are no change."""
    world = World().put(URL, listed(*MANY))
    fetched(world, tmp_path)
    assert State.UNCHANGED is fetched(world.put(URL, listed(*MANY[::-1])), tmp_path)[0].state
    assert [Outcome(URL, State.CHANGED, 8, 9)] == fetched(world.put(URL, listed(*MANY, "66.250.0.0/24")), tmp_path)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Fetched(200, {}, b"<html>moved"), State.REFUSED),
        (Fetched(200, {}, listed(*MANY)[:-9]), State.REFUSED),
        (Fetched(200, {}, listed("0.0.0.0/0")), State.REFUSED),
        (Fetched(200, {}, listed(*MANY[:3])), State.REFUSED),
        (Fetched(200, {}, listed("66.0.0.0/8", *MANY)), State.REFUSED),
        (Fetched(200, {}, listed(*(f"66.250.{n}.0/24" for n in range(8)))), State.REFUSED),
        (Fetched(404, {}, b""), State.FAILED),
        (Fetched(301, {}, b""), State.FAILED),
        (FetchError("cannot be fetched: its certificate is not good"), State.FAILED),
    ],
    ids=["HTML", "half a file", "/0", "most are gone", "far too many", "others", "404", "redirect", "TLS"],
)
def test_the_last_good_copy_stays(tmp_path: Path, answer: Fetched | Exception, state: State) -> None:
    """Whatever comes instead, the reason is told, and other lists are fetched all the same."""
    world = World().put(URL, listed(*MANY)).put(OTHER, listed("8.8.8.0/24"))
    fetched(world, tmp_path)
    world.pages[URL] = answer
    first, second = fetched(world, tmp_path, URL, OTHER, now=NOW + 60)
    assert (state, 8, 8, True) == (first.state, first.before, first.after, bool(first.problem))
    assert State.NEW is second.state
    assert (8, NOW) == (len(load(tmp_path).by_url[URL].networks), load(tmp_path).by_url[URL].fetched)


def test_a_drastic_change_can_be_accepted(tmp_path: Path) -> None:
    """By name: it is the operator of the site who looked."""
    world = World().put(URL, listed(*MANY))
    fetched(world, tmp_path)
    world.put(URL, listed(*MANY[:3]))
    (refused,) = fetched(world, tmp_path)
    assert "it has 3 networks, where it had 8; --accept" in refused.problem
    assert [Outcome(URL, State.CHANGED, 8, 3)] == fetched(world, tmp_path, accept=[URL])


@pytest.mark.parametrize("room", [0, 1], ids=["for nothing", "for the list, not for the index"])
def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """The old list is there, whole, and no half of a file is left lying around."""
    world = World().put(URL, listed(*MANY))
    fetched(world, tmp_path)
    written: list[int] = []

    def full(handle: int) -> None:
        written.append(handle)
        if len(written) > room:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (outcome,) = fetched(world.put(URL, listed(*MANY, "66.250.0.0/24")), tmp_path)
    assert (State.FAILED, True) == (outcome.state, "No space left on device" in outcome.problem)
    assert (2 + room, 8) == (len(os.listdir(tmp_path)), len(load(tmp_path).by_url[URL].networks))


def test_who_reads_while_a_list_changes(tmp_path: Path) -> None:
    """The index that was read a moment ago still leads to its list; older files go."""
    world = World()
    for number in range(4):
        index = (tmp_path / INDEX).read_bytes() if number else b""
        fetched(world.put(URL, listed(*MANY, f"66.250.{number}.0/24")), tmp_path)
    assert 3 == len(os.listdir(tmp_path))
    (tmp_path / INDEX).write_bytes(index)
    assert "66.250.2.0/24" in map(str, load(tmp_path).by_url[URL].networks)


class TestReadingTheFolder:
    """What a server makes of it."""

    def test_no_folder_is_no_fault(self, tmp_path: Path) -> None:
        """The package works without any list."""
        found = load(tmp_path / "none")
        assert ({}, (), False) == (found.by_url, found.problems, found.indexed)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"shape": 2, "lists": {}}', b'{"shape": 1, "lists": [1]}'])
    def test_a_broken_index_is_told(self, tmp_path: Path, content: bytes) -> None:
        """With how to mend it; no request fails for it."""
        (tmp_path / INDEX).write_bytes(content)
        found = load(tmp_path)
        assert ({}, 1, False) == (found.by_url, len(found.problems), found.indexed)
        assert "`noscrape crawlers refresh` makes it anew" in found.problems[0]

    @pytest.mark.parametrize("harm", ["edited", "gone", "elsewhere", "no date", "no digest"])
    def test_a_list_that_is_not_what_was_fetched(self, tmp_path: Path, harm: str) -> None:
        """It is left out and told; the others are used."""
        fetched(World().put(URL, listed(*MANY)).put(OTHER, listed("8.8.8.0/24")), tmp_path, URL, OTHER)
        index = json.loads((tmp_path / INDEX).read_text())
        entry = index["lists"][URL]
        file = tmp_path / entry["file"]
        if harm == "edited":
            file.write_bytes(listed("8.8.4.0/24"))
        elif harm == "gone":
            file.unlink()
        elif harm == "elsewhere":
            (tmp_path.parent / "outside.json").write_bytes(listed(*MANY))
            entry["file"] = "../outside.json"
        elif harm == "no date":
            entry["fetched"] = "yesterday"
        else:
            del entry["sha256"]
        (tmp_path / INDEX).write_text(json.dumps(index))
        found = load(tmp_path)
        assert ([OTHER], 1, True) == (list(found.by_url), len(found.problems), URL in found.problems[0])
        assert (frozenset({URL}), True) == (found.damaged, found.indexed)
