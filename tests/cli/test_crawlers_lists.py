"""`noscrape crawlers import`, `diff` and `gate`."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from noscrape import Event
from noscrape.cli import main
from noscrape.cli.status import Status
from noscrape.crawlers import parse_catalog
from noscrape.crawlers.writing import written
from noscrape.site import builtin_catalog

Captured = pytest.CaptureFixture[str]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
ROBOTS_JSON = {
    "GPTBot": {"operator": "[OpenAI](https://openai.com)", "function": "LLM training."},
    "AcmeHarvester": {"operator": "[Acme](https://acme.example)", "function": "LLM training."},
    "AcmeReader/2.0": {"operator": "Unclear at this time.", "function": "AI Assistants"},
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, document: object) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    Path(name).write_text(text, encoding="utf-8")
    return name


def reported(capsys: Captured, *words: str, status: Status = Status.OK) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["crawlers", *words, "--json"]) == status
    (line,) = capsys.readouterr().out.splitlines()
    report: dict[str, Any] = json.loads(line)
    return report


class TestImport:
    """A list of one's own from somebody else's."""

    def test_what_is_written(self, capsys: Captured) -> None:
        """The new entries with examples and near misses, in a form that is read at start; how to use it is said."""
        assert main(["crawlers", "import", put("robots.json", ROBOTS_JSON), "--output", "ours.toml"]) == Status.OK
        out, err = capsys.readouterr()
        assert "robots.json: robots.json of ai.robots.txt\n" in out
        assert "taken: 2\n  AcmeHarvester, Acme, ai, training\n  AcmeReader, ai, assistant\n" in out
        assert "known, and left as built in: 1\n  GPTBot\n" in out
        assert "AcmeHarvester: found in 'Mozilla/5.0 (compatible; AcmeHarvester/1.0)'" in out
        assert "AcmeHarvester: not found in 'xAcmeHarvesterx/1.0'" in out
        assert '[crawlers] lists = ["ours.toml"]' in err
        crawlers = parse_catalog(Path("ours.toml").read_bytes()).crawlers
        assert [crawler.token for crawler in crawlers] == ["AcmeHarvester", "AcmeReader"]
        assert all(crawler.examples and crawler.near_misses for crawler in crawlers)
        assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []

    def test_what_was_written_passes(self, capsys: Captured) -> None:
        """The gate, with nothing left to make; and it can be imported itself."""
        main(["crawlers", "import", put("robots.json", ROBOTS_JSON), "--output", "ours.toml"])
        report = reported(capsys, "gate", "ours.toml")
        assert (report["format"], report["passed"], report["generated"]) == ("noscrape list", True, [])
        again = reported(capsys, "import", "ours.toml", "--output", "again.toml")
        assert again["written"] == "again.toml"
        first, second = (parse_catalog(Path(name).read_bytes()).crawlers for name in ("ours.toml", "again.toml"))
        assert written(first) == written(second)

    def test_without_output(self, capsys: Captured) -> None:
        """Nothing is written, and how to do it is said."""
        assert main(["crawlers", "import", put("robots.json", ROBOTS_JSON)]) == Status.OK
        assert "--output" in capsys.readouterr().err
        assert [path.name for path in Path().iterdir()] == ["robots.json"]

    def test_what_is_refused(self, capsys: Captured) -> None:
        """It is left out with the reason, the rest is written, and the status says that there is something to see."""
        lines = "AcmeHarvester\nSpider\n^GPTBot$\nMozilla/5.0\nSafari/537.36\n"
        words = ["import", put("list.txt", lines), "--output", "ours.toml"]
        report = reported(capsys, *words, status=Status.FOUND)
        assert [entry["token"] for entry in report["taken"]] == ["AcmeHarvester"]
        assert report["written"] == "ours.toml"
        refused = "\n".join(report["refused"])
        for line in lines.splitlines()[1:3]:
            assert line in refused
        assert len(report["refused"]) == 4
        assert report["problems"] == []

    def test_all_is_known(self, capsys: Captured) -> None:
        """There is nothing to write, and nothing wrong."""
        report = reported(capsys, "import", put("list.txt", "GPTBot\nCCBot\n"), "--output", "ours.toml")
        assert (report["taken"], report["known"], report["written"]) == ([], ["GPTBot", "CCBot"], None)
        assert not Path("ours.toml").exists()

    def test_overridden(self, capsys: Captured) -> None:
        """The list's purpose for a crawler that is built in, where that is asked for."""
        document = {"ChatGPT-User": {"function": "LLM training."}, "CCBot": {"function": "?"}}
        report = reported(capsys, "import", put("robots.json", document), "--override")
        assert [(entry["token"], entry["purpose"]) for entry in report["taken"]] == [("ChatGPT-User", "training")]
        assert report["known"] == ["CCBot"]

    def test_overridden_to_something_looser(self, capsys: Captured) -> None:
        """It is left out with the reason, and the rest is taken."""
        document = {"GPTBot": {"function": "AI Search"}, "AcmeHarvester": {"function": "LLM training."}}
        words = ["import", put("robots.json", document), "--override"]
        report = reported(capsys, *words, status=Status.FOUND)
        assert [entry["token"] for entry in report["taken"]] == ["AcmeHarvester"]
        assert "GPTBot: would be taken for search, and is training: " in report["refused"][0]

    def test_class_of_what_has_no_tag(self, capsys: Captured) -> None:
        """Nothing that is acted upon, unless told."""
        name = put("bots.json", [{"pattern": "AcmeHarvester\\/", "instances": ["AcmeHarvester/1.0"]}])
        assert reported(capsys, "import", name)["taken"][0]["class"] == "service"
        assert reported(capsys, "import", name, "--class", "ai")["taken"][0]["purpose"] == "undisclosed"

    @pytest.mark.parametrize("text", ["", "<html>", "[]", '{"FooBot": {"op', "Spider\n", "[[crawler]]\n"])
    def test_nothing_that_can_be_used(self, capsys: Captured, text: str) -> None:
        """Nothing is written, and what was there stays."""
        Path("ours.toml").write_text("what was there")
        report = reported(capsys, "import", put("list", text), "--output", "ours.toml", status=Status.FOUND)
        assert report["taken"] == []
        assert report["refused"]
        assert Path("ours.toml").read_text() == "what was there"

    def test_a_list_that_shrank(self, capsys: Captured) -> None:
        """What an earlier import wrote stays, where the new list has fewer than half of it."""
        many = "".join(f"AcmeHarvester-{letter}\n" for letter in "abcdefgh")
        main(["crawlers", "import", put("list.txt", many), "--output", "ours.toml"])
        before = Path("ours.toml").read_bytes()
        few = put("list.txt", "AcmeHarvester-a\n")
        report = reported(capsys, "import", few, "--output", "ours.toml", status=Status.FOUND)
        assert report["problems"] == [
            "ours.toml: has 1 entries, fewer than half of the 8 before: half a file, or a mistake"
        ]
        assert Path("ours.toml").read_bytes() == before

    def test_a_file_that_is_no_list(self, capsys: Captured) -> None:
        """It is not written over."""
        put("notes.txt", "mine")
        words = ["crawlers", "import", put("list.txt", "AcmeHarvester\n"), "--output", "notes.txt"]
        assert main(words) == Status.FAULT
        assert "no list of noscrape's" in capsys.readouterr().err
        assert Path("notes.txt").read_text() == "mine"

    @pytest.mark.parametrize(
        ("words", "problem"),
        [
            (["import", "missing"], "missing: No such file"),
            (["import", "."], "directory"),
            (["import", "list.txt", "--output", "missing/ours.toml"], "cannot be written"),
            (["gate", "list.txt", "--log", "missing"], "missing: no such file"),
            (["diff", "builtin", "missing"], "missing: No such file"),
        ],
    )
    def test_files_that_are_not_there(self, capsys: Captured, words: list[str], problem: str) -> None:
        """Named in one line."""
        put("list.txt", "AcmeHarvester\n")
        assert main(["crawlers", *words]) == Status.FAULT
        assert problem in capsys.readouterr().err


class TestGate:
    """Whether a list may be used."""

    def test_the_built_in_list(self, capsys: Captured) -> None:
        """By the word that `diff` takes as well."""
        report = reported(capsys, "gate", "builtin")
        assert (report["passed"], len(report["taken"])) == (True, len(builtin_catalog().crawlers))

    def test_passed(self, capsys: Captured) -> None:
        """And what was made for it."""
        assert main(["crawlers", "gate", put("list.txt", "AcmeHarvester\n")]) == Status.OK
        out, err = capsys.readouterr()
        assert "made, where the list had none:\n  AcmeHarvester: found in" in out
        assert err == "noscrape: passed\n"

    @pytest.mark.parametrize(
        "document",
        [
            "Spider\n",
            "Code\n",
            "LCC\n",
            "",
            "^GPTBot$\n",
            ".*\n",
            "Mozilla/5.0\n",
            "Firefox/145.0\n",
            [],
            {},
            [{"pattern": "^GPTBot$"}],
            [{"pattern": "Spider"}],
            [{"pattern": ".*"}],
            [{"pattern": ""}],
            [{"pattern": "(a+)+$"}],
            [{"pattern": "Mozilla\\/5\\.0"}],
            {"Spider": {}},
            {"GPTBot": {}, "Code": {}},
            "<html></html>",
            '[[crawler]]\ntoken = "Spider"\nclass = "ai"\npurpose = "training"\n',
            '[[crawler]]\ntoken = "GPTBot"\nclass = "service"\n',
            '[[crawler]]\ntoken = "AcmeBot"\nclass = "ai"\npurpose = "training"\nmatch = ["^AcmeBot$"]\n',
            '[[crawler]]\ntoken = "AcmeBot"\nclass = "ai"\npurpose = "training"\nmatch = ["Gecko/20100101"]\n',
        ],
        ids=repr,
    )
    def test_refused(self, capsys: Captured, document: object) -> None:
        """With the reason; one bad entry is enough."""
        assert main(["crawlers", "gate", put("list", document)]) == Status.FOUND
        out, err = capsys.readouterr()
        assert "problems: " in out
        assert err == "noscrape: refused\n"

    def test_a_strangers_text_does_not_move_the_cursor(self, capsys: Captured) -> None:
        """Neither from the list nor from the log, in whatever form."""
        name = put("robots.json", {"\x1b[2JBot": {}, "AcmeBot": {"operator": "\u202eevil", "function": "\x07"}})
        log = put("log.jsonl", json.dumps({"t": 1, "path": "/", "user_agent": "AcmeBot \x1b[2J\u202e"}) + "\n")
        for verb in ("gate", "import"):
            main(["crawlers", verb, name, "--log", log])
            main(["crawlers", verb, name, "--log", log, "--json"])
        out, err = capsys.readouterr()
        assert "AcmeBot \\x1b[2J" in out
        assert all(line.isprintable() for line in (out + err).splitlines())

    def test_long_lists_are_cut(self, capsys: Captured) -> None:
        """As text; JSON has them all."""
        name = put("list.txt", "".join(f"Acme{number}-Bot\n" for number in range(30)))
        assert main(["crawlers", "gate", name]) == Status.OK
        out = capsys.readouterr().out
        assert "taken: 30\n" in out
        assert "Acme20-Bot, ai" not in out
        assert len(reported(capsys, "gate", name)["taken"]) == 30


ACCESS = '203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "{agent}"\n'


class TestLog:
    """What would change on local traffic."""

    @pytest.mark.parametrize("verb", ["gate", "import"])
    def test_an_access_log(self, capsys: Captured, verb: str) -> None:
        """Plain or gzip; lines that are none are counted."""
        lines = ACCESS.format(agent="AcmeHarvester/1") * 2 + ACCESS.format(agent="GPTBot") + "garbage\n"
        with gzip.open("access.log.gz", "wt") as file:
            file.write(lines + ACCESS.format(agent=FIREFOX))
        name = put("list.txt", "AcmeHarvester\n")
        assert main(["crawlers", verb, name, "--log", "access.log.gz"]) == Status.OK
        out, err = capsys.readouterr()
        assert "in the log: 4 requests, by AI agents 1 before and 3 after\n" in out
        assert "newly caught, 2 requests; user agents: 1\n  2 x AcmeHarvester: AcmeHarvester/1\n" in out
        assert "access.log.gz: 1 of 5 lines tell no user agent" in err

    def test_our_own_log(self, capsys: Captured) -> None:
        """Its lines about other things tell none."""
        events = [
            Event(kind="request", time=1.0, user_agent="AcmeHarvester/1"),
            Event(kind="reloaded", time=2.0),
            Event(kind="request", time=3.0, user_agent=FIREFOX),
        ]
        put("noscrape.jsonl", "".join(event.to_json() + "\n" for event in events))
        report = reported(capsys, "gate", put("list.txt", "AcmeHarvester\n"), "--log", "noscrape.jsonl")
        traffic = report["traffic"]
        assert (traffic["requests"], traffic["newly_requests"]) == (2, 1)
        assert traffic["newly"] == [{"user_agent": "AcmeHarvester/1", "requests": 1, "token": "AcmeHarvester"}]

    @pytest.mark.parametrize("verb", ["gate", "import"])
    @pytest.mark.parametrize(
        "text", ["AcmeHarvester\n", '{"a": 1}\n', "\x00\x01\n" * 99], ids=["a list", "JSON", "binary"]
    )
    def test_a_file_that_is_no_log(self, capsys: Captured, verb: str, text: str) -> None:
        """Nothing would have been compared: the reason, and the status of bad input."""
        words = [verb, put("list.txt", "AcmeHarvester\n"), "--log", put("no.log", text)]
        assert main(["crawlers", *words]) == Status.FAULT
        assert "no.log: no line of it is of a log" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "text", ["", Event(kind="reloaded", time=2.0).to_json() + "\n"], ids=["empty", "about other things"]
    )
    def test_a_log_that_tells_nothing(self, capsys: Captured, text: str) -> None:
        """It is one all the same."""
        report = reported(capsys, "gate", put("list.txt", "AcmeHarvester\n"), "--log", put("new.log", text))
        assert report["traffic"]["requests"] == 0

    def test_what_is_no_longer_caught_as_training(self, capsys: Captured) -> None:
        """Told in words of its own."""
        put("access.log", ACCESS.format(agent="GPTBot") * 2)
        text = '[[crawler]]\ntoken = "GPTBot"\nclass = "ai"\npurpose = "search"\n'
        assert main(["crawlers", "gate", put("own.toml", text), "--log", "access.log"]) == Status.FOUND
        out = capsys.readouterr().out
        assert "caught, and no longer as training, 2 requests; user agents: 1\n  2 x GPTBot: GPTBot\n" in out

    def test_most_of_the_traffic(self, capsys: Captured) -> None:
        """A list that would catch it is refused, and not written."""
        put("access.log", ACCESS.format(agent="AcmeGrabber/1") * 100)
        words = ["import", put("list.txt", "AcmeGrabber\n"), "--log", "access.log", "--output", "ours.toml"]
        report = reported(capsys, *words, status=Status.FOUND)
        assert "more than half" in report["problems"][0]
        assert not Path("ours.toml").exists()


class TestDiff:
    """What sets two lists apart."""

    def test_text(self, capsys: Captured) -> None:
        """A line each, the numbers on stderr."""
        first = put("a.txt", "AcmeBot\nOldBot\n")
        second = put("b.json", {"AcmeBot": {"function": "LLM training."}, "NewBot": {"function": "AI Agents"}})
        assert main(["crawlers", "diff", first, second]) == Status.FOUND
        out, err = capsys.readouterr()
        assert [line.split() for line in out.splitlines()] == [
            ["+", "NewBot", "ai,", "agent"],
            ["-", "OldBot", "ai,", "undisclosed"],
            ["~", "AcmeBot", "purpose:", "undisclosed", "->", "training"],
        ]
        assert err == "1 added, 1 removed, 1 changed\n"

    def test_json(self, capsys: Captured) -> None:
        """An object each."""
        put("a.txt", "AcmeBot\n")
        assert main(["crawlers", "diff", "a.txt", put("b.json", {"acmebot": {"function": "AI Agents"}}), "--json"]) == 1
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line) == {
            "what": "changed",
            "token": "acmebot",
            "key": "purpose",
            "was": "undisclosed",
            "now": "agent",
        }

    def test_the_built_in_list(self, capsys: Captured) -> None:
        """By a word; a copy of it is no different."""
        put("copy.toml", written(builtin_catalog().crawlers))
        assert main(["crawlers", "diff", "builtin", "copy.toml"]) == Status.OK
        assert capsys.readouterr().err == "0 added, 0 removed, 0 changed\n"

    def test_what_is_left_out(self, capsys: Captured) -> None:
        """It is told; a file with nothing in it is an error."""
        assert main(["crawlers", "diff", "builtin", put("a.txt", "AcmeBot\n.*\n")]) == Status.FOUND
        assert "left out: a.txt: .*" in capsys.readouterr().err
        assert main(["crawlers", "diff", "builtin", put("a.txt", "")]) == Status.FAULT
        assert "a.txt: is empty" in capsys.readouterr().err
