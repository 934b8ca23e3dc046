"""What a list must pass before it is used."""

from dataclasses import replace

import pytest

from noscrape.crawlers import Catalog, Crawler, Kind
from noscrape.crawlers.corpus import Sample
from noscrape.crawlers.gate import Generated, Seen, Verdict, gate, shrunk, usable, with_trials
from noscrape.site import builtin_catalog
from noscrape.site.parts import builtin_corpus
from noscrape.words import Purpose
from tests.crawlers.lists import CORPUS, CURRENT, FIREFOX, PLAYER, crawler, with_


def judged(*entries: Crawler, corpus: tuple[Sample, ...] = CORPUS, log: list[str] | None = None) -> Verdict:
    return gate(with_(*entries), current=CURRENT, corpus=corpus, log=log)


def problems(verdict: Verdict) -> str:
    return "\n".join(map(str, verdict.problems))


class TestPassed:
    """Lists that may be used."""

    def test_the_built_in_catalog_passes(self) -> None:
        """Beside itself, with our own corpus."""
        verdict = gate(builtin_catalog(), current=builtin_catalog(), corpus=builtin_corpus())
        assert (verdict.problems, verdict.shown) == ((), ())

    def test_a_new_entry(self) -> None:
        """What it lacks is made from its name, and shown."""
        verdict = judged(crawler("AcmeHarvester"))
        assert verdict.passed
        assert verdict.shown == (
            Generated(
                "AcmeHarvester",
                "Mozilla/5.0 (compatible; AcmeHarvester/1.0)",
                "xAcmeHarvesterx/1.0",
            ),
        )

    def test_an_entry_with_its_own(self) -> None:
        """Only what is missing is made."""
        entry = crawler("AcmeHarvester", examples=("AcmeHarvester",))
        assert [each.example for each in judged(entry).shown] == [""]
        entry = replace(entry, near_misses=("Acme",))
        assert judged(entry).shown == ()
        assert with_trials(entry) is entry

    def test_a_control_token(self) -> None:
        """It stands in no user agent, and needs no example."""
        entry = replace(crawler("Acme-Extended"), match=(), control_only=True)
        verdict = judged(entry)
        assert (verdict.passed, verdict.shown) == (True, ())

    def test_an_entry_found_in_addresses(self) -> None:
        """Its example has one."""
        verdict = judged(replace(crawler("Acme", "bots.acme.example"), in_url=True))
        assert verdict.passed
        assert verdict.shown[0].example == "Mozilla/5.0 (compatible; +https://bots.acme.example)"


class TestRefused:
    """Lists that may not."""

    def test_an_empty_list(self) -> None:
        """Nothing would be caught."""
        verdict = gate(Catalog(crawlers=(), version=""), current=CURRENT, corpus=CORPUS)
        assert "is empty" in problems(verdict)

    def test_half_a_list(self) -> None:
        """Fewer than half of the entries, and what they caught."""
        verdict = gate(Catalog(crawlers=CURRENT.crawlers[:1], version=""), current=CURRENT, corpus=CORPUS)
        assert "has 1 entries, fewer than half of the 3 before" in problems(verdict)
        assert "ChatGPT-User: would not be caught any more" in problems(verdict)

    def test_just_half_is_enough(self) -> None:
        """One fewer is not."""
        entries = (*CURRENT.crawlers, crawler("NewBot"))
        assert shrunk(entries[:2], entries) == ()
        assert len(shrunk(entries[:1], entries)) == 1

    @pytest.mark.parametrize("word", ["Spider", "Code", "LCC", "Mozilla", "bot", "AI"])
    def test_generic_words(self, word: str) -> None:
        """Programs that people use carry them."""
        assert f"{word}: match: {word!r} is " in problems(judged(crawler(word)))

    @pytest.mark.parametrize("string", ["^AcmeBot$", "AcmeBot$", ".*", "(Acme+)+", "Acme|Foo", "Acme\\w", "Acme\x1b"])
    def test_what_is_no_name(self, string: str) -> None:
        """It would be looked for as it stands, and never found."""
        assert "AcmeBot: match: " in problems(judged(crawler("AcmeBot", string)))

    @pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.group)
    def test_an_ai_entry_that_is_found_in_the_corpus(self, sample: Sample) -> None:
        """In what people use, and in what everybody wants; it is told in which."""
        word = sample.user_agent.replace("Mozilla/5.0 (compatible; ", "").split(" ")[0]
        verdict = judged(crawler("Acme-AI", word), corpus=(sample,))
        assert f"Acme-AI: match: is found in what a {sample.group} sends: {sample.user_agent!r}" in problems(verdict)

    def test_how_many_are_hit(self) -> None:
        """One of them is told, and how many more."""
        assert "and 2 more" in problems(
            judged(crawler("Acme-AI", "5.0 (X11"), corpus=(*CORPUS, Sample(FIREFOX, "device")))
        )

    def test_another_bot_that_is_found_in_what_people_use(self) -> None:
        """It would be counted as a bot; in what bots send it may be found."""
        assert "a player sends" in problems(judged(crawler("Winampish", kind=Kind.SERVICE)))
        assert judged(crawler("LinkPeek", kind=Kind.PREVIEW)).passed
        assert judged(crawler("Winampish", kind=Kind.PLAYER)).passed

    def test_the_corpus_may_hold_crawlers(self) -> None:
        """They are there to be found."""
        assert judged(crawler("AcmeBot"), corpus=(Sample("AcmeBot/1.0", "ai"),)).passed

    def test_a_wanted_bot_that_would_be_taken_for_ai(self) -> None:
        """The examples of the current catalog are a corpus, too."""
        text = problems(judged(crawler("Acme-AI", "SeekWideBot-Image")))
        assert "Acme-AI: match: takes SeekWideBot (search) for AI: 'SeekWideBot-Image/1.0'" in text

    def test_recall(self) -> None:
        """An override that lets an AI agent through."""
        harmless = replace(CURRENT.crawlers[0], kind=Kind.SERVICE, purpose=None)
        assert "GPTBot: would not be caught any more: 'GPTBot'" in problems(judged(harmless))
        assert judged(replace(CURRENT.crawlers[1], purpose=Purpose.AGENT)).passed

    @pytest.mark.parametrize("purpose", [Purpose.SEARCH, Purpose.ASSISTANT, Purpose.AGENT], ids=lambda each: each.value)
    def test_an_agent_that_would_no_longer_be_kept_from_training(self, purpose: Purpose) -> None:
        """A list may not loosen what the catalog calls training; it may call it data sets, or another one training."""
        told = f"GPTBot: would be taken for {purpose.value}, and is training: 'GPTBot'; [crawlers.agents]"
        assert told in problems(judged(replace(CURRENT.crawlers[0], purpose=purpose)))
        assert judged(replace(CURRENT.crawlers[0], purpose=Purpose.DATASET)).passed
        assert judged(replace(CURRENT.crawlers[1], purpose=Purpose.TRAINING)).passed

    @pytest.mark.parametrize(
        "other",
        [
            crawler("Acme-Extended", kind=Kind.SERVICE),
            replace(crawler("Acme-Extended"), match=(), control_only=True, purpose=Purpose.SEARCH),
            replace(crawler("Acme-Extended"), match=(), control_only=True, robots_token="Acme"),
        ],
        ids=["another class", "another purpose", "another word"],
    )
    def test_a_control_token_that_would_no_longer_be_kept_from_training(self, other: Crawler) -> None:
        """No user agent tells it, and robots.txt would no longer name it."""
        control = replace(crawler("Acme-Extended"), match=(), control_only=True, robots_token="Acme-Extended")
        current = with_(control)
        verdict = gate(current.extended([other]), current=current, corpus=CORPUS)
        assert "Acme-Extended: would not be kept from training any more" in problems(verdict)
        assert gate(current.extended([replace(control)]), current=current, corpus=CORPUS).passed

    @pytest.mark.parametrize(
        "name",
        [
            *("XyzBrowser", "Xyz Browser/2.0", "xyzplayer", "XyzWebView", "XyzTV", "Xyz-Podcasts", "XyzRadio"),
            *("SM-Z999B", "sm-z999b", "GT-X9999", "CPH9999", "RMX9999", "M9901K6G", "9901117TG", "LG-Q999"),
            *("MobileApp", "Smart-Client", "WebStream", "Media Service"),
        ],
    )
    def test_names_such_as_people_carry(self, name: str) -> None:
        """Of programs, devices and their models, also where no corpus has them; the way around is told (ours)."""
        text = problems(judged(crawler("Acme", name)))
        assert f"Acme: match: {name!r} looks like the name of " in text
        assert "[[crawlers.extra]] in noscrape.toml takes it all the same" in text
        assert judged(crawler("Acme", name, kind=Kind.PLAYER)).passed

    @pytest.mark.parametrize(
        "name",
        [
            "Claude-Search",
            "WebCrawler",
            "MobileBot",
            "img2dataset",
            "MJ12bot",
            "AI2Bot-Dolma",
            "Bot2000",
            "Tvbot",
            "GPT-4",
        ],
    )
    def test_names_such_as_robots_have(self, name: str) -> None:
        """They may be looked for."""
        assert judged(crawler("Acme", name)).passed

    def test_a_known_agent_that_is_called_a_browser(self) -> None:
        """Whoever is in the catalog may be in a list."""
        current = with_(crawler("AcmeBrowser"))
        assert gate(current.extended([crawler("AcmeBrowser")]), current=current, corpus=CORPUS).passed

    def test_a_longer_name_in_the_place_of_another(self) -> None:
        """The entry that would no longer be found says so."""
        longer = crawler("Acme", "SeekWideBot-Image", kind=Kind.SERVICE)
        assert "SeekWideBot: examples: is not found in 'SeekWideBot-Image/1.0'" in problems(judged(longer))

    def test_an_example_that_it_is_not_found_in(self) -> None:
        """And a near miss that it is found in."""
        entry = replace(crawler("AcmeBot", examples=("AcmeBots",)), near_misses=("an AcmeBot",))
        text = problems(judged(entry))
        assert "AcmeBot: examples: is not found in 'AcmeBots'" in text
        assert "AcmeBot: near_misses: is found in 'an AcmeBot'" in text

    def test_a_string_of_another_entry(self) -> None:
        """Who looks for it is told."""
        assert "'gptbot' is already looked for by GPTBot" in problems(judged(crawler("Acme", "gptbot")))


class TestLog:
    """What would change on local traffic."""

    def test_what_is_newly_caught(self) -> None:
        """Requests and user agents, the most frequent first."""
        log = ["AcmeBot/1", FIREFOX, "GPTBot", "AcmeBot/2", "AcmeBot/2"]
        traffic = judged(crawler("AcmeBot"), log=log).traffic
        assert traffic is not None
        assert (traffic.requests, traffic.caught_before, traffic.caught_after) == (5, 1, 4)
        assert (traffic.newly_requests, traffic.no_longer_requests) == (3, 0)
        assert traffic.newly == (Seen("AcmeBot/2", 2, "AcmeBot"), Seen("AcmeBot/1", 1, "AcmeBot"))

    def test_what_is_no_longer_caught(self) -> None:
        """By the entry that caught it before."""
        traffic = judged(replace(CURRENT.crawlers[0], kind=Kind.SERVICE, purpose=None), log=["GPTBot"]).traffic
        assert traffic is not None
        assert traffic.no_longer == (Seen("GPTBot", 1, "GPTBot"),)

    def test_what_is_no_longer_caught_as_training(self) -> None:
        """It is still caught, and let in by most sites: told apart, and counted as lost."""
        searching = replace(CURRENT.crawlers[0], purpose=Purpose.SEARCH)
        verdict = judged(searching, log=["GPTBot"] * 10 + ["ChatGPT-User", "GPTBot/2"])
        traffic = verdict.traffic
        assert traffic is not None
        assert (traffic.caught_before, traffic.caught_after, traffic.no_longer_requests) == (12, 12, 0)
        assert traffic.loosened_requests == 11
        assert traffic.loosened == (Seen("GPTBot", 10, "GPTBot"), Seen("GPTBot/2", 1, "GPTBot"))
        assert "would no longer catch as before 11 of 12 requests by AI agents" in problems(verdict)
        assert "would no longer catch" not in problems(judged(searching, log=["GPTBot"] * 9))

    @pytest.mark.parametrize(("others", "passed"), [(50, True), (49, False)])
    def test_more_than_half_of_the_traffic(self, others: int, passed: bool) -> None:
        """A list that catches most of what comes is a mistake."""
        verdict = judged(crawler("AcmeBot"), log=["AcmeBot"] * (100 - others) + [PLAYER] * others)
        assert verdict.passed is passed

    def test_few_requests_tell_nothing(self) -> None:
        """99 of them."""
        assert judged(crawler("AcmeBot"), log=["AcmeBot"] * 99).passed

    def test_more_than_half_of_what_was_caught(self) -> None:
        """Where that is a number that tells something."""
        harmless = replace(CURRENT.crawlers[0], kind=Kind.SERVICE, purpose=None)
        told = "would no longer catch 10 of 10 requests by AI agents"
        assert told in problems(judged(harmless, log=["GPTBot"] * 10))
        assert "would no longer catch" not in problems(judged(harmless, log=["GPTBot"] * 9))

    def test_many_different_user_agents(self) -> None:
        """All are counted, and a bounded number is kept."""
        traffic = judged(crawler("AcmeBot"), log=[f"AcmeBot/{number}" for number in range(1_500)]).traffic
        assert traffic is not None
        assert (traffic.newly_requests, len(traffic.newly)) == (1_500, 1_000)
        searching = replace(CURRENT.crawlers[0], purpose=Purpose.SEARCH)
        traffic = judged(searching, log=[f"GPTBot/{number}" for number in range(1_500)]).traffic
        assert traffic is not None
        assert (traffic.loosened_requests, len(traffic.loosened)) == (1_500, 1_000)

    def test_a_user_agent_of_any_kind(self) -> None:
        """Surrogates, and more than is looked at."""
        traffic = judged(crawler("AcmeBot"), log=["\udcff\ud800 AcmeBot", "x" * 600 + " AcmeBot", ""]).traffic
        assert traffic is not None
        assert traffic.newly_requests == 1


class TestUsable:
    """What is left of somebody's list."""

    def test_the_rest_is_used(self) -> None:
        """Each that cannot be is told with its reason, and the others pass."""
        entries = [
            crawler("AcmeBot"),
            crawler("Winampish"),
            crawler("SeekWideBot-Image", kind=Kind.SERVICE),
            crawler("OtherBot", examples=("GPTBot OtherBot", "somebody")),
            crawler("LostBot", examples=("nothing at all",)),
        ]
        kept, refused = usable(entries, current=CURRENT, corpus=CORPUS)
        assert [entry.token for entry in kept] == ["AcmeBot", "OtherBot"]
        assert kept[1].examples == ("GPTBot OtherBot",)
        assert judged(*kept).passed
        assert {fault.place: fault.problem.split(" in ")[0] for fault in refused} == {
            "Winampish": "is found",
            "SeekWideBot-Image": "takes the place of SeekWideBot",
            "LostBot": "is taken for nobody",
        }

    def test_nothing_is_left(self) -> None:
        """An empty list of an empty list, too."""
        assert usable([crawler("Winampish")], current=CURRENT, corpus=CORPUS)[0] == ()
        assert usable([], current=CURRENT, corpus=CORPUS) == ((), ())

    def test_it_ends(self) -> None:
        """However many hide each other, it is gone through a bounded number of times."""
        entries = [crawler("A" * length + "-Bot", examples=("A" * (length + 1) + "-Bot",)) for length in range(4, 60)]
        kept, refused = usable(entries, current=CURRENT, corpus=CORPUS)
        assert len(kept) + len(refused) == len(entries)
