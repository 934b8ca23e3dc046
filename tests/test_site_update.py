"""What an update of the catalog changes on a site; and lists of the operator's own, which survive one."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from noscrape import ConfigError, NoScrape
from noscrape.accepted import Accepted, read, write
from noscrape.config import load
from noscrape.site import Site, Waiting, accept, builtin_catalog, review, waiting
from noscrape.site.update import actions
from tests.asgi import GPTBOT, Clock, answering, ask, scope_of

LIST = """
[[crawler]]
token = "AcmeHarvester"
class = "ai"
purpose = "training"
examples = ["AcmeHarvester/1.0"]
near_misses = ["AcmeHarvesters/1.0"]
"""


OBSERVE = '[crawlers]\nnew = "observe"\n'


def site(folder: Path, text: str = "") -> Site:
    file = folder / "noscrape.toml"
    file.write_text(text)
    return Site(load(file, tokens=builtin_catalog().tokens), clock=Clock())


class TestReview:
    """The first start with a new catalog."""

    def test_the_first_of_all_tells_nothing(self, tmp_path: Path) -> None:
        """There is nothing to compare with; from then on there is."""
        found = site(tmp_path)
        assert () == review(found)
        assert actions(found) == read(tmp_path / "noscrape-crawlers.json").actions
        assert () == review(found)

    def test_what_has_changed_is_told_once(self, tmp_path: Path) -> None:
        """New ones with what is done about them, those that are treated otherwise, and those that are gone."""
        found = site(tmp_path)
        known = actions(found) | {"GoneBot": "refused", "GPTBot": "let in"}
        del known["CCBot"]
        write(tmp_path / "noscrape-crawlers.json", Accepted("before", known))
        (told,) = review(found)
        assert told == (
            "what is done about crawlers has changed: 1 new: CCBot (refused); GPTBot was let in, is refused; "
            "not known any more: GoneBot"
        )
        assert () == review(found)

    def test_what_the_operator_changes_is_told_too(self, tmp_path: Path) -> None:
        """An override that was put in by mistake shows at the next start."""
        review(site(tmp_path))
        (told,) = review(site(tmp_path, '[crawlers.agents]\nGPTBot = "allow"\n'))
        assert told.endswith("GPTBot was refused, is let in")

    def test_while_it_is_watched_nothing_is_accepted(self, tmp_path: Path) -> None:
        """It is told at each start, until somebody accepts it."""
        found = site(tmp_path, '[crawlers]\nnew = "observe"\n')
        known = actions(found)
        del known["CCBot"]
        write(tmp_path / "noscrape-crawlers.json", Accepted("before", known))
        for _ in range(2):
            (told,) = review(found)
            assert "only observed until `noscrape crawlers accept`: CCBot (refused)" in told
        assert "CCBot" not in (read(tmp_path / "noscrape-crawlers.json").actions or {})

    def test_many_are_summed_up(self, tmp_path: Path) -> None:
        """A message of seven hundred names is none."""
        found = site(tmp_path)
        write(tmp_path / "noscrape-crawlers.json", Accepted("before", {"X": "refused"}))
        (told,) = review(found)
        assert len(told) < 1_500
        assert " more" in told

    def test_garbage_is_told_and_made_anew(self, tmp_path: Path) -> None:
        """A file that somebody edited, or half of one."""
        (tmp_path / "noscrape-crawlers.json").write_text("{")
        (told,) = review(site(tmp_path))
        assert "is no list of accepted crawlers" in told
        assert read(tmp_path / "noscrape-crawlers.json").actions

    @pytest.mark.parametrize("content", ["{", '{"shape": 1, "actions": {"GPTBot": null}}', ""])
    def test_garbage_is_left_while_updates_are_watched(self, tmp_path: Path, content: str) -> None:
        """Writing it anew would accept what nobody has looked at. Nobody is observed for it; it is told each time."""
        file = tmp_path / "noscrape-crawlers.json"
        file.write_text(content)
        found = site(tmp_path, OBSERVE)
        for _ in range(2):
            (told,) = review(found)
            assert told == (
                f"{file} is no list of accepted crawlers; `noscrape crawlers accept` writes it anew; until then it is "
                "left as it is, and crawlers that an update brings are not held back"
            )
        assert content == file.read_text()
        assert (frozenset(), (), told) == (found.policy.new, waiting(found).new, waiting(found).problem)
        accept(found, file)
        assert ((), Waiting()) == (review(site(tmp_path, OBSERVE)), waiting(site(tmp_path, OBSERVE)))

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        """Is told, and nothing else fails."""
        (told,) = review(site(tmp_path, '[crawlers]\naccepted = "none/there.json"\n'))
        assert "cannot be written" in told
        assert "[crawlers] accepted names another file" in told

    def test_nothing_is_written_where_there_is_no_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Settings given in Python have no place of their own on the disk."""
        monkeypatch.chdir(tmp_path)
        assert () == review(Site(load({}), clock=Clock()))
        assert [] == list(tmp_path.iterdir())

    async def test_the_middleware_tells_it_with_its_first_request(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """In a thread, which no request waits for."""
        file = tmp_path / "noscrape.toml"
        file.write_text('[log]\npath = ""\n')
        write(tmp_path / "noscrape-crawlers.json", Accepted("before", {"GPTBot": "let in"}))
        app = NoScrape(answering(), config=file)
        with caplog.at_level(logging.WARNING):
            await ask(app, scope_of())
            app.close()
        assert "GPTBot was let in, is refused" in caplog.text


class TestHeld:
    """An update that says of a known crawler that it does not fetch for training."""

    def remembered(self, folder: Path, **purposes: str) -> Path:
        """As if these crawlers had been accepted with other purposes."""
        found = site(folder)
        file = folder / "noscrape-crawlers.json"
        named = {token.replace("_", "-"): purpose for token, purpose in purposes.items()}
        write(file, Accepted("before", actions(found) | dict.fromkeys(named, "refused"), purposes=named))
        return file

    def test_it_keeps_its_purpose_until_that_is_accepted(self, tmp_path: Path) -> None:
        """Refused as before, also where it would be no AI agent any more; told at each start."""
        file = self.remembered(tmp_path, OAI_SearchBot="training", Googlebot="dataset")
        for _ in range(2):
            found = site(tmp_path, OBSERVE)
            assert {"OAI-SearchBot": "refused", "Googlebot": "refused"}.items() <= actions(found).items()
            (told,) = review(found)
            assert told.startswith("kept as they were accepted, until `noscrape crawlers accept`: ")
            assert "OAI-SearchBot (training, would be search)" in told
            assert "Googlebot (dataset, would be search)" in told
        assert {"OAI-SearchBot": ("training", "search"), "Googlebot": ("dataset", "search")} == waiting(found).held
        changed = accept(found, file)
        assert changed is not None
        assert {"OAI-SearchBot": ("refused", "let in"), "Googlebot": ("refused", "let in")} == changed.changed
        found = site(tmp_path, OBSERVE)
        assert ((), Waiting(), "let in") == (review(found), waiting(found), actions(found)["OAI-SearchBot"])

    def test_not_where_updates_act_at_once(self, tmp_path: Path) -> None:
        """It is told, as other changes are."""
        self.remembered(tmp_path, OAI_SearchBot="training")
        (told,) = review(site(tmp_path))
        assert told.endswith("OAI-SearchBot was refused, is let in")
        assert Waiting() == waiting(site(tmp_path))

    @pytest.mark.parametrize(
        "purposes",
        [{"GPTBot": "dataset"}, {"OAI_SearchBot": "assistant"}, {"OAI_SearchBot": "guess"}, {"GoneBot": "training"}],
        ids=["training all the same", "never kept from training", "no purpose", "gone"],
    )
    def test_whom_it_does_not_concern(self, tmp_path: Path, purposes: dict[str, str]) -> None:
        """They are what the update says."""
        self.remembered(tmp_path, **purposes)
        found = site(tmp_path, OBSERVE)
        assert builtin_catalog().version == found.catalog.version
        assert {} == waiting(found).held

    def test_the_operators_own_word_counts(self, tmp_path: Path) -> None:
        """An entry of one's own is no update, nor is what is said of one crawler."""
        self.remembered(tmp_path, OAI_SearchBot="training", Googlebot="training")
        own = OBSERVE + 'agents.Googlebot = "allow"\n[[crawlers.extra]]\ntoken = "OAI-SearchBot"\npurpose = "search"\n'
        found = site(tmp_path, own)
        assert {"OAI-SearchBot": "let in", "Googlebot": "let in"}.items() <= actions(found).items()
        assert ["Googlebot"] == list(waiting(found).held)

    def test_a_list_that_was_damaged_meanwhile(self, tmp_path: Path) -> None:
        """What would be is not known, and nothing fails."""
        (tmp_path / "own.toml").write_text(LIST)
        self.remembered(tmp_path, OAI_SearchBot="training")
        found = site(tmp_path, OBSERVE + 'lists = ["own.toml"]\n')
        (tmp_path / "own.toml").write_text("half a li")
        assert {} == waiting(found).held


class TestLists:
    """Files of crawlers beside the catalog."""

    def test_one_that_passes_is_used(self, tmp_path: Path) -> None:
        """And its tokens may be named."""
        (tmp_path / "own.toml").write_text(LIST)
        found = site(tmp_path, '[crawlers]\nlists = ["own.toml"]\n[crawlers.agents]\nacmeharvester = "observe"\n')
        claim = found.matcher.claim_of(b"AcmeHarvester/2.0")
        assert claim is not None
        assert "AcmeHarvester" == claim.crawler.token

    def test_one_cannot_say_by_what_a_known_crawler_is_told(self, tmp_path: Path) -> None:
        """A list of strangers may say what it is for; whom it proves true is the catalog's to say."""
        forged = (
            LIST.replace("AcmeHarvester", "GPTBot") + 'verify = ["reverse-dns"]\ndns_suffixes = [".evil.example"]\n'
        )
        (tmp_path / "own.toml").write_text(forged)
        found = site(tmp_path, '[crawlers]\nlists = ["own.toml"]\n').catalog.find("GPTBot")
        builtin = builtin_catalog().find("GPTBot")
        assert found is not None
        assert builtin is not None
        assert (builtin.verify, builtin.ranges, ()) == (found.verify, found.ranges, found.dns_suffixes)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (None, "cannot be read: No such file or directory"),
            ("", "no entry"),
            ("crawler = 5", "no entry"),
            ("<html>", "own.toml"),
            (LIST.replace('"ai"', '"robot"'), "AcmeHarvester"),
            (LIST.replace("AcmeHarvester", "Spider"), "generic word"),
            (LIST.replace("AcmeHarvester", "Code"), "generic word"),
            (LIST.replace("AcmeHarvester", "LCC"), "generic word"),
            (LIST.replace("AcmeHarvester", "Firefox"), "generic word"),
            (LIST.replace("AcmeHarvester", "SamsungBrowser"), "SamsungBrowser"),
            (LIST + "match = 5\n", "wanted a list of texts"),
            (LIST.replace('class = "ai"\n', ""), "AcmeHarvester: crawlers.lists.0: class: is missing, wanted one of"),
            (
                LIST.replace("AcmeHarvester", "GPTBot").replace('"training"', '"search"'),
                "own.toml: GPTBot: would be taken for search, and is training",
            ),
        ],
        ids=[
            *("gone", "empty", "no table", "HTML", "class", "Spider", "Code", "LCC", "Firefox", "a browser", "type"),
            *("no class", "looser"),
        ],
    )
    def test_one_that_would_harm_people_is_fatal_at_the_start(
        self, tmp_path: Path, text: str | None, problem: str
    ) -> None:
        """With the file and the reason; nobody is protected by a list that cannot be used."""
        if text is not None:
            (tmp_path / "own.toml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            site(tmp_path, '[crawlers]\nlists = ["own.toml"]\n')
        assert problem in str(caught.value)
        assert "own.toml" in str(caught.value)
        assert ": :" not in str(caught.value)

    def test_what_is_switched_off_is_not_looked_for(self, tmp_path: Path) -> None:
        """Also when an update brings it back."""
        found = site(tmp_path, '[crawlers]\noff = ["gptbot"]\n')
        assert found.matcher.claim_of(GPTBOT) is None
        assert found.catalog.version != builtin_catalog().version

    async def test_a_list_that_changes_is_taken_while_the_app_runs(self, tmp_path: Path) -> None:
        """As the configuration itself; a broken one is not, and is told."""
        from noscrape.config import Reloader
        from noscrape.site import files_beside

        list_, file = tmp_path / "own.toml", tmp_path / "noscrape.toml"
        list_.write_text(LIST)
        file.write_text('[log]\npath = ""\n[crawlers]\nlists = ["own.toml"]\n')
        app = NoScrape(answering(), config=file)
        reloader = Reloader(
            file,
            app.site.loaded,
            app._swap,
            app._keep,
            tokens=builtin_catalog().tokens,
            beside=files_beside,
        )

        async def statuses() -> list[int]:
            reloader.poll()
            reloader.poll()
            agents = (b"AcmeHarvester/1.0", b"OtherHarvester/1.0")
            return [(await ask(app, scope_of(agent=agent))).status for agent in agents]

        assert [403, 200] == await statuses()
        list_.write_text(LIST + LIST.replace("Acme", "Other"))
        assert [403, 403] == await statuses()
        list_.write_text("half a li")
        assert [403, 403] == await statuses()
        app.close()


async def test_a_file_that_a_new_configuration_needs_may_come_after_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused and told once until it is there; then the configuration is in force, and nobody had to touch it again."""
    from noscrape.config import Reloader
    from noscrape.site import files_beside

    file = tmp_path / "noscrape.toml"
    file.write_text('[log]\npath = ""\n')
    app = NoScrape(answering(), config=file)
    reloader = Reloader(file, app.site.loaded, app._swap, app._keep, beside=files_beside)
    before = app.site
    file.write_text('stance = "signal-only"\n[log]\npath = ""\n[documents]\nrobots_file = "robots.txt"\n')
    for _ in range(5):
        reloader.poll()
    assert (before, before.loaded) == (app.site, reloader.current)
    assert 1 == caplog.text.count("the last good one stays")
    (tmp_path / "robots.txt").write_text("User-agent: *\nAllow: /\n")
    for _ in range(5):
        reloader.poll()
    assert 200 == (await ask(app, scope_of(agent=GPTBOT))).status
    app.close()


def test_the_file_is_readable(tmp_path: Path) -> None:
    """For people too: one crawler a line."""
    review(site(tmp_path))
    lines = (tmp_path / "noscrape-crawlers.json").read_text().splitlines()
    assert '"GPTBot": "refused",' in lines
    known: dict[str, Any] = json.loads("\n".join(lines))
    assert {"actions", "catalog", "purposes", "shape"} == known.keys()
