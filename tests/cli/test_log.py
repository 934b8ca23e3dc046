"""`noscrape log` tells what happened, whatever strangers wrote into it."""

import argparse
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from noscrape.cli import log as command
from noscrape.cli.status import Status
from noscrape.errors import LogError, NoScrapeError
from noscrape.log import Event, LogWriter, files_of
from tests.log.disk import NOW, event

GPTBOT = {
    "action": "refuse",
    "status": 403,
    "rule": "purpose:training",
    "reason": "training is reserved for this work",
    "token": "GPTBot",
    "operator": "OpenAI",
    "user_agent": "GPTBot/1.2",
    "tracks": ("42",),
    "method": "GET",
    "path": "/tracks/42",
    "client": "203.0.113.0/24",
}
CHROME = {
    "action": "allow",
    "status": 200,
    "rule": "default",
    "reason": "allowed, with signals",
    "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
    "Safari/537.36",
    "tracks": ("7",),
    "method": "GET",
    "path": "/tracks/7",
    "client": "198.51.100.0/24",
    "bytes": 1000,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the command."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(*events: Event, path: str = "noscrape.jsonl") -> None:
    """A log of these events, by a process that has ended."""
    writer = LogWriter(path, addresses="full", clock=lambda: NOW)
    for each in events:
        writer.record(each)
    writer.close()


def noscrape(*words: str, pause: Callable[[float], None] | None = None) -> Status:
    """Run `noscrape log WORDS`, an hour after the first event."""
    parser = argparse.ArgumentParser(prog="noscrape")
    command.add(parser.add_subparsers())
    arguments = parser.parse_args(["log", *words])
    return command.run(arguments, clock=lambda: NOW + 3600, pause=pause or _never)


def _never(seconds: float) -> None:
    raise AssertionError(f"waits {seconds} s")


def two_events() -> None:
    """One refusal and one listener."""
    written(event(0, **GPTBOT), event(60, **CHROME))


def test_a_listing_tells_a_reviewer_everything(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Time, action, who, track, request, rule and reason, client."""
    two_events()
    assert Status.OK is noscrape()
    heading, refused, allowed = (re.split("  +", line) for line in capsys.readouterr().out.splitlines())
    assert ["time (UTC)", "action", "who", "track", "request", "rule and reason", "client"] == heading
    assert [
        "2026-11-22 22:27:31",
        "refuse 403",
        "calling itself GPTBot, unverified (OpenAI)",
        "42",
        "GET /tracks/42",
        "purpose:training: training is reserved for this work",
        "203.0.113.0/24",
    ] == refused
    assert [
        "2026-11-22 22:28:31",
        "allow 200",
        "Chrome 142 on Windows",
        "7",
        "GET /tracks/7",
        "default: allowed, with signals",
        "198.51.100.0/24",
    ] == allowed


class Terminal(io.StringIO):
    """A terminal of a hundred columns."""

    def isatty(self) -> bool:
        return True


def test_a_narrow_terminal_gets_two_lines_an_event(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a reviewer needs is cut away."""
    two_events()
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("noscrape.cli.log.listing.screen_columns", lambda stream: 100)
    noscrape()
    assert terminal.getvalue().splitlines() == [
        "time (UTC)           action       who                                         client",
        "2026-11-22 22:27:31  refuse 403   calling itself GPTBot, unverified (OpenAI)  203.0.113.0/24",
        "    track 42  GET /tracks/42  purpose:training: training is reserved for this work",
        "2026-11-22 22:28:31  allow 200    Chrome 142 on Windows                       198.51.100.0/24",
        "    track 7  GET /tracks/7  default: allowed, with signals",
    ]


def test_who_is_signed_in_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the app's word, as what it is, beside the address."""
    written(event(0, **CHROME, account="ann"), event(1, **(CHROME | {"client": None}), account="192.0.2.1"))
    noscrape()
    assert ["198.51.100.0/24, account ann", "account 192.0.2.1"] == [
        re.split("  +", line)[-1] for line in capsys.readouterr().out.splitlines()[1:]
    ]


def test_a_proof_is_told_once_and_splits_no_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stands in the reason; a false crawler is one row of `top`, however old the lists were."""
    proofs = [f"ip-ranges: its address is not in google.example/bots.json, {days} days old" for days in (2, 3)]
    told = [
        event(number, **(GPTBOT | {"reason": f"is not: {how}"}), verification="contradicted", verified_how=how)
        for number, how in enumerate(proofs)
    ]
    written(*told)
    noscrape()
    assert [1, 1] == [line.count("its address is not in") for line in capsys.readouterr().out.splitlines()[1:]]
    noscrape("top", "agents", "--json")
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert ("calling itself GPTBot, contradicted (OpenAI)", 2) == (row["agent"], row["events"])


def test_an_observed_refusal_is_shown_as_such(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody was refused."""
    written(event(0, **GPTBOT, enforced=False))
    noscrape()
    assert "  would-refuse 403  " in capsys.readouterr().out


def test_what_noscrape_tells_of_itself_has_no_client(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor a user agent that was "not recorded"."""
    written(event(0, kind="reservation", tracks=("42",)))
    noscrape()
    assert ["2026-11-22", "22:27:31", "reservation", "noscrape", "42"] == capsys.readouterr().out.splitlines()[
        1
    ].split()


@pytest.mark.parametrize("narrow", [True, False])
def test_strangers_text_forges_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, narrow: bool
) -> None:
    """Neither a line, nor a column, nor a movement of the cursor."""
    if narrow:
        for module in ("listing", "top"):
            monkeypatch.setattr(f"noscrape.cli.log.{module}.screen_columns", lambda stream: 100)
    hostile = "\x1b[2J\x1b[H\n2026-11-22 22:27:31  allow 200  \u202ex\r\x9b31m\x07"
    fields = dict.fromkeys(("user_agent", "path", "client", "rule", "reason", "method", "id"), hostile)
    written(event(0, **fields, tracks=(hostile,)), event(1, token=hostile, operator=hostile, method="GET"))
    for words in ((), ("--json",), ("top", "agents"), ("top", "tracks"), ("top", "clients"), ("top", "rules")):
        noscrape(*words)
        out = capsys.readouterr().out
        assert all(line.isprintable() for line in out.split("\n"))
        assert [] == [line for line in out.split("\n") if line.startswith("2026-11-22 22:27:31  allow")]


CHANGED = {
    "kind": "reservation",
    "tracks": ("42",),
    "reservation": {"training": "reserved", "dataset": "reserved", "search": "open"},
    "reservation_source": "sql",
    "detail": {
        "before": {"training": "unstated", "dataset": "unstated", "search": "open"},
        "before_source": "sql",
    },
}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "training, dataset: unstated -> reserved"),
        ({"reservation_source": "file"}, "training, dataset: unstated -> reserved; read from sql -> file"),
        (
            {"reservation": {"training": "open", "dataset": "reserved", "search": "open"}},
            "training: unstated -> open; dataset: unstated -> reserved",
        ),
        (
            {"detail": {"before": {"training": "open", "dataset": "open", "search": "unstated"}}},
            "training, dataset: open -> reserved; search: unstated -> open",
        ),
        (
            {"reservation": {"training": "reserved"}, "detail": {"before": {"training": "open"}}},
            "all: open -> reserved",
        ),
        ({"reservation": {"training": "reserved"}, "detail": {}}, "all: ? -> reserved"),
        ({"reservation": {"training": "reserved"}, "detail": {"before": 7}}, "all: ? -> reserved"),
        ({"reservation": {}, "detail": {"before": {"training": ["\x1b"]}}}, "training: ['\\x1b'] -> ?"),
    ],
    ids=["what", "where from", "each its own", "three", "everything", "not told", "odd", "gone"],
)
def test_a_change_of_a_reservation_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], values: dict[str, object], told: str
) -> None:
    """What was said of each purpose before, and what is said now."""
    written(event(0, **(CHANGED | values)))
    noscrape()
    assert re.split("  +", capsys.readouterr().out.splitlines()[1])[-1] == told


SERVED = {
    "kind": "served",
    "path": "/robots.txt",
    "bytes": 1234,
    "served_hash": "9c1e0a2b3c4d5e6f",
    "detail": {"text": "User-agent: *\nDisallow: /tracks/\n"},
}


def test_a_text_that_was_served_is_listed_by_its_size_and_hash(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole text stands in JSON alone."""
    written(event(0, **SERVED))
    noscrape()
    row = capsys.readouterr().out.splitlines()[1]
    assert ["served", "noscrape", "/robots.txt", "1,234 bytes, text 9c1e0a2b3c4d5e6f"] == re.split("  +", row)[1:]
    monkeypatch.setattr("noscrape.cli.log.listing.screen_columns", lambda stream: 80)
    noscrape()
    assert capsys.readouterr().out.splitlines()[2] == "    /robots.txt  1,234 bytes, text 9c1e0a2b3c4d5e6f"


@pytest.mark.parametrize("what", ["agents", "tracks", "clients", "rules"])
def test_a_text_that_was_served_counts_for_nobody(folder: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    """It is no request."""
    written(event(0, **SERVED), event(1, **CHROME))
    noscrape("top", what, "--json")
    (line,) = capsys.readouterr().out.splitlines()
    assert 1 == json.loads(line)["events"]


def test_the_events_of_a_track_tell_what_of_it_was_sent(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Representation and bytes, where there is room for them."""
    written(event(0, **CHROME, serves="media"), event(1, **(CHROME | {"bytes": None})))
    noscrape("--track", "7")
    heading, *rows = capsys.readouterr().out.splitlines()
    first, last = heading.index("serves"), heading.index("rule and reason")
    assert ["serves", "bytes", "request"] == heading[first:last].split()
    assert [["media", "1,000", "GET", "/tracks/7"], ["GET", "/tracks/7"]] == [row[first:last].split() for row in rows]
    monkeypatch.setattr("noscrape.cli.log.listing.screen_columns", lambda stream: 159)
    noscrape("--track", "7")
    assert "1,000" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [(), ("top", "tracks"), ("top", "agents", "--limit", "0"), ("--limit", "0")])
def test_a_selection_that_finds_nothing_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """On stderr; JSON is silent, as data is."""
    two_events()
    assert Status.OK is noscrape(*words, "--agent", "nobody")
    out, err = capsys.readouterr()
    assert (1, "no events match\n") == (len(out.splitlines()), err)
    noscrape(*words, "--agent", "nobody", "--json")
    assert ("", "") == capsys.readouterr()


def test_a_path_does_not_go_on_like_a_column(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its spaces are shown as they were sent."""
    written(event(0, **(GPTBOT | {"path": "/x  default: allowed"})))
    noscrape()
    assert "GET /x%20%20default:%20allowed  purpose:training" in capsys.readouterr().out


def test_json_is_the_log_s_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One event a line, and nothing else on stdout."""
    two_events()
    noscrape("--json")
    assert [event(0, **GPTBOT), event(60, **CHROME)] == [
        Event.from_json(line) for line in capsys.readouterr().out.splitlines()
    ]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["--since", "59m30s"], None),
        (["--since", "59m"], ["60"]),
        (["--since", "2026-11-22T22:28:00Z"], ["60"]),
        (["--until", "2026-11-22T22:28:00Z"], ["0"]),
        (["--until", "2026-11-22"], ["0", "60"]),
        (["--since", "2026-11-23"], []),
        (["--action", "refuse"], ["0"]),
        (["--action", "refuse", "--action", "allow"], ["0", "60"]),
        (["--agent", "gptbot"], ["0"]),
        (["--agent", "chrome"], ["60"]),
        (["--track", "7"], ["60"]),
        (["--client", "203.0.113.9"], ["0"]),
        (["--rule", "purpose"], ["0"]),
        (["--limit", "1"], ["60"]),
        (["--limit", "0"], ["0", "60"]),
    ],
)
def test_filters(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], ids: list[str] | None) -> None:
    """Each shows what it names; what is no filter is refused."""
    two_events()
    if ids is None:
        with pytest.raises(LogError):
            noscrape(*words)
        return
    noscrape("--json", *words)
    assert ids == [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]


def test_a_long_log_shows_its_newest_events(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so, where data does not stand; JSON is complete."""
    written(*(event(number) for number in range(60)))
    noscrape()
    out, err = capsys.readouterr()
    assert (51, "the newest 50 of 60 events; --limit 0 shows all\n") == (len(out.splitlines()), err)
    noscrape("--json")
    out, err = capsys.readouterr()
    assert (60, "") == (len(out.splitlines()), err)


@pytest.mark.parametrize(
    "words",
    [["--limit", "-1"], ["--limit", "x"], ["--interval", "0"], ["--interval", "nan"], ["--action", "kill"]],
)
def test_options_beyond_their_range_are_usage_errors(words: list[str]) -> None:
    """Exit status 2, by argparse."""
    with pytest.raises(SystemExit) as caught:
        noscrape(*words)
    assert Status.FAULT == caught.value.code


def test_the_configured_log_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of `--config FILE`, its relative path starting at that file."""
    (folder / "etc").mkdir()
    (folder / "etc" / "noscrape.toml").write_text('[log]\npath = "logs/web.jsonl"\n')
    written(event(5), path="etc/logs/web.jsonl")
    noscrape("--config", "etc/noscrape.toml", "--json")
    assert "5" == json.loads(capsys.readouterr().out)["id"]


def test_named_files_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of the configured ones."""
    two_events()
    (folder / "other.jsonl").write_text(event(9).to_json() + "\n")
    noscrape("--json", "other.jsonl")
    assert "9" == json.loads(capsys.readouterr().out)["id"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.jsonl"], "missing.jsonl: no such file"),
        ([], "nothing has been recorded there yet"),
        (["top"], "wants one of agents, tracks, clients, rules"),
        (["top", "people"], "wants one of agents, tracks, clients, rules"),
        (["top", "agents", "-f"], "does not follow"),
        (["robots", "-f"], "does not follow"),
        (["verify", "-f"], "does not follow"),
        (["--robots", "robots.txt"], "--robots belongs to `noscrape log robots`"),
        (["-f", "-"], "stdin cannot be followed"),
        (["--since", "\x1b"], "no time"),
        (["--config", "missing.toml"], "missing.toml"),
        (["verify", "missing.jsonl"], "missing.jsonl: no such file"),
    ],
)
def test_wrong_words_are_told(folder: Path, words: list[str], message: str) -> None:
    """As an error that the command line prints."""
    with pytest.raises(NoScrapeError, match=message):
        noscrape(*words)


@pytest.mark.parametrize(("path", "where"), [("-", "to stdout"), ("", "nowhere")])
def test_a_log_that_is_in_no_file_is_told(folder: Path, path: str, where: str) -> None:
    """With what to do about it."""
    (folder / "noscrape.toml").write_text(f'[log]\npath = "{path}"\n')
    with pytest.raises(LogError, match=f"sends the log {where}; name the files to read"):
        noscrape()


def test_broken_lines_are_told_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first few one by one, on stderr and escaped; the events are shown."""
    (folder / "a\x1b.jsonl").write_bytes(b"\xff\n" * 7 + event(1).to_json().encode() + b"\n")
    assert Status.OK is noscrape("--json", "a\x1b.jsonl")
    out, err = capsys.readouterr()
    assert "1" == json.loads(out)["id"]
    assert [
        *(f"noscrape: a\\x1b.jsonl:{number}: not text" for number in range(1, 6)),
        "noscrape: 7 lines or files in all could not be read",
    ] == err.splitlines()


def test_top_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Most first, with what was stopped and what would have been."""
    written(
        *(event(number, **GPTBOT) for number in range(3)),
        event(3, **GPTBOT, enforced=False),
        event(4, **CHROME),
        event(5, kind="started"),
    )
    noscrape("top", "agents", "--json")
    assert [
        {
            "agent": "calling itself GPTBot, unverified (OpenAI)",
            "events": 4,
            "stopped": 3,
            "would_stop": 1,
            "bytes": 0,
            "first": "2026-11-22T22:27:31.000Z",
            "last": "2026-11-22T22:27:34.000Z",
        },
        {
            "agent": "Chrome 142 on Windows",
            "events": 1,
            "stopped": 0,
            "would_stop": 0,
            "bytes": 1000,
            "first": "2026-11-22T22:27:35.000Z",
            "last": "2026-11-22T22:27:35.000Z",
        },
    ] == [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("tracks", ["42", "7"]),
        ("clients", ["203.0.113.0/24", "198.51.100.0/24"]),
        ("rules", ["purpose:training", "default"]),
    ],
)
def test_top_counts_by(folder: Path, capsys: pytest.CaptureFixture[str], what: str, names: list[str]) -> None:
    """Tracks, clients and rules, in a table."""
    written(event(0, **GPTBOT), event(1, **GPTBOT), event(2, **CHROME))
    noscrape("top", what)
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.startswith(what[:-1])
    assert [(names[0], "2"), (names[1], "1")] == [(row.split()[0], row.split()[1]) for row in rows]


def test_top_is_limited(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And filtered like a listing."""
    written(*(event(number, **(CHROME | {"tracks": (str(number % 5),)})) for number in range(9)))
    noscrape("top", "tracks", "--limit", "2", "--track", "3", "--track", "4", "--track", "0")
    out, err = capsys.readouterr()
    assert ["0", "3"] == [row.split()[0] for row in out.splitlines()[1:]]
    assert "the first 2 of 3 tracks; --limit 0 shows all\n" == err


def test_top_keeps_within_bounds(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients can be any number: beyond it they are counted together."""
    monkeypatch.setattr("noscrape.cli.log.top._KEYS_COUNTED", 3)
    written(*(event(number, client=f"203.0.113.{number}") for number in range(10)))
    noscrape("top", "clients", "--json")
    found = {line["client"]: line["events"] for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {"(others)": 7, "203.0.113.0": 1, "203.0.113.1": 1, "203.0.113.2": 1} == found


def test_verify_finds_a_whole_chain(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And does not claim more than that."""
    two_events()
    assert Status.OK is noscrape("verify")
    out, err = capsys.readouterr()
    assert ["2", "1", "2"] == out.splitlines()[1].split()[1:4]
    assert out.rstrip().endswith("whole")
    assert "It proves nothing against whoever holds\nthe machine" in err


def test_verify_finds_an_edit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1, and the place."""
    two_events()
    (file,) = files_of("noscrape.jsonl")
    file.write_text(file.read_text().replace("GPTBot/1.2", "GPTBot/1.3"))
    assert Status.FOUND is noscrape("verify", "--json")
    out, err = capsys.readouterr()
    assert 1 == json.loads(out)["faults"]
    assert err.endswith(f"{file.name}:2: line 1 is not what it was when line 2 was written\n")


class Pauses:
    """What happens between two looks; Ctrl-C after the last."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.waited: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()


def test_following_shows_what_comes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of files that appear later, too, until Ctrl-C, which is no fault."""
    two_events()
    pauses = Pauses(
        lambda: written(event(120, **GPTBOT), path="noscrape.jsonl"),
        lambda: written(event(180, **CHROME)),
    )
    assert Status.OK is noscrape("-f", "--json", "--interval", "0.5", "--limit", "1", pause=pauses)
    assert ["60", "120", "180"] == [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert {0.5} == set(pauses.waited)


def test_following_waits_for_a_log_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The server may start later."""
    assert Status.OK is noscrape("-f", pause=Pauses(two_events))
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.startswith("time (UTC)")
    assert ("22:27:31", "22:28:31") == (first[11:19], second[11:19])


def test_following_filters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Like a listing."""
    assert Status.OK is noscrape("-f", "--json", "--agent", "gptbot", pause=Pauses(two_events))
    assert ["0"] == [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]


def test_following_tells_broken_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And goes on."""
    (folder / "noscrape.jsonl").write_text("garbage\n")
    assert Status.OK is noscrape("-f", "--json", pause=Pauses(two_events))
    out, err = capsys.readouterr()
    assert 2 == len(out.splitlines())
    assert err.endswith("noscrape.jsonl:1: not JSON, or cut off\n")
