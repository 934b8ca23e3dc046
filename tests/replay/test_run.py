"""A log is judged by the site that traffic would meet: in the log's time, with today's reservations."""

import io
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.replay import Listing, Source, Summary
from noscrape.replay.run import FAILURES_IN_A_ROW
from noscrape.site import Site
from noscrape.words import Action
from tests.replay.world import BROWSER, CATALOG, GPTBOT, ROUTES, TODAY, decisions, line, replay, source, summary

QUOTA = {"patterns": {"quota": [{"name": "all", "limit": "2/minute"}]}}


def with_table(folder: Path, *, cache_seconds: float = 60.0, missing: bool = False) -> dict[str, Any]:
    """A configuration with a database in which track 1 is tagged no-AI and track 2 is not."""
    file = folder / "music.db"
    with sqlite3.connect(file) as database:
        if not missing:
            database.execute("CREATE TABLE tracks (id TEXT, no_ai INTEGER)")
            database.executemany("INSERT INTO tracks VALUES (?, ?)", [("1", 1), ("2", 0)])
    database.close()
    return {
        "tracks": {
            **ROUTES["tracks"],
            "cache_seconds": cache_seconds,
            "reader": {
                "kind": "sql",
                "url": f"sqlite+aiosqlite:///{file}",
                "query": "SELECT no_ai FROM tracks WHERE id = :track_id",
            },
        }
    }


def actions(lines: Iterable[str], config: dict[str, Any] | None = None) -> list[str]:
    """What would be done about each line."""
    return [found["action"] for found in decisions(lines, config)]


def test_crawlers_are_refused() -> None:
    """A training crawler would be refused a track, and nobody else."""
    assert actions([line(), line(GPTBOT), line("-"), line("OAI-SearchBot/1.0")]) == [
        "allow",
        "refuse",
        "allow",
        "allow",
    ]


def test_own_documents() -> None:
    """robots.txt is open to a training crawler in a replay as in traffic."""
    assert decisions([line(GPTBOT, path="/robots.txt")])[0]["rule"] == "own-documents"


def test_the_log_tells_the_time() -> None:
    """A quota counts in the log's seconds: two a minute are within it however fast the log is read."""
    lines = [line(second=second) for second in (0, 1, 2, 180, 181, 182)]
    assert actions(lines, QUOTA) == ["allow", "allow", "throttle"] * 2


def test_late_lines_are_counted() -> None:
    """Lines that come a little late count in the present."""
    assert actions([line(second=second) for second in (100, 99, 98)], QUOTA) == ["allow", "allow", "throttle"]


def test_older_file_begins_anew() -> None:
    """The counts of one file do not reach into an older one that is given after it."""
    run, written = replay(QUOTA), io.StringIO()
    late = [line(second=3000 + second) for second in range(3)]
    early = [line(second=second) for second in range(3)]
    run.run([source(late), source(early)], account=Listing(written.write, client_of=run.client))
    found = [text.split('"action":"')[1].split('"')[0] for text in written.getvalue().splitlines()]
    assert found == ["allow", "allow", "throttle"] * 2
    assert run.timeline.turns == 1


@pytest.mark.sql
def test_reservations_are_read(tmp_path: Path) -> None:
    """What is said of a track is read from the configured database; what is open is open to training crawlers."""
    lines = [line(GPTBOT, path=f"/tracks/{track}") for track in (1, 2, 3)]
    assert actions(lines, with_table(tmp_path)) == ["refuse", "allow", "refuse"]


@pytest.mark.parametrize("cache_seconds", [0.0, 60.0])
@pytest.mark.sql
def test_reservations_are_read_once(tmp_path: Path, cache_seconds: float) -> None:
    """What was read holds to the end of the replay, whatever time passes in the log and whatever the cache's life."""
    run = replay(with_table(tmp_path, cache_seconds=cache_seconds))
    account = Summary(run.client)
    database = sqlite3.connect(tmp_path / "music.db")

    def change(lines: int) -> None:
        if lines:
            database.execute("UPDATE tracks SET no_ai = 1")
            database.commit()

    sources = [source([line(GPTBOT, path="/tracks/2", second=second)]) for second in (0, 1000)]
    run.run(sources, account=account, progress=change)
    database.close()
    assert sum(row.requests for row in account.rows(Action.REFUSE)) == 0
    assert account.requests == 2


def test_without_reader(tmp_path: Path) -> None:
    """The reader may be left out: then the defaults hold."""
    run, written = replay(with_table(tmp_path), with_reader=False), io.StringIO()
    run.run([source([line(GPTBOT, path="/tracks/2")])], account=Listing(written.write, client_of=run.client))
    assert '"action":"refuse"' in written.getvalue()


@pytest.mark.sql
def test_reader_that_fails(tmp_path: Path) -> None:
    """A database that is of no use is asked a few times; on_failure holds for all, and nothing stops."""
    config = with_table(tmp_path, missing=True)
    run = replay(config)
    account = Summary(run.client)
    run.run([source(line(GPTBOT, path=f"/tracks/{track}") for track in range(100))], account=account)
    assert [row.requests for row in account.rows(Action.REFUSE)] == [100]
    assert run.gave_up
    assert run.reader_failures == FAILURES_IN_A_ROW


def test_judges_as_traffic_does() -> None:
    """The decision is that of the site's own judge, for the same facts."""
    run = replay()
    site = Site(run.site.loaded, clock=lambda: TODAY, catalog=CATALOG)
    for agent in (BROWSER, GPTBOT, "OAI-SearchBot", "python-requests/2"):
        text = line(agent)
        facts = run._parser.parse(text.encode()).facts
        place = site.place(facts)
        said = site.said(place, TODAY)
        assert said is not None
        decision = site.judge(facts, place, said, TODAY).decision
        found = decisions([text])[0]
        assert (found["action"], found["rule"], found["reason"]) == (
            decision.action.value,
            decision.rule,
            decision.reason,
        )


def test_numbers_run_over_all_files(tmp_path: Path) -> None:
    """Lines are numbered from 0 over all files; a place is a line of its file, from 1, as editors count."""
    names = [tmp_path / "a.log", tmp_path / "empty.log", tmp_path / "b.log"]
    for name, text in zip(names, (f"{line()}\nbroken\n", "", "broken\n"), strict=True):
        name.write_text(text)
    run, written = replay(), io.StringIO()
    run.run([Source(str(name)) for name in names], account=Listing(written.write, client_of=run.client))
    assert [text.split(",")[0] for text in written.getvalue().splitlines()] == ['{"n":0', '{"n":1', '{"n":2']
    assert [run.place(number) for number in range(3)] == [f"{names[0]}:1", f"{names[0]}:2", f"{names[2]}:1"]


@pytest.mark.parametrize(("limit", "read"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4)])
def test_limit(limit: int, read: int) -> None:
    """The first lines of all files, as many as asked for."""
    run = replay()
    account = Summary(run.client)
    run.run([source([line(), line()]), source(["broken", line()])], account=account, limit=limit)
    assert read == account.lines


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that cannot be read is told, and the next one is read all the same."""
    gone = tmp_path / "gone.log"
    gone.write_text("")
    sources = [Source(str(gone)), source([line()])]
    gone.unlink()
    run = replay()
    account = Summary(run.client)
    run.run(sources, account=account)
    assert account.failures == [f"{gone}: no such file"]
    assert account.requests == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5), st.binary(max_size=60), st.binary(max_size=60))
def test_nothing_stops_it(lines: list[bytes], agent: bytes, target: bytes) -> None:
    """Whatever bytes a log holds, every line is decided about or told to be broken."""
    text = b'::1 - - [22/Nov/2026:10:00:00 +0000] "GET /%b HTTP/1.1" 200 1 "-" "%b"' % (target, agent)
    data = b"\n".join([text, *lines, text, b"end"])
    run = replay(QUOTA)
    stdin = Source("-", stdin=io.BufferedReader(io.BytesIO(b"#\n" + data)))
    account = Summary(run.client)
    run.run([stdin], account=account)
    assert account.lines == data.count(b"\n") + 2


def test_throttled_clients_are_told_apart() -> None:
    """A quota that one client exceeds harms no other."""
    lines = [line(ip=ip) for ip in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2")]
    account = summary(lines, QUOTA)
    (row,) = account.rows(Action.THROTTLE)
    assert (row.rule, row.requests, row.clients) == ("quota:all", 1, {"192.0.2.1"})
