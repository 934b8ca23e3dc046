"""What one document says by its headers."""

import pytest

from noscrape.patterns.agent import Agent, Engine
from noscrape.patterns.document import counted_by
from noscrape.patterns.evidence import Field
from noscrape.patterns.shape import Shapes
from noscrape.words import Serves

CHROMIUM = Agent(Engine.CHROMIUM, 141.0)
OLD = Agent(Engine.SAFARI, 15.0)
PAGE = {Field.DOCUMENTS, Field.PAGES, Field.CHROMIUM, Field.TOLD}


def counted(agent: Agent, *headers: tuple[str, str], serves: Serves = Serves.PAGE, routed: bool = True) -> set[int]:
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    return set(counted_by(agent, Shapes().shape(pairs), pairs, serves, routed=routed))


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ((("sec-fetch-site", "same-origin"),), set()),
        ((("sec-fetch-site", "none"),), {Field.UNLINKED}),
        ((("sec-fetch-site", "cross-site"),), {Field.UNLINKED}),
        ((("sec-fetch-site", "none"), ("referer", "https://x/")), {Field.REFERRED}),
        ((), {Field.SILENT, Field.UNHINTED}),
    ],
    ids=["by a link", "from nowhere", "from elsewhere", "with a referer", "silent"],
)
def test_where_it_comes_from(headers: tuple[tuple[str, str], ...], more: set[int]) -> None:
    """Told by fetch metadata or by a referer; silence is another thing than a word."""
    hints = ("sec-ch-ua", "x") if headers else ("x", "x")
    assert PAGE | more == counted(CHROMIUM, ("accept-language", "en"), hints, *headers)


def test_what_is_missing_of_a_browser_s() -> None:
    """A name alone makes no browser, and an old one is not held to what new ones send."""
    assert {Field.UNHINTED, Field.NO_LANGUAGE, Field.SILENT} <= counted(CHROMIUM, ("host", "x"))
    assert Field.UNHINTED not in counted(OLD, ("host", "x"))
    navigation = ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")
    assert Field.NO_DEST in counted(CHROMIUM, *navigation)
    assert Field.NO_DEST not in counted(CHROMIUM, *navigation, ("sec-fetch-dest", "document"))


def test_what_a_script_fetches() -> None:
    """Is no page where no route says that it is one."""
    assert Field.PAGES not in counted(CHROMIUM, ("sec-fetch-mode", "cors"), routed=False)
    assert Field.PAGES in counted(CHROMIUM, ("sec-fetch-mode", "navigate"), routed=False)
    assert Field.PAGES not in counted(CHROMIUM, ("sec-fetch-mode", "navigate"), serves=Serves.DATA)


def test_headers_that_were_not_recorded() -> None:
    """A log of another server tells the user agent alone."""
    assert [Field.DOCUMENTS, Field.PAGES, Field.TOLD, Field.TOOL] == counted_by(
        Agent(tool=True), None, None, Serves.PAGE
    )
    assert [Field.DOCUMENTS, Field.PAGES, Field.CHROMIUM] == counted_by(CHROMIUM, None, None, Serves.PAGE)
