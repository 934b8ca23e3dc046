"""The catalog, as data: each entry finds its examples and spares its near misses."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from noscrape.crawlers import CAP_BYTES, Catalog, Crawler, Kind, Matcher, Proof, RobotsStance, parse_catalog, unsafe
from noscrape.crawlers.catalog import GENERIC
from noscrape.crawlers.writing import written
from noscrape.errors import CatalogError
from noscrape.site import builtin_catalog
from noscrape.words import Purpose

CATALOG = builtin_catalog()
MATCHER = Matcher(CATALOG)
IN_AGENTS = [crawler for crawler in CATALOG.crawlers if crawler.match]
AI = [crawler for crawler in CATALOG.crawlers if crawler.ai]
VERIFIABLE = [crawler for crawler in CATALOG.crawlers if crawler.verify]
BOTH = (Proof.IP_RANGES, Proof.REVERSE_DNS)
DNS = (Proof.REVERSE_DNS,)


def found(user_agent: str) -> tuple[Crawler, ...]:
    claim = MATCHER.claim([user_agent.encode("utf-8")])
    return claim.crawlers if claim else ()


class TestEachEntry:
    """What holds for every entry."""

    @pytest.mark.parametrize(
        ("crawler", "example"),
        [pytest.param(crawler, example, id=crawler.token) for crawler in IN_AGENTS for example in crawler.examples],
    )
    def test_its_examples_are_found(self, crawler: Crawler, example: str) -> None:
        """By the entry itself, and by its purpose where it is the one that speaks."""
        assert crawler in found(example)
        assert len(example.encode("utf-8")) <= CAP_BYTES

    @pytest.mark.parametrize(
        ("crawler", "near"),
        [pytest.param(crawler, near, id=crawler.token) for crawler in IN_AGENTS for near in crawler.near_misses],
    )
    def test_its_near_misses_are_not(self, crawler: Crawler, near: str) -> None:
        """What only looks alike is left alone."""
        assert crawler not in found(near)

    @pytest.mark.parametrize("crawler", IN_AGENTS, ids=lambda crawler: crawler.token)
    def test_it_can_be_tried(self, crawler: Crawler) -> None:
        """It has an example, a near miss, and a string that is no generic word."""
        assert crawler.examples
        assert crawler.near_misses
        assert crawler.match
        assert [] == [problem for string in crawler.match for problem in unsafe(string)]

    @pytest.mark.parametrize("crawler", CATALOG.crawlers, ids=lambda crawler: crawler.token)
    def test_it_is_known_by_something(self, crawler: Crawler) -> None:
        """By its user agent, by its signature, or by robots.txt alone."""
        assert crawler.match or crawler.signature_agents or crawler.control_only

    @pytest.mark.parametrize("crawler", IN_AGENTS, ids=lambda crawler: crawler.token)
    def test_no_string_of_it_is_needless(self, crawler: Crawler) -> None:
        """Each string is found by itself, and as this entry: none is hidden by another entry's."""
        for string in crawler.match:
            assert crawler in found(string), string

    @pytest.mark.parametrize("crawler", AI, ids=lambda crawler: crawler.token)
    def test_an_ai_agent_is_documented(self, crawler: Crawler) -> None:
        """It has an operator, a purpose, a date, and a page, or a word on why there is none."""
        assert crawler.operator
        assert isinstance(crawler.purpose, Purpose)
        assert isinstance(crawler.checked, date)
        if crawler.page:
            assert urlsplit(crawler.page).scheme in ("http", "https")
            assert urlsplit(crawler.page).hostname
        else:
            assert crawler.note
            assert crawler.contested

    @pytest.mark.parametrize("crawler", VERIFIABLE, ids=lambda crawler: crawler.token)
    def test_how_it_is_verified_has_a_source(self, crawler: Crawler) -> None:
        """A page of its operator's, and a date."""
        page = urlsplit(crawler.verify_page or crawler.page)
        assert page.scheme in ("http", "https")
        assert page.hostname
        assert isinstance(crawler.checked, date)

    @pytest.mark.parametrize("crawler", CATALOG.crawlers, ids=lambda crawler: crawler.token)
    def test_its_robots_token_is_one(self, crawler: Crawler) -> None:
        """RFC 9309 section 2.2.1: letters, `_` and `-`."""
        assert all(char.isascii() and (char.isalpha() or char in "_-") for char in crawler.robots_token)


class TestTheWhole:
    """What holds for the list."""

    def test_ai_agents(self) -> None:
        """There are many, of every purpose."""
        assert len(AI) >= 150
        assert set(Purpose) == {crawler.purpose for crawler in AI}

    def test_other_classes(self) -> None:
        """Those that are no AI are named, too, so that a log line can name them."""
        classes = {crawler.kind for crawler in CATALOG.crawlers}
        assert {Kind.SEARCH, Kind.PREVIEW, Kind.FEED, Kind.PODCAST, Kind.PLAYER, Kind.LIBRARY} <= classes

    @pytest.mark.parametrize("token", ["Google-Extended", "Applebot-Extended"])
    def test_control_tokens(self, token: str) -> None:
        """They are known, and never matched against a user agent."""
        crawler = CATALOG.find(token)
        assert crawler is not None
        assert crawler.control_only
        assert not crawler.match
        assert crawler not in found(f"Mozilla/5.0 (compatible; {token}/1.0)")

    @pytest.mark.parametrize(
        ("token", "purpose"),
        [
            ("GPTBot", Purpose.TRAINING),
            ("ClaudeBot", Purpose.TRAINING),
            ("Bytespider", Purpose.TRAINING),
            ("meta-externalagent", Purpose.TRAINING),
            ("CCBot", Purpose.DATASET),
            ("OAI-SearchBot", Purpose.SEARCH),
            ("PerplexityBot", Purpose.SEARCH),
            ("ChatGPT-User", Purpose.ASSISTANT),
            ("Claude-User", Purpose.ASSISTANT),
        ],
    )
    def test_the_best_known(self, token: str, purpose: Purpose) -> None:
        """What everybody knows about them."""
        crawler = CATALOG.find(token.lower())
        assert crawler is not None
        assert (token, purpose) == (crawler.token, crawler.purpose)

    @pytest.mark.parametrize(
        ("token", "suffixes", "decisive"),
        [
            ("Googlebot", (".googlebot.com",), BOTH),
            ("AdsBot-Google", (".google.com", ".googlebot.com"), BOTH),
            ("FeedFetcher-Google", (".google.com", ".gae.googleusercontent.com"), ()),
            ("AppEngine-Google", (".gae.googleusercontent.com",), ()),
            ("bingbot", (".search.msn.com",), BOTH),
            ("Applebot", (".applebot.apple.com",), BOTH),
            ("CCBot", (".crawl.commoncrawl.org",), BOTH),
            ("Amazonbot", (".crawl.amazonbot.amazon",), DNS),
            ("YandexBot", (".yandex.ru", ".yandex.net", ".yandex.com"), DNS),
            ("Baiduspider", (".baidu.com", ".baidu.jp"), DNS),
            ("MojeekBot", (".mojeek.com",), DNS),
            ("DuckDuckBot", (), ()),
            ("GPTBot", (), ()),
            ("ChatGPT-User", (), ()),
            ("ClaudeBot", (), ()),
            ("meta-externalagent", (), ()),
        ],
    )
    def test_how_the_best_known_are_verified(
        self, token: str, suffixes: tuple[str, ...], decisive: tuple[Proof, ...]
    ) -> None:
        """By the names that their operators state; false only where they say how a false one is told."""
        crawler = CATALOG.find(token)
        assert crawler is not None
        assert (suffixes, decisive) == (crawler.dns_suffixes, crawler.decisive)

    @pytest.mark.parametrize(
        ("token", "origin"),
        [("ChatGPT Agent", "https://chatgpt.com"), ("Google-Agent", "https://agent.bot.goog")],
    )
    def test_signers(self, token: str, origin: str) -> None:
        """Agents that sign, by the origin that they name."""
        crawler = CATALOG.find(token)
        assert crawler is not None
        assert (Proof.WEB_BOT_AUTH in crawler.verify, (origin,)) == (True, crawler.signature_agents)

    def test_crawlers_of_one_family_are_verified_alike(self) -> None:
        """What is fetched from one list has one set of reverse names."""
        kept: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for crawler in CATALOG.crawlers:
            if crawler.ranges and crawler.dns_suffixes:
                kept.setdefault(crawler.ranges, set()).add(crawler.dns_suffixes)
        assert {} == {urls: suffixes for urls, suffixes in kept.items() if len(suffixes) > 1}

    @pytest.mark.parametrize("word", ["Code", "Spider", "Cursor", "Operator", "Claude", "LCC", "Yak", "Music", "Trae"])
    def test_generic_words(self, word: str) -> None:
        """They are never a match of their own."""
        for user_agent in (
            word,
            f"{word}/1.0",
            f"Mozilla/5.0 (Windows NT 10.0) {word}/1.115.0 Chrome/142.0 Safari/537.36",
        ):
            assert [] == [crawler.token for crawler in found(user_agent) if crawler.ai]
        assert word.lower() in GENERIC

    def test_listeners(self) -> None:
        """Browsers and players are no robots."""
        for user_agent in (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "VLC/3.0.21 LibVLC/3.0.21",
            "ChatGPT/1.2025.084 (iOS 18.4; iPhone16,1; build 14000000)",
        ):
            assert [] == [crawler.token for crawler in found(user_agent) if crawler.bot]


ENTRY = """
[[crawler]]
token = "AcmeHarvester"
class = "ai"
operator = "Acme"
purpose = "training"
"""

VERIFIED = """
verify = ["ip-ranges", "reverse-dns"]
ranges = ["https://acme.example/ips.json"]
dns_suffixes = [".crawl.acme.example"]
decisive = ["ip-ranges", "reverse-dns"]
verify_page = "https://acme.example/bot"
"""


class TestParsing:
    """Reading a list."""

    def test_defaults(self) -> None:
        """A token is its own match and its own robots.txt token, and what is not said is not claimed."""
        (crawler,) = parse_catalog(ENTRY.encode()).crawlers
        assert (crawler.match, crawler.robots_token) == (("AcmeHarvester",), "AcmeHarvester")
        assert (crawler.robots, crawler.verify, crawler.checked) == (RobotsStance.NOT_STATED, (), None)
        assert (crawler.ai, crawler.bot) == (True, True)

    def test_an_agent_known_by_its_signature_alone(self) -> None:
        """It looks for nothing in user agents, and is not found by its own name."""
        text = ENTRY + 'match = []\nverify = ["web-bot-auth"]\nsignature_agents = ["https://acme.example"]'
        catalog = parse_catalog(text.encode())
        assert [()] == [crawler.match for crawler in catalog.crawlers]
        assert Matcher(catalog).claim([b"AcmeHarvester/1.0"]) is None
        assert [()] == [crawler.match for crawler in parse_catalog(written(catalog.crawlers).encode()).crawlers]

    def test_how_it_is_verified(self) -> None:
        """As the entry says, and as it is written again."""
        (crawler,) = parse_catalog((ENTRY + VERIFIED).encode()).crawlers
        assert (BOTH, BOTH) == (crawler.verify, crawler.decisive)
        assert (("https://acme.example/ips.json",), (".crawl.acme.example",)) == (crawler.ranges, crawler.dns_suffixes)
        assert "https://acme.example/bot" == crawler.verify_page

    @pytest.mark.parametrize(
        ("was", "now", "fault"),
        [
            ('verify = ["ip-ranges", ', "verify = [", "ranges: belongs to 'ip-ranges', which verify does not name"),
            (
                ', "reverse-dns"]\nranges',
                "]\nranges",
                "dns_suffixes: belongs to 'reverse-dns', which verify does not name",
            ),
            ("https://acme.example/ips", "http://acme.example/ips", "ranges: got 'http://acme.example/ips.json'"),
            ("https://acme.example/ips", "https://[/ips", "ranges: got 'https://[/ips.json', wanted an https URL"),
            (".crawl.acme.example", ".amazonaws.com", "dns_suffixes: '.amazonaws.com' proves nothing"),
            (".crawl.acme.example", "acme.example", "dns_suffixes: got 'acme.example', wanted a suffix"),
            (
                'decisive = ["ip-ranges"',
                'decisive = ["web-bot-auth"',
                "decisive: got 'web-bot-auth', wanted some of ip-ranges, reverse-dns",
            ),
            ('ranges = ["https://acme.example/ips.json"]', "", "decisive: 'ip-ranges' needs ranges, and to stand"),
            ("verify_page", "page", "verify_page: is missing: whoever can be contradicted"),
            ("decisive", 'signature_agents = ["https://a.example"]\ndecisive', "signature_agents: belongs to 'web-"),
            ("decisive", 'signature_agents = ["https://a.example/x"]\ndecisive', "signature_agents: got 'https://a."),
            ("decisive", "match = []\ndecisive", "match: is empty, which only a crawler that signs"),
            (
                'ranges = ["https://acme.example/ips.json"]',
                'ranges = "https://a.example"',
                "ranges: got str, wanted a list of texts",
            ),
            ("decisive", "examples = [1]\ndecisive", "examples: got list, wanted a list of texts"),
        ],
    )
    def test_what_would_prove_nothing(self, was: str, now: str, fault: str) -> None:
        """A way to verify that nothing can be done with is a fault."""
        assert was in VERIFIED
        with pytest.raises(CatalogError) as caught:
            parse_catalog((ENTRY + VERIFIED.replace(was, now, 1)).encode(), name="list")
        assert any(str(each).startswith(f"list: AcmeHarvester: {fault}") for each in caught.value.faults)

    def test_two_crawlers_of_one_origin(self) -> None:
        """A signature tells one crawler, so an origin is one's."""
        signs = 'verify = ["web-bot-auth"]\nsignature_agents = ["https://acme.example"]'
        second = ENTRY.replace("AcmeHarvester", "AcmeReader")
        with pytest.raises(CatalogError, match=r"'https://acme\.example' is already AcmeHarvester's"):
            parse_catalog((ENTRY + signs + second + signs).encode())

    def test_a_token_that_robots_txt_cannot_hold(self) -> None:
        """It has none unless the entry names one."""
        (crawler,) = parse_catalog(ENTRY.replace("AcmeHarvester", "Acme 2").encode()).crawlers
        assert crawler.robots_token == ""

    @pytest.mark.parametrize(
        ("text", "faults"),
        [
            ("", ["list: crawler: no entry, wanted at least one [[crawler]] table"]),
            ("crawler = 1", ["list: crawler: no entry, wanted at least one [[crawler]] table"]),
            ("[[crawler]]\nclass = 'ai'", ["list: entry 1: token: got None, wanted a product token"]),
            (ENTRY + "pupose = 'x'", ["list: AcmeHarvester: pupose: unknown key"]),
            (ENTRY + ENTRY, ["list: AcmeHarvester: token: stands in the list twice"]),
            (
                ENTRY.replace('"training"', '"trainig"'),
                [
                    (
                        "list: AcmeHarvester: purpose: got 'trainig', wanted one of training, dataset, search, "
                        "assistant, agent, undisclosed"
                    )
                ],
            ),
            (
                ENTRY.replace('class = "ai"\n', ""),
                [
                    (
                        "list: AcmeHarvester: class: is missing, wanted one of ai, search, preview, feed, podcast, "
                        "player, library, monitoring, seo, archive, security, advertising, academic, fediverse, "
                        "automation, service"
                    )
                ],
            ),
            (
                ENTRY + 'decisive = ["guess"]\nverify_page = "https://a.example"',
                ["list: AcmeHarvester: decisive: got 'guess', wanted some of ip-ranges, reverse-dns"],
            ),
            (
                ENTRY.replace("purpose", "operator_"),
                [
                    "list: AcmeHarvester: operator_: unknown key",
                    "list: AcmeHarvester: purpose: belongs to class 'ai', and every entry of that class has one",
                ],
            ),
            (
                ENTRY.replace('"ai"', '"seo"'),
                ["list: AcmeHarvester: purpose: belongs to class 'ai', and every entry of that class has one"],
            ),
            (
                ENTRY + 'match = ["Spider", "ab"]',
                [
                    "list: AcmeHarvester: match: 'Spider' is a generic word that programs used by people carry",
                    (
                        "list: AcmeHarvester: match: 'ab' is too short or has no ASCII letters: "
                        "wanted 4 characters or more"
                    ),
                ],
            ),
            (
                ENTRY + 'control_only = true\nmatch = ["AcmeHarvester"]',
                ["list: AcmeHarvester: match: a control token never stands in a user agent"],
            ),
            (
                ENTRY + 'robots_token = "Acme 2"',
                ["list: AcmeHarvester: robots_token: got 'Acme 2', wanted letters, '_' and '-' (RFC 9309)"],
            ),
            (
                ENTRY + '[[crawler]]\ntoken = "Other"\nclass = "seo"\nmatch = ["acmeharvester"]',
                ["list: Other: match: 'acmeharvester' is already looked for by AcmeHarvester"],
            ),
            (
                ENTRY + 'control_only = true\n[[crawler]]\ntoken = "Other"\nclass = "seo"\nmatch = ["acmeharvester"]',
                ["list: Other: match: 'acmeharvester' is already looked for by AcmeHarvester"],
            ),
        ],
    )
    def test_faults(self, text: str, faults: list[str]) -> None:
        """Every fault at once, each with its place."""
        with pytest.raises(CatalogError) as caught:
            parse_catalog(text.encode(), name="list")
        assert faults == list(map(str, caught.value.faults))

    @pytest.mark.parametrize("text", [b"[[crawler]", b"\xff\xfe"])
    def test_no_toml(self, text: bytes) -> None:
        """What cannot be read at all is one fault."""
        with pytest.raises(CatalogError, match=r"^list: "):
            parse_catalog(text, name="list")


class TestExtending:
    """The operator's own entries."""

    OWN = Crawler("gptbot", "Acme", Kind.AI, Purpose.SEARCH, match=("gptbot",))

    @pytest.mark.parametrize("change", [{"in_url": True}, {"operator": "Other"}, {"page": "https://other.example/"}])
    def test_each_change_is_another_version(self, change: dict[str, Any]) -> None:
        """A reload keeps the matcher of a list whose version it knows, so no change may go without one."""
        changed = replace(self.OWN, **change)
        assert CATALOG.extended([changed]).version != CATALOG.extended([self.OWN]).version

    def test_it_replaces(self) -> None:
        """An own entry takes the place of the built-in one of its token, and the version tells that it does."""
        catalog = CATALOG.extended([self.OWN])
        assert catalog.find("GPTBot") is self.OWN
        assert len(catalog.crawlers) == len(CATALOG.crawlers)
        assert catalog.version != CATALOG.version
        assert catalog.version == CATALOG.extended([self.OWN]).version
        claim = Matcher(catalog).claim([b"GPTBot/1.0"])
        assert claim is not None
        assert claim.crawlers == (self.OWN,)

    def test_by_nothing(self) -> None:
        """Without entries it is the same list."""
        assert CATALOG.extended([]) is CATALOG

    def test_find(self) -> None:
        """By product token, whatever its case."""
        assert CATALOG.find("gPTbOT") is CATALOG.find("GPTBot")
        assert Catalog((), "x").find("GPTBot") is None
        assert "GPTBot" in CATALOG.tokens


#: User agents from elsewhere, labelled: development data beside the project, which a checkout of it lacks.
DATA = Path(__file__).parents[2].parent / "shared" / "data"

#: What an agent of a category may be catalogued as. An agent whose operator does not say counts as undisclosed.
FITTING = {
    "training_crawler": {Purpose.TRAINING, Purpose.DATASET, Purpose.UNDISCLOSED},
    "scraper_dataset": {Purpose.DATASET, Purpose.TRAINING, Purpose.UNDISCLOSED},
    "ai_search": {Purpose.SEARCH},
    "user_fetch": {Purpose.ASSISTANT},
    "agent": {Purpose.AGENT},
}


def rows(name: str) -> Iterator[dict[str, object]]:
    file = DATA / f"{name}_dev.jsonl"
    if not file.exists():
        pytest.skip("the development data does not lie beside this checkout")
    yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


class TestDevelopmentData:
    """User agents that were seen elsewhere."""

    def test_every_ai_agent_is_found(self) -> None:
        """With its token, and a purpose that fits."""
        wrong = []
        for row in rows("ai_bots"):
            crawlers = found(str(row["ua"]))
            fits = crawlers and crawlers[0].purpose in FITTING[str(row["category"])]
            if not fits or crawlers[0].token != row["token"]:
                wrong.append((row["token"], row["category"], [crawler.token for crawler in crawlers]))
        assert [] == wrong

    def test_no_person_is_taken_for_a_robot(self) -> None:
        """No browser, app or player is any bot, far less an AI agent."""
        wrong = [
            (row["ua"], crawler.token) for row in rows("humans") for crawler in found(str(row["ua"])) if crawler.bot
        ]
        assert [] == wrong

    def test_no_other_bot_is_taken_for_ai(self) -> None:
        """Except where it is argued whether it is."""
        wrong = [
            (row["ua"], crawler.token)
            for row in rows("other_bots")
            for crawler in found(str(row["ua"]))
            if crawler.ai and not row["disputed"]
        ]
        assert [] == wrong
