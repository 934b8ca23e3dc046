"""`noscrape crawlers`: the catalog, and what it finds in user agents."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from noscrape.cli import main
from noscrape.cli.status import Status
from noscrape.site import builtin_catalog

Captured = pytest.CaptureFixture[str]

KEYS = ["user_agent", "token", "operator", "class", "purpose", "ai", "bot", "matched"]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put bytes on stdin."""

    def put(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def matched(capsys: Captured, *agents: str) -> list[dict[str, Any]]:
    assert main(["crawlers", "match", "--json", *agents]) == Status.OK
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


class TestMatch:
    """Which crawler a user agent names."""

    def test_a_crawler(self, capsys: Captured) -> None:
        """All that the issue asks for, in its order."""
        (found,) = matched(capsys, "Mozilla/5.0 (compatible; gptbot/1.2; +https://openai.com/gptbot)")
        assert list(found) == KEYS
        assert list(found.values())[1:] == ["GPTBot", "OpenAI", "ai", "training", True, True, "gptbot"]

    def test_a_listener(self, capsys: Captured) -> None:
        """Neither AI nor a bot."""
        (found,) = matched(capsys, FIREFOX)
        assert list(found) == KEYS
        assert list(found.values()) == [FIREFOX, None, None, None, None, False, False, None]

    @pytest.mark.parametrize("agent", ["WhoKnowsBot/1.0", "some-crawler 2", "MySpider"])
    def test_a_bot_that_is_not_listed(self, capsys: Captured, agent: str) -> None:
        """Named as such, and no AI agent."""
        (found,) = matched(capsys, agent)
        assert (found["token"], found["class"], found["ai"], found["bot"]) == (None, "unlisted", False, True)

    def test_text_for_people(self, capsys: Captured) -> None:
        """A line each, in the order of the arguments."""
        assert main(["crawlers", "match", "GPTBot", FIREFOX, "WhoKnowsBot/1.0"]) == Status.OK
        lines = capsys.readouterr().out.splitlines()
        assert [line.split("  ")[0] for line in lines] == ["GPTBot (OpenAI, ai, training)", "-", "a bot, not listed"]

    def test_from_stdin(self, capsys: Captured, feed: Any) -> None:
        """A line each; one that is a JSON string is decoded; whatever the line ends and bytes are."""
        feed(b'GPTBot/1.0\r\n"GPT\\u0042ot/2 \\"x\\""\n\n"half a string\n\xff\xfe GPTBot\nlast, CCBot')
        found = matched(capsys)
        assert [one["token"] for one in found] == ["GPTBot", "GPTBot", None, None, "GPTBot", "CCBot"]
        assert [one["user_agent"] for one in found][1:4] == ['GPTBot/2 "x"', "", '"half a string']

    @pytest.mark.parametrize(
        "line", [b'"\\ud800 GPTBot"', b'"\\u0000GPTBot"', b'"', b'""', b'"\xff"', b"\x00", b'{"a": 1}', b"[" * 9999]
    )
    def test_no_line_stops_it(self, capsys: Captured, feed: Any, line: bytes) -> None:
        """Lone surrogates, NULs, half strings; one line in, one line out, and the next is read."""
        feed(line + b"\nGPTBot\n")
        found = matched(capsys)
        assert [one["token"] for one in found][1:] == ["GPTBot"]

    def test_only_the_beginning_is_looked_at(self, capsys: Captured) -> None:
        """512 bytes, as on the request path; what is printed is the whole."""
        late, early = matched(capsys, "x" * 600 + " GPTBot", "GPTBot " + "x" * 200_000)
        assert (late["token"], early["token"], len(early["user_agent"])) == (None, "GPTBot", 200_007)

    def test_a_strangers_text_does_not_move_the_cursor(self, capsys: Captured) -> None:
        """Neither as text nor as JSON."""
        agent = "GPTBot\x1b[2J\x07\n\u202eevil"
        main(["crawlers", "match", agent])
        main(["crawlers", "match", "--json", agent])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert all(line.isprintable() for line in lines)

    def test_the_operators_own_crawlers(self, capsys: Captured) -> None:
        """Those of ./noscrape.toml are found as well."""
        Path("noscrape.toml").write_text('[[crawlers.extra]]\ntoken = "AcmeHarvester"\npurpose = "dataset"\n')
        (found,) = matched(capsys, "AcmeHarvester/1")
        assert (found["token"], found["operator"], found["purpose"], found["ai"]) == (
            "AcmeHarvester",
            None,
            "dataset",
            True,
        )


class TestList:
    """All crawlers that are known."""

    def test_as_text(self, capsys: Captured) -> None:
        """A heading and a line each on stdout, the number on stderr."""
        assert main(["crawlers", "list"]) == Status.OK
        out, err = capsys.readouterr()
        count = len(builtin_catalog().crawlers)
        assert len(out.splitlines()) == count + 1
        assert err == f"{count} crawlers\n"

    def test_as_json(self, capsys: Captured) -> None:
        """Everything that the catalog holds of each."""
        assert main(["crawlers", "list", "--json"]) == Status.OK
        entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(entries) == len(builtin_catalog().crawlers)
        gptbot = next(entry for entry in entries if entry["token"] == "GPTBot")
        assert (gptbot["class"], gptbot["purpose"], gptbot["operator"]) == ("ai", "training", "OpenAI")
        assert gptbot["examples"]
        assert gptbot["near_misses"]

    def test_chosen_by_class_and_purpose(self, capsys: Captured) -> None:
        """Both at once, where both are given."""
        assert main(["crawlers", "list", "--json", "--class", "ai", "--purpose", "search"]) == Status.OK
        entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {(entry["class"], entry["purpose"]) for entry in entries} == {("ai", "search")}


class TestShow:
    """All that is known of one."""

    @pytest.mark.parametrize("token", ["GPTBot", "gptbot"])
    def test_as_text(self, capsys: Captured, token: str) -> None:
        """By its token in any case."""
        assert main(["crawlers", "show", token]) == Status.OK
        out = capsys.readouterr().out
        assert "token         GPTBot\noperator      OpenAI\n" in out
        assert "https://" in out

    def test_as_json(self, capsys: Captured) -> None:
        """One object."""
        assert main(["crawlers", "show", "GPTBot", "--json"]) == Status.OK
        assert json.loads(capsys.readouterr().out)["token"] == "GPTBot"

    def test_any_of_them_can_be_shown(self, capsys: Captured) -> None:
        """As text and as JSON, with nothing in it that a terminal would obey."""
        for crawler in builtin_catalog().crawlers[::25]:
            assert main(["crawlers", "show", crawler.token]) == Status.OK
            out = capsys.readouterr().out
            assert out.startswith("token ")
            assert all(line.isprintable() for line in out.splitlines())
            assert main(["crawlers", "show", crawler.token, "--json"]) == Status.OK
            assert json.loads(capsys.readouterr().out)["token"] == crawler.token

    def test_one_that_is_not_known(self, capsys: Captured) -> None:
        """Exit status 2, and where to look."""
        assert main(["crawlers", "show", "\x1b[2J"]) == Status.FAULT
        err = capsys.readouterr().err
        assert "crawlers list" in err
        assert err.rstrip("\n").isprintable()
