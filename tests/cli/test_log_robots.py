"""`noscrape log robots` tells a person who asked for robots.txt, and who did what it told them not to."""

import argparse
import io
import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.cli import log as command
from noscrape.cli.log.robots import _report
from noscrape.cli.status import Status
from noscrape.errors import ConfigError, LogError
from noscrape.log import Event, LogWriter
from noscrape.log.robots import Conducts
from tests.log.disk import NOW
from tests.log.test_robots import LOGS, NO_MEDIA, NO_TRACKS, asked, digest, fetched, served

GPTBOT = [
    asked(-10, "/tracks/0", operator="OpenAI", id="9" * 16),
    fetched(0, NO_TRACKS, operator="OpenAI"),
    served(0, NO_TRACKS),
    *(asked(60 + number, f"/tracks/{number}", operator="OpenAI", id=f"{number:016x}") for number in range(7)),
    asked(90, "/tracks/7", operator="OpenAI", client="198.51.100.7", action="allow", status=200),
    asked(91, "/about", operator="OpenAI", action="allow", status=200),
    fetched(120, NO_TRACKS, operator="OpenAI", status=304),
]
CCBOT = [fetched(1, NO_TRACKS, token="CCBot"), asked(2, token="CCBot", action="allow", status=200)]
BYTESPIDER = [asked(number, token="Bytespider") for number in (3, 4)]
CLAUDEBOT = [fetched(5, "lost", token="ClaudeBot"), asked(6, token="ClaudeBot")]


TOLD = GPTBOT[1:3]
OTHERS = [asked(number, client="198.51.100.7") for number in (1, 2)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def noscrape(*words: str, log: Sequence[Event] = ()) -> Status:
    """Run `noscrape log robots WORDS` on this log."""
    if log:
        writer = LogWriter("noscrape.jsonl", addresses="full", clock=lambda: NOW)
        for each in sorted(log, key=lambda each: each.time):
            writer.record(each)
        writer.close()
    parser = argparse.ArgumentParser(prog="noscrape")
    command.add(parser.add_subparsers())
    return command.run(parser.parse_args(["log", "robots", *words]), clock=lambda: NOW + 3600)


def test_a_person_can_read_it(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asked, when, what it was told and what it then did, on 80 columns; and that all names are claims."""
    monkeypatch.setattr("noscrape.cli.log.robots.screen_columns", lambda stream: 80)
    assert Status.FOUND is noscrape(log=[*GPTBOT, *CCBOT, *BYTESPIDER, *CLAUDEBOT])
    out, err = capsys.readouterr()
    assert (
        out
        == f"""\
calling itself GPTBot, unverified (OpenAI)
    fetched robots.txt 2 times from 2026-11-22 22:27 to 2026-11-22 22:29 UTC
    was told by name not to fetch /tracks/; text {digest(NO_TRACKS)}
    then made 9 requests, 8 against what it was told: 7 refused, 1 allowed
    1 of these came from a client that had not fetched robots.txt itself
    1 request came before it first fetched robots.txt
    2026-11-22 22:28:31  GET /tracks/0  refuse 403  0000000000000000
    2026-11-22 22:28:32  GET /tracks/1  refuse 403  0000000000000001
    2026-11-22 22:28:33  GET /tracks/2  refuse 403  0000000000000002
    2026-11-22 22:28:34  GET /tracks/3  refuse 403  0000000000000003
    2026-11-22 22:28:35  GET /tracks/4  refuse 403  0000000000000004
    and 3 more

calling itself Bytespider, unverified
    never fetched robots.txt in this log, and made 2 requests

calling itself CCBot, unverified
    fetched robots.txt once, 2026-11-22 22:27 UTC
    was told that it may fetch everything; text {digest(NO_TRACKS)}
    then made 1 request, none against what it was told

calling itself ClaudeBot, unverified
    fetched robots.txt once, 2026-11-22 22:27 UTC
    was told something that is not in this log: text not recorded
    1 request cannot be judged: text not recorded
"""
    )
    assert err.startswith('A name is a claim, unless it says "verified".')
    assert "Paths are judged without their query" in err
    assert max(map(len, err.splitlines())) <= 80


def sentences(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is said of the only crawler."""
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


MANY = "User-agent: *\n" + "".join(f"Disallow: /{number}/\n" for number in range(1, 9)) + "Allow: /1/free/\n"


UNCLEAR = "1 request cannot be judged: it depends on what the log leaves out of the path"


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ([fetched(0, status=404)], "was answered 404, which forbids nothing"),
        ([fetched(0, status=503)], "was answered 503, which forbids everything"),
        ([fetched(0, NO_MEDIA), fetched(1, status=404)], "was last answered 404, which forbids nothing"),
        ([fetched(0, status=404), fetched(1, "lost")], "was told something that is not in this log: text not recorded"),
        (
            [fetched(0, NO_MEDIA), served(0, NO_MEDIA)],
            f"was told like everybody not to fetch /media/; text {digest(NO_MEDIA)}",
        ),
        (
            [fetched(0, MANY), served(0, MANY)],
            (
                "was told like everybody not to fetch /1/, /2/, /3/, /4/, /5/, /6/ and 2 more, but that it may fetch "
                f"/1/free/; text {digest(MANY)}"
            ),
        ),
        ([fetched(0)], "made no request after that"),
        (
            [fetched(0), fetched(60, NO_MEDIA)],
            "fetched robots.txt 2 times from 2026-11-22 22:27 to 2026-11-22 22:28 UTC; 2 different texts",
        ),
        ([*TOLD, asked(1)], "then made 1 request, 1 against what it was told: refused"),
        ([*TOLD, asked(1), asked(2)], "then made 2 requests, 2 against what it was told: all refused"),
        ([*TOLD, asked(1, enforced=False)], "then made 1 request, 1 against what it was told: observed, not refused"),
        ([*TOLD, *OTHERS], "2 of these came from clients that had not fetched robots.txt themselves"),
        ([*TOLD, asked(1, "/" + "x" * 500)], UNCLEAR),
        ([*TOLD, asked(1, "*")], UNCLEAR),
    ],
    ids=[
        "404",
        "503",
        "404 in the end",
        "lost after 404",
        "everybody",
        "many patterns",
        "gone",
        "two texts",
        "one",
        "all",
        "observed",
        "others",
        "cut",
        "no path",
    ],
)
def test_what_is_said(folder: Path, capsys: pytest.CaptureFixture[str], log: list[Event], sentence: str) -> None:
    """In sentences of which the crawler is the subject."""
    noscrape(log=log)
    assert sentence in sentences(capsys)


@pytest.mark.parametrize(
    ("verifications", "name"),
    [
        (["unknown", None], "calling itself GPTBot, unverified"),
        (["verified", "verified"], "GPTBot, verified"),
        (["contradicted", "contradicted"], "calling itself GPTBot, contradicted"),
        (["verified", "unknown"], "calling itself GPTBot, 1 of 2 events verified"),
        (["verified", "contradicted"], "calling itself GPTBot, 1 of 2 events verified, 1 contradicted"),
    ],
    ids=["unknown", "verified", "contradicted", "partly", "both"],
)
def test_a_name_is_a_claim(
    folder: Path, capsys: pytest.CaptureFixture[str], verifications: list[str | None], name: str
) -> None:
    """Only one that was verified throughout goes by its name."""
    noscrape(log=[asked(number, verification=each) for number, each in enumerate(verifications)])
    assert name == sentences(capsys)[0]


def test_the_catalog_knows_what_a_crawler_looks_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which is not always its name."""
    text = "User-agent: KangarooBot\nDisallow: /\n\nUser-agent: Kangaroo Bot\nDisallow:\n"
    log = [fetched(0, text, token="Kangaroo Bot"), served(0, text), asked(1, token="Kangaroo Bot")]
    assert Status.FOUND is noscrape(log=log)
    assert f"was told by name (as KangarooBot) not to fetch /; text {digest(text)}" in sentences(capsys)


def test_json_has_everything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object for each crawler, and nothing else on stdout or stderr."""
    assert Status.FOUND is noscrape("--json", log=[*GPTBOT, *BYTESPIDER])
    out, err = capsys.readouterr()
    gptbot, bytespider = map(json.loads, out.splitlines())
    assert gptbot | {"offences": gptbot["offences"][:1]} == {
        "token": "GPTBot",
        "operator": "OpenAI",
        "robots_token": "GPTBot",
        "verification": {"unknown": 12},
        "fetches": 2,
        "first_fetch": "2026-11-22T22:27:31.000Z",
        "last_fetch": "2026-11-22T22:29:31.000Z",
        "answers": [
            {
                "status": 200,
                "text": digest(NO_TRACKS),
                "first": "2026-11-22T22:27:31.000Z",
                "last": "2026-11-22T22:27:31.000Z",
                "times": 1,
                "recorded": True,
            },
            {
                "status": 304,
                "text": None,
                "first": "2026-11-22T22:29:31.000Z",
                "last": "2026-11-22T22:29:31.000Z",
                "times": 1,
                "recorded": False,
            },
        ],
        "now": "rules",
        "text": digest(NO_TRACKS),
        "by_name": True,
        "forbidden": ["/tracks/"],
        "excepted": [],
        "requests": 10,
        "before": 1,
        "after": 9,
        "against": 8,
        "outcomes": {"refuse": 7, "allow": 1},
        "by_others": 1,
        "text_missing": 0,
        "unclear": 0,
        "offences": [
            {
                "time": "2026-11-22T22:28:31.000Z",
                "method": "GET",
                "path": "/tracks/0",
                "outcome": "refuse",
                "status": 403,
                "id": "0000000000000000",
                "verification": "unknown",
                "rule": "Disallow: /tracks/",
            }
        ],
    }
    assert ("Bytespider", 0, None, None) == (
        bytespider["token"],
        bytespider["fetches"],
        bytespider["first_fetch"],
        bytespider["now"],
    )
    assert "" == err


def test_the_exit_status_tells_whether_somebody_did(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be told is no offence; the status is that of all, however many are shown."""
    assert Status.OK is noscrape(log=[*CCBOT, *BYTESPIDER, *CLAUDEBOT])
    assert Status.FOUND is noscrape("--limit", "1", log=GPTBOT)
    out, err = capsys.readouterr()
    assert "the first 1 of 4 crawlers; --limit 0 shows all" in err
    assert "CCBot" not in out.rpartition("GPTBot")[2]


def test_a_text_may_be_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For logs that hold none."""
    (folder / "robots.txt").write_text(NO_TRACKS.replace("GPTBot", "ClaudeBot"))
    assert Status.FOUND is noscrape("--robots", "robots.txt", "--agent", "ClaudeBot", log=CLAUDEBOT)
    assert "was told by name not to fetch /tracks/; text given" in sentences(capsys)


def test_options_choose(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a listing; what was fetched before still tells."""
    noscrape("--json", "--since", "2026-11-22T22:29:00Z", "--agent", "openai", log=[*GPTBOT, *BYTESPIDER])
    found = json.loads(capsys.readouterr().out)
    assert ("GPTBot", 2, 2, 1) == (found["token"], found["fetches"], found["requests"], found["against"])
    assert Status.OK is noscrape("--agent", "nobody")
    assert ("", "no events match\n") == capsys.readouterr()


def test_what_is_wrong_is_told(folder: Path) -> None:
    """A text, a log or a configuration that cannot be read."""
    with pytest.raises(LogError, match=r"missing\.txt: No such file"):
        noscrape("--robots", "missing.txt", log=CCBOT)
    with pytest.raises(LogError, match=r"missing\.jsonl: no such file"):
        noscrape("missing.jsonl")
    (folder / "noscrape.toml").write_text("[crawlers]\nserach = 'allow'\n")
    with pytest.raises(ConfigError, match="serach"):
        noscrape()


def test_broken_lines_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr; the rest is judged."""
    lines = [each.to_json() for each in GPTBOT]
    (folder / "log.jsonl").write_text("\n".join(["garbage", *lines, ""]))
    assert Status.FOUND is noscrape("log.jsonl")
    assert "log.jsonl:1: not JSON, or cut off" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [("garbage\n198.51.100.7 - - GET /\n", "no line could be read: is this a log of noscrape's"), ("", "log is empty")],
)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_holds_no_event_is_no_log(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, message: str, more: tuple[str, ...]
) -> None:
    """Else whoever names the wrong file would read that nobody did anything, with status 0."""
    (folder / "access.log").write_text(text)
    with pytest.raises(LogError, match=message):
        noscrape("access.log", *more)
    out, err = capsys.readouterr()
    assert ("", len(text.splitlines())) == (out, len(err.splitlines()))


def test_stdin_is_read_in_one_go(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe cannot be read twice."""
    data = "".join(each.to_json() + "\n" for each in [*GPTBOT[3:4], *GPTBOT[1:2], *GPTBOT[4:6], GPTBOT[2]])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    assert Status.FOUND is noscrape("-", "--json")
    assert 2 == json.loads(capsys.readouterr().out)["against"]


@pytest.mark.parametrize("columns", [None, 80, 20])
def test_strangers_text_forges_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int | None
) -> None:
    """Neither a line, nor a movement of the cursor."""
    monkeypatch.setattr("noscrape.cli.log.robots.screen_columns", lambda stream: columns)
    hostile = "\x1b[2J\n  and 3 more\r\u202e\x07"
    text = f"User-agent: *\nDisallow: /\x1b[2J\u202e\nDisallow: /{hostile}\nDisallow: /tracks\n"
    noscrape(
        log=[
            fetched(0, text, token=hostile, operator=hostile),
            served(0, text),
            asked(1, f"/tracks  {hostile}", token=hostile, operator=hostile, id=hostile, method=hostile),
        ]
    )
    noscrape("--json")
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))


def columns_of(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


@settings(max_examples=60)
@given(log=LOGS, columns=st.integers(1, 140), text=st.none() | st.text(alphabet="/* 漢é\x1b\n", max_size=30))
def test_any_report_fits(log: Sequence[Event], columns: int, text: str | None) -> None:
    """On any terminal, whatever was written."""
    found = Conducts({}, text=None if text is None else f"User-agent: *\nDisallow: /{text}")
    for each in log:
        found.add(each)
    for line in _report(found.found(), columns=columns):
        assert line.isprintable()
        assert columns_of(line) <= columns
