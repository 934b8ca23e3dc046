"""`noscrape replay` says what would have been decided about the requests of a log."""

import argparse
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from noscrape.cli import main
from noscrape.cli.replay import run
from noscrape.replay import Replay
from tests.replay.world import BROWSER, GPTBOT, line

CONFIG = """
[[tracks.routes]]
path = "/tracks/{track_id}"
"""
QUOTA = """
[[patterns.quota]]
name = "all"
limit = "1/minute"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noscrape.toml").write_text(CONFIG)
    return tmp_path


def log(folder: Path, *lines: str, name: str = "access.log") -> str:
    """A log in that folder."""
    (folder / name).write_text("".join(text + "\n" for text in lines))
    return name


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """What comes on stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def arguments(*files: str, **others: Any) -> argparse.Namespace:
    """What the parser would hand over."""
    return argparse.Namespace(
        **{"file": files, "json": False, "no_reader": False, "limit": None, "config": None} | others
    )


def test_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole summary of a small log."""
    (folder / "noscrape.toml").write_text(CONFIG + QUOTA)
    name = log(
        folder,
        line(GPTBOT),
        line(GPTBOT, ip="192.0.2.9", second=5),
        line(BROWSER, second=10),
        line(BROWSER, path="/tracks/7", second=11),
        "hello",
        line("OAI-SearchBot/1.0", ip="192.0.2.8"),
        line().replace("GET /tracks/42 HTTP/1.1", "-"),
    )
    assert main(["replay", name]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert [" ".join(text.split()) for text in said.out.splitlines()] == [
        "access.log: 7 lines, 5 requests, 1 broken line, 1 connection without a request",
        "from 2026-11-22 10:00:00 to 2026-11-22 10:00:11 UTC, in the log's own time",
        "what is said of tracks: the defaults, as [tracks.reader] names no reader",
        "",
        "would have been refused: 2 requests (40.00%)",
        "token operator class purpose rule requests clients",
        "GPTBot OpenAI ai training purpose:training 2 2",
        "",
        "would have been throttled: 1 request (20.00%)",
        "token operator class purpose rule requests clients",
        "(names no crawler) quota:all 1 1",
        "",
        "found scraping by how it behaves: nobody",
        "",
        "looks like a listener among them: 1 user agent, 1 request; look at these",
        "who action rule requests",
        "Chrome 142 on Windows throttle quota:all 1",
        BROWSER,
        "",
        "crawlers let through: 1 request (20.00%)",
        "token operator class purpose rule requests clients",
        "OAI-SearchBot OpenAI ai search default 1 1",
        "",
        "tracks asked for most often:",
        "track requests of them stopped",
        "42 4 2",
        "7 1 1",
        "",
        "lines that could not be read: 1",
        "1 neither JSON nor the common or combined log format, or cut off",
        "these:",
        "n line begins",
        "4 access.log:5 hello",
    ]


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json there is a decision a line, and nothing else on stdout."""
    assert main(["replay", "--json", log(folder, line(GPTBOT), "hello", line())]) == 0
    said = capsys.readouterr()
    found = [json.loads(text) for text in said.out.splitlines()]
    assert [item.get("action", item.get("error")) for item in found] == [
        "refuse",
        "neither JSON nor the common or combined log format, or cut off",
        "allow",
    ]
    assert said.err == "noscrape: 1 line told of no request\n"


def test_several_files_and_stdin(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are read in the order given, gzip or not, and stdin where it is named."""
    (folder / "old.gz").write_bytes(gzip.compress(line(path="/tracks/1").encode() + b"\n"))
    stdin(monkeypatch, gzip.compress(line(path="/tracks/3").encode()))
    assert main(["replay", "--json", "old.gz", log(folder, line(path="/tracks/2")), "-"]) == 0
    found = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [(item["n"], item["track"]) for item in found] == [(0, "1"), (1, "2"), (2, "3")]


def test_limit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--limit reads the first lines only."""
    assert main(["replay", "--json", "--limit", "2", log(folder, line(), line(), line())]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("limit", ["0", "-1", "x", "9" * 30])
def test_no_limit(folder: Path, limit: str) -> None:
    """A limit that is none is refused."""
    with pytest.raises(SystemExit) as raised:
        main(["replay", "--limit", limit, log(folder)])
    assert raised.value.code == 2


def test_missing_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file that is missing is named before anything is read."""
    assert main(["replay", "no.log", log(folder, line()), "neither.log", "."]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "noscrape: no.log: no such file\nneither.log: no such file\n.: is a folder, wanted a file\n"


def test_truncated_gzip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a truncated file holds is counted, and the exit status tells that it was not all."""
    data = gzip.compress("\n".join(line(ip=f"192.0.2.{number % 250}") for number in range(50_000)).encode())
    (folder / "access.log.gz").write_bytes(data[: len(data) // 2])
    assert main(["replay", "access.log.gz"]) == 2
    said = capsys.readouterr()
    assert said.err == "noscrape: access.log.gz: the gzip data is cut off; the whole lines before that count\n"
    assert " lines, 0 requests" not in said.out
    assert main(["replay", "--json", "access.log.gz"]) == 2
    said = capsys.readouterr()
    assert said.err == "noscrape: access.log.gz: the gzip data is cut off; the whole lines before that count\n"
    assert said.out.startswith('{"n":0,"action":"allow"')


def test_wrong_configuration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration that is missing is a fault."""
    assert main(["replay", log(folder), "--config", "no.toml"]) == 2
    assert "no.toml: no such file" in capsys.readouterr().err


def test_stdin_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """stdin can be read once."""
    assert main(["replay", "-", "-"]) == 2
    assert capsys.readouterr().err == 'noscrape: "-" is stdin, and can be read once\n'


@pytest.mark.sql
def test_reservations_are_todays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary says where it was read what is said of tracks, and that it is today's."""
    reader = '[tracks.reader]\nkind = "sql"\nurl = "sqlite+aiosqlite:///m.db"\nquery = "SELECT :track_id"\n'
    (folder / "noscrape.toml").write_text(reader)
    assert main(["replay", log(folder)]) == 0
    assert "as it is today, read from sql" in capsys.readouterr().out
    assert main(["replay", log(folder), "--no-reader"]) == 0
    assert "not read, the defaults were taken (--no-reader)" in capsys.readouterr().out


@pytest.mark.sql
def test_reader_that_fails(folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """A database that is gone is told in the summary, with what was taken instead."""
    reader = '[tracks.reader]\nkind = "sql"\nurl = "sqlite+aiosqlite:///no/m.db"\nquery = "SELECT :track_id"\n'
    (folder / "noscrape.toml").write_text(reader + CONFIG)
    assert main(["replay", log(folder, *(line(path=f"/tracks/{number}") for number in range(30)))]) == 0
    assert (
        "the reader failed 10 times, and was not asked again after that: [tracks] on_failure was taken instead\n"
        in capsys.readouterr().out
    )
    assert "the reservation reader 'sql' failed" in caplog.text


def test_files_in_another_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that goes back in time is told."""
    older = log(folder, line(), name="older.log")
    assert main(["replay", log(folder, line(second=3000)), older]) == 0
    assert "the log went back in time once; behaviour was counted anew from there\n" in capsys.readouterr().out


def test_many_listeners(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A long list is cut, and says so."""
    (folder / "noscrape.toml").write_text(CONFIG + QUOTA)
    agents = [BROWSER.replace("142", str(number)) for number in range(100, 131)]
    assert main(["replay", log(folder, *map(line, agents))]) == 0
    out = capsys.readouterr().out
    assert "30 user agents, 30 requests; look at these" in out
    assert "and 10 more\n" in out


def test_observe_mode(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In observe mode the summary says that nothing would be enforced."""
    (folder / "noscrape.toml").write_text('mode = "observe"\n')
    assert main(["replay", log(folder, line(GPTBOT))]) == 0
    out = capsys.readouterr().out
    assert "nothing of it is enforced" in out
    assert "only observed" in out


def test_strangers_text_is_escaped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that stands in a log moves the cursor."""
    (folder / "noscrape.toml").write_text(CONFIG + QUOTA)
    lines = [line(rf"{BROWSER} \x1b[2J", path="/tracks/%1B[2J%E2%80%AE") for _ in range(3)]
    assert main(["replay", log(folder, *lines, "\x1b[2Jbroken\u202e")]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b[2J" in out


def test_interrupted(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C shows what has been counted until then."""
    run_whole = Replay.run

    def interrupted(self: Replay, *given: Any, **named: Any) -> None:
        run_whole(self, *given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(Replay, "run", interrupted)
    assert run(arguments(log(folder, line(GPTBOT)))) == 2
    said = capsys.readouterr()
    assert "would have been refused: 1 request" in said.out
    assert said.err == "noscrape: stopped after 1 line\n"


def test_nothing_to_replay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty log has a summary, too."""
    assert run(arguments(log(folder))) == 0
    assert capsys.readouterr().out.splitlines()[0] == "access.log: 0 lines, 0 requests, 0 broken lines"
