"""`noscrape check` says whether a file is good, what it enforces, and what deserves a second look."""

import json
from pathlib import Path

import pytest

from noscrape.cli import main
from noscrape.cli.status import Status

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(text: str, name: str = "noscrape.toml") -> None:
    Path(name).write_text(text)


def test_a_good_file_is_good(capsys: Captured) -> None:
    """The file beside the caller is found; what it enforces is told in a few lines, on stdout."""
    _write("")

    assert Status.OK == main(["check"])

    out, err = capsys.readouterr()
    assert "noscrape.toml: good" == out.splitlines()[0]
    assert "  refuses   training, dataset, undisclosed, where reserved (stance no-training)" in out.splitlines()
    assert "  lets in   search, assistant, agent, with signals where reserved" in out.splitlines()
    assert "warning" not in out
    assert "" == err


@pytest.mark.sql
def test_the_summary_is_that_of_the_settings(capsys: Captured) -> None:
    """Stance, answers, routes, reader, quotas and log, as they will be enforced."""
    _write(
        """
        mode = "observe"
        stance = "no-ai"
        [site]
        policy = "https://music.example/ai"
        licence = "https://music.example/license.xml"
        [tracks]
        cache_seconds = 5
        [[tracks.routes]]
        path = "/tracks/{id}"
        [tracks.reader]
        kind = "sql"
        url = "sqlite+aiosqlite://"
        query = "SELECT no_ai FROM tracks WHERE id = :track_id"
        [crawlers]
        search = "allow"
        agents.GPTBot = "refuse"
        [[patterns.quota]]
        name = "burst"
        limit = "120/minute"
        [signals]
        content_usage = "off"
        x_robots_tag = false
        [log]
        path = "-"
        """
    )

    assert Status.OK == main(["check", "--json"])

    summary = json.loads(capsys.readouterr().out)["summary"]
    assert {
        "mode": "observe: everything below is recorded, and has no effect; no document is served",
        "refuses": "training, dataset, assistant, agent, undisclosed, where reserved (stance no-ai)",
        "lets in": "search (allow), with signals where reserved",
        "refuse": "GPTBot",
        "tracks": "reserved where nobody has said anything; other paths reserved",
        "routes": "1: /tracks/{id}",
        "reader": "sql (sqlite+aiosqlite); a change holds after at most 5 seconds",
        "quotas": "burst (120 in 60 s per client: throttle)",
        "signals": "tdm-reservation, tdm-policy, Link",
        "caches": "as-is: a shared cache that keeps a page for listeners hands it to crawlers too, unseen by us",
        "documents": "/robots.txt (merge), /.well-known/tdmrep.json, /license.xml",
        "verifies": "no published lists; `noscrape crawlers refresh` fetches them",
        "disproves": "missing or too old for: Apple, Common Crawl, Google, Microsoft",
        "log": "stdout, addresses: prefix, records refused, crawlers, own-documents, reservations, findings",
    } == summary


def test_a_bad_file_is_refused_with_every_fault(capsys: Captured) -> None:
    """On stderr, each with its line; stdout stays empty, and the status is that of bad input."""
    _write('stance = "no-a"\n[crawlers]\nserach = "allow"\n')

    assert Status.FAULT == main(["check"])

    out, err = capsys.readouterr()
    assert "" == out
    assert (
        "noscrape.toml:1: stance: got 'no-a', wanted 'no-training', 'no-ai' or 'signal-only', "
        "did you mean 'no-ai'?\n"
        "noscrape.toml:3: crawlers.serach: unknown key, did you mean 'search'?\n"
    ) == err


def test_tokens_are_looked_up_in_the_catalog(capsys: Captured) -> None:
    """A misspelt crawler is a fault: nobody would be refused by it."""
    _write('[crawlers.agents]\nGPTBto = "refuse"\n')

    assert Status.FAULT == main(["check"])

    assert "did you mean 'GPTBot'?" in capsys.readouterr().err


def test_a_file_may_be_named_in_two_ways(capsys: Captured) -> None:
    """As an argument, or as every command takes it."""
    _write("", "other.toml")

    for named in (["other.toml"], ["--config", "other.toml"]):
        assert Status.OK == main(["check", *named])
        assert capsys.readouterr().out.startswith("other.toml: good\n")


def test_no_file_at_all_is_told(capsys: Captured) -> None:
    """There is nothing to check."""
    assert Status.FAULT == main(["check"])

    assert "noscrape.toml: no such file; `noscrape config init` writes one to start from\n" == (capsys.readouterr().err)


def test_warnings_stand_at_their_place_and_are_no_fault(capsys: Captured) -> None:
    """A crawler that is let into reserved works is shown as such."""
    _write('[crawlers.agents]\nGPTBot = "allow"\n')

    assert Status.OK == main(["check"])

    assert (
        "warning: noscrape.toml:2: crawlers.agents.GPTBot: 'allow' lets GPTBot into reserved works, "
        "and a user agent is a claim: so it lets in whoever calls itself GPTBot"
    ) in capsys.readouterr().out.splitlines()


def test_json_of_a_good_file(capsys: Captured) -> None:
    """One object: the file, its digest, the summary and the warnings."""
    _write('mode = "observe"\n')

    assert Status.OK == main(["check", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert {"file", "good", "digest", "summary", "warnings"} == found.keys()
    assert ("noscrape.toml", True) == (found["file"], found["good"])
    assert [("noscrape.toml:1", "mode")] == [(warning["place"], warning["key"]) for warning in found["warnings"]]


def test_json_of_a_bad_file(capsys: Captured) -> None:
    """The faults, one by one; the status is the same as without."""
    _write("[log]\nkeep = 0\n")

    assert Status.FAULT == main(["check", "--json"])

    fault = {"place": "noscrape.toml:2", "key": "log.keep", "problem": "got 0, wanted 1 to 10_000"}
    assert {"file": "noscrape.toml", "good": False, "faults": [fault]} == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('[[tracks.routes]]\npath = "/tracks/{id}\\u202e\\u001b[2J"\n', Status.FAULT),
        (
            (
                '[[tracks.routes]]\npath = "/tracks/{id}"\n[tracks.reader]\nkind = "sql"\n'
                'url = "sqlite+aiosqlite:////no/such\\u202e\\u001b[2J.db"\nquery = "SELECT :track_id"\n'
            ),
            Status.OK,
        ),
    ],
)
@pytest.mark.sql
def test_what_the_file_says_cannot_move_the_cursor(text: str, status: Status, capsys: Captured) -> None:
    """Settings are shown escaped, in faults and in warnings."""
    _write(text)

    assert status == main(["check"])

    out, err = capsys.readouterr()
    assert "2J" in out + err
    assert (out + err).replace("\n", "").isprintable()


LIST = """
[[crawler]]
token = "{}"
class = "ai"
purpose = "training"
"""


def _checked(capsys: Captured) -> tuple[dict[str, str], list[str]]:
    """The summary, and the warnings with their keys."""
    capsys.readouterr()
    assert Status.OK == main(["check", "--json"])
    found = json.loads(capsys.readouterr().out)
    return found["summary"], [f"{each['place']}: {each['key']}: {each['problem']}" for each in found["warnings"]]


def test_the_lists_in_force_are_named(capsys: Captured) -> None:
    """With what they bring; an entry in the place of a built-in one is told with what it changes."""
    _write("".join(map(LIST.format, ["ChatGPT-User", "CCBot", "AcmeHarvester"])), "own.toml")
    _write('[crawlers]\nlists = ["own.toml"]\n[[crawlers.extra]]\ntoken = "OtherHarvester"\npurpose = "search"\n')

    summary, warnings = _checked(capsys)

    here = Path.cwd() / "own.toml"
    assert f"{here}: 3 crawlers, 2 of them in the place of built-in ones" == summary["lists"]
    (warning,) = warnings
    assert (
        "noscrape.toml:2: crawlers.lists: takes the place of built-in entries: "
        "ChatGPT-User (assistant, now training), CCBot (dataset, now training)"
    ) == warning


def test_lists_that_only_add_are_no_warning(capsys: Captured) -> None:
    """They are named all the same."""
    _write(LIST.format("AcmeHarvester"), "own.toml")
    _write('[crawlers]\nlists = ["own.toml"]\n')

    summary, warnings = _checked(capsys)

    assert (f"{Path.cwd() / 'own.toml'}: 1 crawlers", []) == (summary["lists"], warnings)


def test_what_waits_to_be_accepted_is_told(capsys: Captured) -> None:
    """How many, and who; a list does not stand for them."""
    _write('[crawlers]\nnew = "observe"\n')
    assert Status.OK == main(["crawlers", "accept"])
    file = Path("noscrape-crawlers.json")
    known = json.loads(file.read_text())
    assert ("none", []) == (_checked(capsys)[0]["waiting"], _checked(capsys)[1])
    del known["actions"]["CCBot"]
    known["purposes"]["OAI-SearchBot"] = "training"
    file.write_text(json.dumps(known))

    summary, warnings = _checked(capsys)

    assert (
        "2 crawlers, until `noscrape crawlers accept`: CCBot (new, only observed), "
        "OAI-SearchBot (training, would be search)"
    ) == summary["waiting"]
    assert [] == warnings


def test_a_broken_file_of_accepted_crawlers_is_told(capsys: Captured) -> None:
    """With how to mend it; it is not touched."""
    _write('[crawlers]\nnew = "observe"\naccepted = "accepted.json"\n')
    _write("{", "accepted.json")

    summary, (warning,) = _checked(capsys)

    assert "not known, since the file is broken" == summary["waiting"]
    assert warning.startswith("noscrape.toml:3: crawlers.accepted: ")
    assert "accepted.json is no list of accepted crawlers; `noscrape crawlers accept` writes it anew" in warning
    assert "{" == Path("accepted.json").read_text()


def test_a_word_on_a_crawler_that_is_switched_off_is_told(capsys: Captured) -> None:
    """Whatever its case: nobody is called by that token."""
    _write('[crawlers]\noff = ["ccbot", "Bytespider"]\nagents.CCBot = "refuse"\nagents.GPTBot = "refuse"\n')

    assert [
        "noscrape.toml:3: crawlers.agents.CCBot: has no effect: CCBot is switched off by [crawlers] off"
    ] == _checked(capsys)[1]


def test_long_labels_keep_their_distance(capsys: Captured) -> None:
    """From what they label."""
    _write('[crawlers.agents]\nGPTBot = "allow-verified"\n')

    assert Status.OK == main(["check"])

    assert "  allow-verified GPTBot" in capsys.readouterr().out.splitlines()
