"""From a user agent to the crawlers that it names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers import CAP_BYTES, Catalog, Crawler, Kind, Matcher
from noscrape.crawlers.matching import RESTRICTIVENESS, trie_pattern
from noscrape.site import builtin_catalog
from noscrape.words import Purpose

TRAINER = Crawler("GPTBot", "OpenAI", Kind.AI, Purpose.TRAINING, match=("GPTBot",))
SEARCHER = Crawler("FindBot", "Acme", Kind.AI, Purpose.SEARCH, match=("FindBot",))
CAROUSEL = Crawler("FindBot-Carousel", "Acme", Kind.AI, Purpose.ASSISTANT, match=("FindBot-Carousel",))
LEIPZIG = Crawler("LCC", "Leipzig", Kind.AI, Purpose.DATASET, match=("corpora.uni-leipzig.de",), in_url=True)
ENGINE = Crawler("Googlebot", "Google", Kind.SEARCH, match=("Googlebot",))
CONTROL = Crawler("Google-Extended", "Google", Kind.AI, Purpose.TRAINING, control_only=True)
WORDS = Crawler("Linguee Bot", "DeepL", Kind.AI, Purpose.TRAINING, match=("Linguee Bot",))
ALL = (TRAINER, SEARCHER, CAROUSEL, LEIPZIG, ENGINE, CONTROL, WORDS)


@pytest.fixture
def matcher() -> Matcher:
    return Matcher(Catalog(ALL, "test"))


def tokens(matcher: Matcher, *user_agents: str) -> list[str]:
    claim = matcher.claim(agent.encode("latin-1") for agent in user_agents)
    return [crawler.token for crawler in claim.crawlers] if claim else []


class TestBoundaries:
    """A letter or digit beside a name spoils it; everything else does not."""

    @pytest.mark.parametrize(
        "user_agent",
        [
            *(
                "GPTBot",
                "gptbot",
                "GPTBOT/1.0",
                "x GPTBot",
                "GPTBot_1234",
                "_GPTBot",
                "(GPTBot)",
                ";GPTBot;",
                "[GPTBot]",
            ),
            *("/GPTBot/", "GPTBot-News", "my-GPTBot", "GPTBot.", "GPTBot\x00", "\x1b[31;GPTBot\x1b[0m", "GPTBot\xe9"),
        ],
    )
    def test_found(self, matcher: Matcher, user_agent: str) -> None:
        """Agents append ids and comments, and write themselves in any case."""
        assert tokens(matcher, user_agent) == ["GPTBot"]

    @pytest.mark.parametrize(
        "user_agent",
        ["", "GPT Bot", "GPTBots", "GPTBot2", "MyGPTBot", "1GPTBot", "GPT-Bot", "SLCC2", "LCC", "Google-Extended"],
    )
    def test_not_found(self, matcher: Matcher, user_agent: str) -> None:
        """A name inside a word is none; a control token never stands in a user agent."""
        assert tokens(matcher, user_agent) == []

    def test_like_one_is_not_one(self, matcher: Matcher) -> None:
        """Those who say that they are like another say that they are not it; its name elsewhere still counts."""
        assert tokens(matcher, "ProbeBot/1.0 (like GPTBot)") == []
        assert tokens(matcher, "GPTBot/1.2 (like GPTBot)") == ["GPTBot"]

    def test_the_longest_name_wins(self, matcher: Matcher) -> None:
        """At one place; where it is spoiled, the shorter one is left."""
        assert tokens(matcher, "FindBot-Carousel/1.0") == ["FindBot-Carousel"]
        assert tokens(matcher, "FindBot-Carousels/1.0") == ["FindBot"]
        assert tokens(matcher, "FindBot-Carousel FindBot") == ["FindBot", "FindBot-Carousel"]

    def test_as_it_was_spelled(self, matcher: Matcher) -> None:
        """What was recognised is told in the agent's own letters."""
        for user_agent, matched in (
            ("x gPtBoT/1", "gPtBoT"),
            ("+http://Corpora.uni-leipzig.DE/", "Corpora.uni-leipzig.DE"),
        ):
            claim = matcher.look(user_agent)
            assert claim is not None
            assert claim.matched == matched


class TestAddresses:
    """Names inside URLs and mail addresses do not count, unless the entry says so."""

    @pytest.mark.parametrize(
        "user_agent",
        [
            "Scanner/1.0 (+https://example.org/gptbot)",
            "Scanner/1.0 (+http://gptbot.example.org)",
            "Scanner/1.0 (+HTTPS://example.org/?q=GPTBot)",
            "Scanner/1.0 (www.example.org/gptbot)",
            "Scanner/1.0 (gptbot@example.org)",
            "Scanner/1.0 (info@gptbot.example)",
            "Scanner/1.0 (mailto:x@example.org/GPTBot)",
        ],
    )
    def test_no_match(self, matcher: Matcher, user_agent: str) -> None:
        """A page about a crawler, or a policy for one, is no crawler."""
        assert tokens(matcher, user_agent) == []

    @pytest.mark.parametrize(
        "user_agent",
        [
            "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "GPTBot (+https://example.org)",
            "+https://example.org;GPTBot",
            "(https://example.org)GPTBot",
            "https://example.org GPTBot",
            "bot@example.org GPTBot",
            "bot@example.org,GPTBot",
        ],
    )
    def test_beside_an_address(self, matcher: Matcher, user_agent: str) -> None:
        """An address ends where no address goes on."""
        assert tokens(matcher, user_agent) == ["GPTBot"]

    @pytest.mark.parametrize(
        "user_agent",
        ["LCC (+https://corpora.uni-leipzig.de/crawler.html)", "x corpora.uni-leipzig.de", "a@corpora.uni-leipzig.de"],
    )
    def test_entries_known_by_their_address(self, matcher: Matcher, user_agent: str) -> None:
        """An agent whose name is a common word is found by where it points."""
        assert tokens(matcher, user_agent) == ["LCC"]
        assert tokens(matcher, user_agent.replace("leipzig", "leipzigs")) == []


class TestSeveral:
    """Several names, and several headers."""

    def test_the_most_restrictive_speaks(self, matcher: Matcher) -> None:
        """In whatever order they stand."""
        for user_agent in ("Googlebot FindBot GPTBot", "GPTBot FindBot Googlebot"):
            assert tokens(matcher, user_agent) == ["GPTBot", "FindBot", "Googlebot"]

    def test_every_purpose_has_its_rank(self) -> None:
        """And what is no AI comes last."""
        assert set(RESTRICTIVENESS) == {*Purpose, None}
        assert RESTRICTIVENESS[-1] is None

    def test_every_header_is_looked_at(self, matcher: Matcher) -> None:
        """A browser's name in the first header hides nothing in the second."""
        assert tokens(matcher, "Mozilla/5.0", "GPTBot/1.0") == ["GPTBot"]
        assert tokens(matcher, "FindBot", "GPTBot") == ["GPTBot", "FindBot"]

    def test_headers_are_not_run_together(self, matcher: Matcher) -> None:
        """A name or an address does not go from one header into the next."""
        assert tokens(matcher, "Linguee", "Bot") == []
        assert tokens(matcher, "GPT", "Bot") == []
        assert tokens(matcher, "+https://example.org/", "GPTBot") == ["GPTBot"]

    def test_none(self, matcher: Matcher) -> None:
        """No header claims nothing."""
        assert matcher.claim([]) is None
        assert matcher.claim([b""]) is None


class TestBadInput:
    """User agents are anybody's bytes."""

    @given(st.lists(st.binary(max_size=600), max_size=3))
    def test_any_bytes(self, user_agents: list[bytes]) -> None:
        """They are looked at, and never fail."""
        matcher = Matcher(Catalog(ALL, "test"))
        first, again = matcher.claim(user_agents), matcher.claim(user_agents)
        assert first is again

    def test_only_the_beginning_is_read(self, matcher: Matcher) -> None:
        """Each header is cut; a name before the cut is found, one behind it is not."""
        assert tokens(matcher, "x" * (CAP_BYTES - 7) + " GPTBot" + "x" * 200_000) == ["GPTBot"]
        assert tokens(matcher, "x" * CAP_BYTES + " GPTBot") == []

    @pytest.mark.parametrize(
        "shape",
        [
            "gptbo",
            "gptbot",
            "gptbot-",
            "findbot-carouse",
            "a@",
            "a@b.",
            "@",
            "www.",
            "http://",
            "-",
            "\x00",
            "x y@",
            "é",
        ],
    )
    def test_long_input(self, matcher: Matcher, shape: str) -> None:
        """200 KB of what looks nearly like a name or an address is read to its end, and the name there is found."""
        text = shape * (200_000 // len(shape))
        claim = matcher.look(text + " GPTBot")
        assert claim is not None
        assert TRAINER in claim.crawlers
        matcher.unlisted(text)

    def test_the_expression_repeats_nothing(self) -> None:
        """So each place is left after the longest name at most: the time is linear whatever is written."""
        pattern = Matcher(builtin_catalog())._pattern.pattern
        assert not set(re.sub(r"\\.", "", pattern)) & set("*+{")


NAMES = st.lists(st.text(alphabet="ab1- .", min_size=1, max_size=5), min_size=1, max_size=8, unique=True)
TEXTS = st.text(alphabet="abAB1- ._/é", max_size=30)


def slow(names: list[str], text: str) -> list[str]:
    """What is found by a loop over all places and all names."""
    text, found, at = text.lower(), [], 0
    while at < len(text):
        here = [
            name
            for name in names
            if text[at : at + len(name)] == name and not beside(text, at - 1) and not beside(text, at + len(name))
        ]
        if here:
            found.append(max(here, key=len))
        at += len(found[-1]) if here else 1
    return found


def beside(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at] in "abcdefghijklmnopqrstuvwxyz0123456789"


class TestBesideALoop:
    """The trie finds what a slow loop finds."""

    @given(NAMES, TEXTS)
    def test_expression(self, names: list[str], text: str) -> None:
        """The same names at the same places."""
        assert slow(names, text) == trie_pattern(names).findall(text.lower())

    @given(NAMES, TEXTS)
    def test_matcher(self, names: list[str], text: str) -> None:
        """The same crawlers."""
        catalog = Catalog(tuple(Crawler(name, "", Kind.SEO, match=(name.upper(),)) for name in names), "test")
        claim = Matcher(catalog).look(text)
        found = {crawler.token for crawler in claim.crawlers} if claim else set()
        assert set(slow(names, text)) == found

    @given(st.data())
    def test_the_whole_catalog(self, data: st.DataObject) -> None:
        """Pieces of real names, put together in any way."""
        names = list(BUILTIN._names)
        pieces = data.draw(st.lists(st.sampled_from(names) | st.sampled_from([" ", "/", "-", "x", "1"]), max_size=6))
        text = "".join(pieces)
        if "@" not in text and "www." not in text and "://" not in text:
            expected = {BUILTIN._names[name] for name in slow(names, text)}
            claim = BUILTIN.look(text)
            found = {crawler for crawler in claim.crawlers if not crawler.in_url} if claim else set()
            assert expected == found

    def test_no_names(self) -> None:
        """An empty catalog finds nothing."""
        assert trie_pattern([]).search("anything") is None
        assert Matcher(Catalog((), "empty")).claim([b"GPTBot"]) is None


BUILTIN = Matcher(builtin_catalog())


class TestUnlisted:
    """Agents in no catalog that call themselves robots."""

    @pytest.mark.parametrize(
        ("user_agent", "word"),
        [
            ("AcmeBot/1.0", "acmebot"),
            ("Mozilla/5.0 (X11) my-crawler2/1.0", "crawler2"),
            ("some.spider", "spider"),
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", None),
            ("Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20)", None),
            ("Robotics/1.0", None),
            ("Reader (+https://example.org/bot)", None),
            ("Reader (bot@example.org)", None),
            ("", None),
        ],
    )
    def test_word(self, matcher: Matcher, user_agent: str, word: str | None) -> None:
        """The word is told; what it is taken for is nobody's decision here."""
        assert word == matcher.unlisted(user_agent)


class TestBounds:
    """Verdicts are kept within bounds."""

    def test_the_cache_is_bounded(self) -> None:
        """Any number of user agents leaves at most twice the bound, and the verdicts right."""
        matcher = Matcher(Catalog(ALL, "test"), cache_entries=10)
        for number in range(1000):
            assert tokens(matcher, f"GPTBot/{number}") == ["GPTBot"]
            assert tokens(matcher, f"Firefox/{number}") == []
        assert len(matcher._recent) + len(matcher._older) <= 20

    def test_a_wall_of_headers_is_not_kept(self, matcher: Matcher) -> None:
        """A request with a hundred user agents is judged, and takes no memory."""
        assert tokens(matcher, *["x" * 500] * 100, "GPTBot") == ["GPTBot"]
        assert not matcher._recent
