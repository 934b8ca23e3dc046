"""`noscrape explain`: what would be decided about a request, and why."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from noscrape import Event, NoScrape
from noscrape.cli import main
from noscrape.cli.status import Status
from tests.asgi import GPTBOT, answering, ask, scope_of

Captured = pytest.CaptureFixture[str]

CONFIG = """
stance = "no-training"
[[tracks.routes]]
path = "/tracks/{track_id}"
[[tracks.routes]]
path = "/download"
track = "query:id"
serves = "download"
[clients]
trusted_proxies = ["10.0.0.5"]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("noscrape.toml").write_text(CONFIG)


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def told(capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
    assert main(["explain", "--json", *arguments]) == Status.OK
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_as_text(capsys: Captured) -> None:
    """By which rule of which line, on what evidence, and what is sent."""
    assert main(["explain", "--path", "/tracks/42", "--user-agent", "GPTBot/1.2"]) == Status.OK
    out, err = capsys.readouterr()
    assert "no [tracks.reader] is configured" in err
    for line in (
        "request     GET /tracks/42",
        "work        track 42, as page",
        "set by      noscrape.toml:2: stance",
        "evidence    token: GPTBot",
        "sent        status 403",
    ):
        assert line in out.splitlines()
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--path", "/tracks/42"], {"action": "allow", "rule": "default", "status": None}),
        (["--path", "/tracks/42", "--user-agent", "GPTBot"], {"action": "refuse", "rule": "purpose:training"}),
        (["--path", "/robots.txt", "--user-agent", "GPTBot"], {"rule": "own-documents", "headers": []}),
        (["--path", "/robots.txt", "--user-agent", "GPTBot", "--method", "post"], {"status": 403, "method": "POST"}),
        (["--path", "/download?id=42&x=1"], {"tracks": ["42"], "serves": "download", "path": "/download"}),
        (["--path", "/tracks/%2042"], {"tracks": [" 42", "42"], "path": "/tracks/ 42"}),
        (["--path", "/tracks/4%32%3F"], {"path": "/tracks/42?"}),
        (["--path", "/", "--client", "2001:db8::1"], {"client": "2001:db8::/64", "peer": "2001:db8::1"}),
        (["--path", "/", "--client", "10.0.0.5", "--header", "X-Forwarded-For: 192.0.2.9"], {"client": "192.0.2.9"}),
        (["--path", "/", "--header", "User-Agent: GPTBot"], {"user_agent": "GPTBot", "action": "refuse"}),
        (["--path", "/tracks/42", "--user-agent", "GPTBot", "--reservation", "open"], {"rule": "open"}),
        (["--path", "/tracks/42", "--reservation", ""], {"reservation_by": "site"}),
        (["--path", "/", "--header", "X-Empty:"], {"action": "allow"}),
    ],
)  # fmt: skip
def test_the_options(arguments: list[str], expected: dict[str, Any], capsys: Captured) -> None:
    """A request is built from them as a server would tell of it."""
    (found,) = told(capsys, *arguments)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--header", "no colon"], "wanted 'Name: value'"),
        (["--header", ": no name"], "wanted 'Name: value'"),
        (["--client", "not an address"], "wanted an IP address"),
        (["--reservation", "perhaps"], "cannot read 'perhaps'"),
        (["--config", "missing.toml"], "missing.toml"),
    ],
)
def test_wrong_options(arguments: list[str], problem: str, capsys: Captured) -> None:
    """Exit status 2 and what was wanted."""
    assert main(["explain", "--path", "/", *arguments]) == Status.FAULT
    out, err = capsys.readouterr()
    assert (out, problem in err) == ("", True)


def lines_of_a_log() -> bytes:
    """What the middleware logs of a crawler and of a browser."""
    events: list[Event] = []
    config = {"log": {"path": "", "record": ["all"]}}
    app = NoScrape(answering(), config=config, on_event=events.append)
    asyncio.run(ask(app, scope_of(agent=GPTBOT)))
    asyncio.run(ask(app, scope_of("/tracks/7")))
    return "".join(event.to_json() + "\n" for event in events).encode()


def test_lines_of_the_log(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is explained by the configuration of now."""
    feed(monkeypatch, lines_of_a_log() + b"\n")
    found = told(capsys)
    assert [(one["path"], one["action"], one["tracks"]) for one in found] == [
        ("/tracks/42", "refuse", ["42"]),
        ("/tracks/7", "allow", ["7"]),
    ]


def test_a_line_is_explained_by_what_it_records(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the log has cut the address, what was found out then is told, and not that nothing is known."""
    line = Event(
        kind="request",
        time=0.0,
        action="refuse",
        rule="impostor",
        client="8.8.8.0/24",
        user_agent="Googlebot/2.1",
        token="Googlebot",
        verification="contradicted",
        verified_how="ip-ranges: in no list",
    )
    feed(monkeypatch, line.to_json().encode() + b"\n")
    (found,) = told(capsys)
    assert ("contradicted", "impostor") == (found["verification"], found["recorded"]["rule"])


def test_several_as_text_stand_apart(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty line between them."""
    feed(monkeypatch, lines_of_a_log())
    assert main(["explain"]) == Status.OK
    assert capsys.readouterr().out.count("\n\nrequest ") == 1


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"nonsense\n", b'{"v": 1, "ti', b'{"v": 99}', b"[]", b"\xff\xfe\x00", b"\x1b[2J{}"]
)
def test_what_is_no_line_of_the_log(data: bytes, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 2, with its number, and nothing on stdout."""
    feed(monkeypatch, data)
    assert main(["explain"]) == Status.FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert "stdin" in err
    assert err.rstrip("\n").isprintable()


def test_a_terminal_is_not_waited_for(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path and without a pipe, it says what it needs."""
    stdin = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["explain"]) == Status.FAULT
    assert "--path" in capsys.readouterr().err


def test_a_strangers_text_does_not_move_the_cursor(capsys: Captured) -> None:
    """Path, user agent and headers are escaped."""
    main(
        ["explain", "--path", "/tracks/%1b[2J%0a%E2%80%AE", "--user-agent", "GPTBot\x1b[2J\x07", "--header", "a: \x1b"]
    )
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


def test_the_database_is_asked(tmp_path: Path, capsys: Captured) -> None:
    """What its owner says now is what counts."""
    pytest.importorskip("aiosqlite", reason="needs noscrape[sql]")
    import sqlite3

    connection = sqlite3.connect("music.db")
    connection.executescript("CREATE TABLE tracks (id INTEGER, no_ai); INSERT INTO tracks VALUES (42, 0), (7, 1)")
    connection.close()
    reader = (
        '[tracks.reader]\nkind = "sql"\nid_type = "integer"\nurl = "sqlite+aiosqlite:///music.db"\n'
        'query = "SELECT no_ai FROM tracks WHERE id = :track_id"\n'
    )
    Path("noscrape.toml").write_text(CONFIG + reader)
    found = [told(capsys, "--path", f"/tracks/{track}", "--user-agent", "GPTBot")[0] for track in (42, 7, 99)]
    assert [(one["action"], one["reservation_source"], one["track_missing"]) for one in found] == [
        ("allow", "sql", False),
        ("refuse", "sql", False),
        ("refuse", "sql", True),
    ]
