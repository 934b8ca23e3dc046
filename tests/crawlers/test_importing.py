"""Lists of others, read as entries of ours."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers import Kind, parse_catalog
from noscrape.crawlers.importing import (
    CRAWLER_USER_AGENTS,
    LARGEST_BYTES,
    MOST_ENTRIES,
    OUR_TOML,
    PLAIN,
    ROBOTS_JSON,
    Imported,
    imported,
)
from noscrape.crawlers.writing import written
from noscrape.words import Purpose
from tests.crawlers.lists import CURRENT


def read(document: Any, **options: Any) -> Imported:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return imported(data, name="list", **options)


def tokens(found: Imported) -> list[str]:
    return [crawler.token for crawler in found.crawlers]


def refused(found: Imported) -> str:
    return "\n".join(map(str, found.refused))


class TestRobotsJson:
    """The robots.json of ai.robots.txt."""

    def test_an_entry(self) -> None:
        """An AI agent with its operator, the operator's page, and a purpose where the function is plain."""
        found = read(
            {"FooBot": {"operator": "[Foo](https://foo.example)", "function": "LLM training.", "respect": "Yes"}}
        )
        (crawler,) = found.crawlers
        assert found.format == ROBOTS_JSON
        assert (crawler.token, crawler.operator, crawler.page) == ("FooBot", "Foo", "https://foo.example")
        assert (crawler.kind, crawler.purpose, crawler.contested) == (Kind.AI, Purpose.TRAINING, True)

    @pytest.mark.parametrize(
        ("function", "purpose"),
        [
            ("Scrapes data to train models.", Purpose.TRAINING),
            ("AI Data Scrapers", Purpose.TRAINING),
            ("Builds datasets.", Purpose.DATASET),
            ("AI Data Providers", Purpose.DATASET),
            ("AI Search Crawlers", Purpose.SEARCH),
            ("AI Assistants", Purpose.ASSISTANT),
            ("AI Agents", Purpose.AGENT),
            ("Undocumented AI Agents", Purpose.UNDISCLOSED),
            ("Search, and training of models", Purpose.UNDISCLOSED),
            ("Data is sold.", Purpose.UNDISCLOSED),
            ("", Purpose.UNDISCLOSED),
            (7, Purpose.UNDISCLOSED),
        ],
    )
    def test_functions(self, function: object, purpose: Purpose) -> None:
        """What is not plain is undisclosed."""
        assert read({"FooBot": {"function": function}}).crawlers[0].purpose is purpose

    @pytest.mark.parametrize(
        ("said", "operator", "page"),
        [
            ("Unclear at this time.", "", ""),
            ("https://foo.example/bot", "", "https://foo.example/bot"),
            ("Foo, used for this and that", "Foo", ""),
            ("Foo\x1b[2J", "", ""),
            ("[Foo](javascript:alert)", "[Foo](javascript:alert)", ""),
            (None, "", ""),
        ],
    )
    def test_operators(self, said: object, operator: str, page: str) -> None:
        """The name alone, and a page that is one."""
        crawler = read({"FooBot": {"operator": said}}).crawlers[0]
        assert (crawler.operator, crawler.page) == (operator, page)

    def test_versions_are_cut(self) -> None:
        """A product is meant in all its versions."""
        assert tokens(read({"fooagent/1.1": {}, "FooAgent": {}, "Bar/": {}})) == ["fooagent"]

    def test_an_entry_that_is_none(self) -> None:
        """It is told, and the others are taken."""
        found = read({"FooBot": {}, "BarBot": 3})
        assert tokens(found) == ["FooBot"]
        assert refused(found) == "list: BarBot: got int, wanted an object with operator and function"


class TestCrawlerUserAgents:
    """The JSON of crawler-user-agents."""

    def test_an_entry(self) -> None:
        """Its tag says the class, its user agents are the examples."""
        agent = "Mozilla/5.0 (compatible; FooBot/1.0)"
        entry = {"pattern": "FooBot\\/", "url": "https://foo.example/", "instances": [agent], "tags": ["seo"]}
        found = read([entry])
        (crawler,) = found.crawlers
        assert found.format == CRAWLER_USER_AGENTS
        assert (crawler.token, crawler.match, crawler.kind, crawler.purpose) == ("FooBot", ("FooBot",), Kind.SEO, None)
        assert (crawler.examples, crawler.page) == ((agent,), "https://foo.example/")

    def test_the_ones_that_are_called_ai(self) -> None:
        """What for is not said; AI is stronger than another tag."""
        crawler = read([{"pattern": "FooBot", "tags": ["seo", "ai-crawler"]}]).crawlers[0]
        assert (crawler.kind, crawler.purpose) == (Kind.AI, Purpose.UNDISCLOSED)

    def test_the_ones_without_a_tag(self) -> None:
        """Most bots are no AI agents: they are named and not acted upon, unless told otherwise."""
        assert read([{"pattern": "FooBot"}]).crawlers[0].kind is Kind.SERVICE
        crawler = read([{"pattern": "FooBot"}], unclassed=Kind.AI).crawlers[0]
        assert (crawler.kind, crawler.purpose) == (Kind.AI, Purpose.UNDISCLOSED)

    def test_an_address(self) -> None:
        """It is looked for inside addresses, where the list's own user agents have it there."""
        (crawler,) = read(
            [{"pattern": "bots\\.foo\\.example", "instances": ["x (+https://bots.foo.example/)"]}]
        ).crawlers
        assert crawler.in_url

    @pytest.mark.parametrize(
        ("pattern", "instances", "reason"),
        [
            ("^FooBot$", [], "anchored"),
            (".*", [], "wildcard"),
            ("(a+)+$", [], "quadratic time"),
            ("Spider", [], "generic word"),
            ("Code\\/", [], "generic word"),
            ("LCC", [], "generic word"),
            ("ds9", [], "too short"),
            ("", [], "matches everything"),
            ("ooBo", ["FooBot/1.0"], "not found in any user agent"),
            ("Foo\x07Bot", [], "control characters"),
            (7, [], "no pattern"),
        ],
    )
    def test_what_is_refused(self, pattern: object, instances: list[str], reason: str) -> None:
        """With the reason; the others are taken."""
        found = read([{"pattern": pattern, "instances": instances}, {"pattern": "BarBot"}])
        assert tokens(found) == ["BarBot"]
        assert reason in refused(found)

    @pytest.mark.parametrize("other", [{"instances": "FooBot"}, {"instances": [7, None]}, {"tags": 7}, {"url": []}])
    def test_keys_of_another_shape(self, other: dict[str, object]) -> None:
        """They say nothing."""
        assert tokens(read([{"pattern": "FooBot"} | other])) == ["FooBot"]

    def test_few_examples_are_kept(self) -> None:
        """Those that the entry is found in, and that would be looked at in full."""
        agents = ["\x1bFooBot", "x" * 600 + " FooBot", "\ud800 FooBot", *(f"FooBot/{number}" for number in range(9))]
        assert read([{"pattern": "FooBot", "instances": agents}]).crawlers[0].examples == (
            "FooBot/0",
            "FooBot/1",
            "FooBot/2",
        )


class TestPlain:
    """A name a line."""

    def test_lines(self) -> None:
        """Comments, empty lines, blanks, a byte order mark, any line end; a JSON list is the same."""
        found = read(b"\xef\xbb\xbf# AI\r\nFooBot\r\n\r\n  Bar-Agent \nFoo Crawler")
        assert (found.format, tokens(found)) == (PLAIN, ["FooBot", "Bar-Agent", "Foo Crawler"])
        assert {crawler.purpose for crawler in found.crawlers} == {Purpose.UNDISCLOSED}
        assert tokens(read(["FooBot", "Bar-Agent"])) == ["FooBot", "Bar-Agent"]

    @pytest.mark.parametrize(
        "line",
        [
            *("^GPTBot$", ".*", "(a+)+", "Foo|Bar", "Spider", "Code", "LCC", "ab", "Föö-Bot", "x" * 200, "\x1b[2JFoo"),
            *('token = "BarBot"', "token = BarBot", '"BarBot"'),
        ],
    )
    def test_what_is_no_name(self, line: str) -> None:
        """Regular expressions, generic words, and what no user agent holds."""
        found = read(f"FooBot\n{line}\n".encode())
        assert tokens(found) == ["FooBot"]
        assert len(found.refused) == 1
        assert refused(found).startswith("list: ")


class TestOurs:
    """Lists of noscrape's own."""

    def test_it_is_taken_as_it_stands(self) -> None:
        """Entries of built-in tokens as well: the operator means them."""
        found = imported(written(CURRENT.crawlers).encode(), name="ours.toml", known=CURRENT)
        assert (found.format, len(found.crawlers), found.known) == (OUR_TOML, len(CURRENT.crawlers), ())

    def test_faults(self) -> None:
        """All of them are told, and nothing is taken."""
        found = read(b'[[crawler]]\ntoken = "Spider"\nclass = "ai"\n')
        assert found.crawlers == ()
        assert "generic word" in refused(found)
        assert "purpose" in refused(found)

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("match = 5", "match: got int, wanted a list of texts"),
            ("examples = [5]", "examples: got list, wanted a list of texts"),
            ("robots_token = 5", "robots_token: got int, wanted a text"),
            ('in_url = "yes"', "in_url: got str, wanted true or false"),
            ('checked = "today"', "checked: got str, wanted a date"),
            ("unknown = 5", "unknown: unknown key"),
        ],
    )
    def test_values_of_another_type(self, line: str, told: str) -> None:
        """They are told by their key."""
        found = read(f'[[crawler]]\ntoken = "AcmeBot"\nclass = "ai"\npurpose = "agent"\n{line}\n'.encode())
        assert found.crawlers == ()
        assert told in refused(found)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("GPTBot\nAcmeBot\n", "is no TOML, or only a part of it"),
            ('["AcmeBot"]x', "is no TOML, or only a part of it"),
            ("<html>", "is no TOML, or only a part of it"),
            ('stance = "no-ai"\n', "crawler: no entry, wanted at least one [[crawler]] table"),
            ("crawler = 5\n", "crawler: no entry, wanted at least one [[crawler]] table"),
            ("", "crawler: no entry, wanted at least one [[crawler]] table"),
        ],
        ids=["names", "half", "HTML", "settings", "no table", "empty"],
    )
    @pytest.mark.parametrize("name", ["ours.toml", "OURS.TOML"])
    def test_a_file_called_toml_is_that_or_nothing(self, name: str, text: str, told: str) -> None:
        """Its lines are never taken for names."""
        found = imported(text.encode(), name=name)
        assert ((), OUR_TOML if "crawler" in told else "") == (found.crawlers, found.format)
        assert told in refused(found)

    def test_a_class_that_is_missing(self) -> None:
        """It is told by its key, with what may stand there."""
        found = read(b'[[crawler]]\ntoken = "AcmeBot"\n')
        assert refused(found).startswith("list: AcmeBot: class: is missing, wanted one of ai, search, preview, ")

    def test_half_a_file(self) -> None:
        """It is none."""
        assert "no TOML" in refused(read(b'[[crawler]]\ntoken = "Foo'))


class TestKnown:
    """Names that the catalog has."""

    def test_its_facts_are_kept(self) -> None:
        """They come with updates; the list's entry is left out, whatever its case."""
        found = read({"gptbot": {"function": "AI Agents"}, "NewBot": {}}, known=CURRENT)
        assert (tokens(found), found.known) == (["NewBot"], ("GPTBot",))

    def test_unless_told(self) -> None:
        """The purpose is the list's then, where it says one; all else is the catalog's."""
        document = {"gptbot": {"function": "AI Agents"}, "ChatGPT-User": {"function": "?"}, "SeekWideBot": {}}
        found = read(document, known=CURRENT, overriding=True)
        (crawler,) = found.crawlers
        assert (crawler.token, crawler.purpose, crawler.operator) == ("GPTBot", Purpose.AGENT, "OpenAI")
        assert found.known == ("ChatGPT-User", "SeekWideBot")


class TestNoList:
    """What is no list of crawlers."""

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "is empty"),
            (b"# nothing\n\n", "is empty"),
            (b"[]", "is empty"),
            (b"{}", "is empty"),
            (b"<!doctype html><title>404</title>", "HTML"),
            (b'{"FooBot": {"oper', "no JSON"),
            (b"[" * 200_000, "no JSON"),
            (b'{"a": ' * 200_000, "no JSON"),
            (b"\xff\xfe\x00", "no text in UTF-8"),
            (b"[[crawler]]\n" * (MOST_ENTRIES + 1), "entries"),
            (b"x" * (LARGEST_BYTES + 1), "bytes"),
            (b"\n".join(b"Agent%d-Bot" % number for number in range(MOST_ENTRIES + 1)), "entries"),
            (b"[" + b"1" * 5000 + b"]", "no JSON"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_it_is_refused(self, data: bytes, reason: str) -> None:
        """With the reason."""
        found = read(data)
        assert (found.crawlers, len(found.refused)) == ((), 1)
        assert reason in refused(found)

    @given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
    def test_no_bytes_stop_it(self, data: bytes) -> None:
        """And whatever is taken is a list that can be read back."""
        found = read(data)
        if found.crawlers:
            assert len(parse_catalog(written(found.crawlers).encode()).crawlers) == len(found.crawlers)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["pattern", "instances", "tags", "url", "operator"]) | st.text(), inner
                )
            ),
            max_leaves=10,
        )
    )
    def test_no_json_stops_it(self, document: Any) -> None:
        """Nothing is raised."""
        assert isinstance(read(document, known=CURRENT), Imported)
