"""Entries as text."""

import tomllib
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from noscrape.crawlers import Crawler, Kind, parse_catalog
from noscrape.crawlers.writing import written
from noscrape.site import builtin_catalog
from noscrape.words import Purpose


def said(crawler: Crawler) -> dict[str, object]:
    return {field.name: getattr(crawler, field.name) for field in fields(crawler)}


def test_the_built_in_catalog_comes_back() -> None:
    """Entry by entry, with all that is said of each."""
    crawlers = builtin_catalog().crawlers
    read = parse_catalog(written(crawlers).encode("utf-8")).crawlers
    assert [said(crawler) for crawler in read] == [said(crawler) for crawler in crawlers]


def test_what_it_looks_like() -> None:
    """What the reader takes for granted is left out."""
    crawler = Crawler(token="FooBot", operator="Foo", kind=Kind.AI, purpose=Purpose.TRAINING, match=("FooBot",))
    assert written([crawler], head="From a list.\n\nOf others.") == (
        "# From a list.\n#\n# Of others.\n\n"
        '[[crawler]]\ntoken = "FooBot"\noperator = "Foo"\nclass = "ai"\npurpose = "training"\n'
    )


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_no_text_gets_out_of_its_string(note: str, head: str, examples: list[str]) -> None:
    """Quotes, line ends, control characters: the entry comes back, and the comment stays one."""
    crawler = Crawler(
        token="FooBot", operator="", kind=Kind.SERVICE, match=("FooBot",), note=note, examples=tuple(examples)
    )
    document = tomllib.loads(written([crawler], head=head))
    assert list(document) == ["crawler"]
    assert document["crawler"][0].get("note", "") == note
    assert document["crawler"][0].get("examples", []) == examples
