"""`noscrape crawlers refresh` and `accept`: lists from outside, and what an update brought."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from noscrape.cli import main, parser
from noscrape.cli.refresh import refresh_
from noscrape.cli.status import Status
from noscrape.errors import FetchError
from noscrape.exchange import Fetched
from noscrape.site import builtin_catalog
from noscrape.verify.snapshots import load
from tests.verify.test_ranges import listed

Captured = pytest.CaptureFixture[str]

GPT = "https://openai.com/gptbot.json"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refreshed(*words: str, body: bytes = listed("20.171.206.0/24")) -> Status:
    """The command, with a world in which every list is the same, and one host does not answer."""

    def ask(
        url: str, /, *, most_bytes: int, seconds: float, headers: Iterable[tuple[str, str]], redirects: int
    ) -> Fetched:
        if "perplexity" in url:
            raise FetchError(f"{url} cannot be fetched: no answer within 30 seconds")
        return Fetched(200, {}, body)

    return refresh_(parser().parse_args(["crawlers", "refresh", *words]), ask=ask)


class TestRefresh:
    """Fetching into the folder of the configuration."""

    def test_all_lists_of_the_catalog(self, capsys: Captured) -> None:
        """One that fails is told, and stops no other; the exit status says that there is something to look at."""
        assert Status.FOUND is refreshed("--json")
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        urls = {url for each in builtin_catalog().crawlers for url in each.ranges}
        assert urls == {row["url"] for row in rows}
        assert {"new", "failed"} == {row["state"] for row in rows}
        assert {row["url"] for row in rows if row["state"] == "new"} == set(load(Path("noscrape-ranges")).by_url)

    def test_of_one_crawler(self, capsys: Captured) -> None:
        """As a table; the second time nothing has changed."""
        assert Status.OK is refreshed("--only", "gptbot")
        assert Status.OK is refreshed("--only", "GPTBot")
        out, err = capsys.readouterr()
        assert ["new", "unchanged"] == [line.split()[1] for line in out.splitlines() if line.startswith("openai.com")]
        assert "1 list in " in err

    def test_what_is_refused(self, capsys: Captured) -> None:
        """With the reason, and what to do where it is meant; the last good copy stays."""
        refreshed("--only", "GPTBot", body=listed(*(f"20.171.{n}.0/24" for n in range(9))))
        assert Status.FOUND is refreshed("--only", "GPTBot")
        assert f"it has 1 networks, where it had 9; --accept {GPT} takes it all the same" in capsys.readouterr().err
        assert 9 == len(load(Path("noscrape-ranges")).by_url[GPT].networks)
        assert Status.OK is refreshed("--only", "GPTBot", "--accept", GPT)
        assert 1 == len(load(Path("noscrape-ranges")).by_url[GPT].networks)

    def test_another_folder(self) -> None:
        """By option, or by the configuration."""
        refreshed("--only", "GPTBot", "--folder", "there")
        Path("noscrape.toml").write_text('[verification]\nfolder = "lists"\n')
        refreshed("--only", "GPTBot")
        assert (1, 1) == (len(load(Path("there")).by_url), len(load(Path("lists")).by_url))

    @pytest.mark.parametrize(
        ("words", "problem"),
        [
            (["--only", "Nobody"], "no crawler 'Nobody' in the catalog"),
            (["--accept", "https://a.example/"], "no crawler has this list"),
        ],
    )
    def test_what_is_not_known(self, words: list[str], problem: str, capsys: Captured) -> None:
        """Is an error, and nothing is asked."""
        assert Status.FAULT == main(["crawlers", "refresh", *words])
        assert problem in capsys.readouterr().err


class TestAccept:
    """Taking what an update brought."""

    def test_the_first_time(self, capsys: Captured) -> None:
        """Everything is known from then on; there is nothing to list."""
        Path("noscrape.toml").write_text('[crawlers]\nnew = "observe"\n')
        assert Status.OK == main(["crawlers", "accept"])
        out, err = capsys.readouterr()
        assert ("", True) == (out, "crawlers are known from now on" in err)

    def test_what_changes(self, capsys: Captured) -> None:
        """Each crawler with what is done about it."""
        Path("noscrape.toml").write_text("")
        main(["crawlers", "accept"])
        file = Path("noscrape-crawlers.json")
        known = json.loads(file.read_text())
        known["actions"] |= {"GPTBot": "let in", "GoneBot": "refused"}
        del known["actions"]["CCBot"]
        file.write_text(json.dumps(known))
        assert Status.OK == main(["crawlers", "accept"])
        assert [
            "new      CCBot: refused",
            "changed  GPTBot: was let in, is refused",
            "gone     GoneBot",
        ] == capsys.readouterr().out.splitlines()
        assert Status.OK == main(["crawlers", "accept", "--json"])
        assert {"added": {}, "removed": {}, "changed": {}} == json.loads(capsys.readouterr().out)

    def test_nowhere_to_remember_it(self, capsys: Captured) -> None:
        """Without a file, and without a name for one."""
        assert Status.FAULT == main(["crawlers", "accept"])
        assert "[crawlers] accepted is not set" in capsys.readouterr().err
