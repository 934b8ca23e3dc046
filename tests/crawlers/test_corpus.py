"""The corpus of user agents that no list of AI crawlers may match."""

import tomllib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers import CAP_BYTES, Catalog, Matcher
from noscrape.crawlers.catalog import unsafe
from noscrape.crawlers.corpus import GROUPS, Sample, corpus
from noscrape.crawlers.gate import gate
from noscrape.errors import CatalogError
from noscrape.site import builtin_catalog
from noscrape.site.parts import builtin_corpus
from tests.crawlers.lists import crawler

BUILTIN = builtin_catalog()
SAMPLES = builtin_corpus()
MATCHER = Matcher(BUILTIN)


def ai(user_agent: str) -> list[str]:
    claim = MATCHER.look(user_agent)
    return [crawler.token for crawler in claim.crawlers if crawler.ai] if claim else []


class TestTheBuiltIn:
    """What comes with the package."""

    def test_it_is_large(self) -> None:
        """Many hundred, of every group."""
        assert len(SAMPLES) >= 1_800
        assert {sample.group for sample in SAMPLES} == GROUPS

    @pytest.mark.parametrize("group", sorted(GROUPS))
    def test_every_group_counts(self, group: str) -> None:
        """No group is there in name only."""
        assert sum(sample.group == group for sample in SAMPLES) >= 20

    def test_no_ai_agent_is_found_in_it(self) -> None:
        """The built-in catalog passes what it asks of others."""
        assert [] == [(sample.user_agent, tokens) for sample in SAMPLES if (tokens := ai(sample.user_agent))]

    def test_each_is_seen_whole(self) -> None:
        """None is longer than what the matcher reads."""
        assert [] == [sample.user_agent for sample in SAMPLES if len(sample.user_agent.encode()) > CAP_BYTES]

    @pytest.mark.parametrize(
        "trap", ["SLCC2", "LCC)", "Code/1.9", "SPIDER", "Cursor/", "Operator", "CUBOT", "like Googlebot", "Claude/"]
    )
    def test_the_traps_are_in_it(self, trap: str) -> None:
        """What lists in use were seen to match."""
        assert any(trap in sample.user_agent for sample in SAMPLES)

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "EdgiOS",
                "HuaweiBrowser",
                "UCBrowser",
                "MQQBrowser",
                "QQBrowser",
                "Whale",
                "Maxthon",
                "Waterfox",
                "Ubuntu",
            ),
            *(
                "Fedora",
                "Tablet",
                "arm64",
                "HarmonyOS",
                "ArkWeb",
                "webOS",
                "BRAVIA",
                "AppleTV",
                "VIDAA",
                "NetCast",
                "MiTV",
            ),
            *("SM-G991B", "HUAWEI", "OPPO", "vivo", "MIUI", "HONOR", "realme", "TikTok", "baiduboxapp", "KAKAOTALK"),
            *("Twitter for iPhone", "Weibo", "AlipayClient", "VKAndroidApp", "Zalo", "libmpv", "Infuse", "nPlayer"),
            *(
                "BoseSoundTouch",
                "WiiM",
                "Devialet",
                "Beosound",
                "YandexStation",
                "NetEaseMusic",
                "Melon",
                "JOOX",
                "radiko",
            ),
            *("Cronet", "Alamofire", "URLSession", "AFNetworking", "Dart", "UnityPlayer", "Xiaoyuzhou", "Ximalaya"),
            *("Sveriges Radio", "Podbbang", "KukuFM", "SteamOS", "Xbox", "Nintendo Switch 2", "MBUX"),
        ],
    )
    def test_what_is_in_peoples_hands_is_no_ai_agents_name(self, name: str) -> None:
        """A list with such a name does not pass: browsers, phones, televisions, apps, their stacks, hi-fi, podcasts."""
        matcher = Matcher(Catalog(crawlers=(crawler(name),), version=""))
        assert any(matcher.look(sample.user_agent) for sample in SAMPLES)
        assert not gate(BUILTIN.extended([crawler(name)]), current=BUILTIN, corpus=SAMPLES).passed

    @pytest.mark.parametrize(
        "word",
        [
            *("Service", "Network", "Stream", "Downloader", "bots", "Stable", "Client", "Player", "Music", "Radio"),
            *("Podcast", "Mobile", "Desktop", "Smart", "App"),
        ],
    )
    def test_general_words_are_nobodys_name(self, word: str) -> None:
        """Whether a user agent of the corpus has them or not."""
        assert unsafe(word) == (f"{word!r} is a generic word that programs used by people carry",)


class TestReading:
    """Reading a corpus."""

    def test_it_is_read(self) -> None:
        """In order, each with its group."""
        text = b'[browser]\nuser_agents = ["A/1", "B/2"]\n[feed]\nuser_agents = ["C/3"]'
        assert (Sample("A/1", "browser"), Sample("B/2", "browser"), Sample("C/3", "feed")) == corpus(text)

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("[brwser]\nuser_agents = ['A']", "mine: brwser: unknown group, wanted one of browser, device, "),
            ("[browser]\nagents = ['A']", "mine: browser: wanted user_agents, a list of texts"),
            ("[browser]\nuser_agents = 'A'", "mine: browser: wanted user_agents, a list of texts"),
            ("[browser]\nuser_agents = ['A', 1]", "mine: browser: wanted user_agents, a list of texts"),
            ("[browser]\nuser_agents = ['']", "mine: browser: wanted user_agents, a list of texts"),
            ("browser = 1", "mine: browser: wanted user_agents, a list of texts"),
            ("[browser]\nuser_agents = ['A']\n[feed]\nuser_agents = ['A']", "mine: a user agent stands there twice"),
            ("[browser", "mine: "),
        ],
        ids=["group", "key", "text", "number", "empty", "no table", "twice", "no TOML"],
    )
    def test_faults(self, text: str, fault: str) -> None:
        """What is none is told, with its place."""
        with pytest.raises(CatalogError) as caught:
            corpus(text.encode(), name="mine")
        assert str(caught.value.faults[0]).startswith(fault)

    @given(st.binary(max_size=200) | st.text(alphabet='[]browsefd_u agnt="1\n', max_size=80).map(str.encode))
    def test_any_bytes(self, text: bytes) -> None:
        """They are a corpus, or told as a fault."""
        with suppress(CatalogError):
            tables = tomllib.loads(text.decode()).values() if corpus(text) else ()
            assert len(corpus(text)) == sum(len(table["user_agents"]) for table in tables)
