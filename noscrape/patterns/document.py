"""What the headers of one document say: which numbers of a record it adds to."""

from typing import Final

from noscrape.patterns.agent import Agent
from noscrape.patterns.evidence import (
    CHROMIUM,
    DOCUMENTS,
    HEADLESS,
    NAMES,
    NO_DEST,
    NO_LANGUAGE,
    PAGES,
    REFERRED,
    SILENT,
    TOLD,
    TOOL,
    UNHINTED,
    UNLINKED,
)
from noscrape.patterns.shape import Shape
from noscrape.request import Headers
from noscrape.words import Serves

#: What is odd about headers, with the detector that looks at it; and what that must be worth here.
ODD: Final = tuple(
    (number, NAMES.index(name))
    for number, name in (
        (UNHINTED, "client-hints"),
        (NO_DEST, "fetch-dest"),
        (NO_LANGUAGE, "language"),
        (TOOL, "tool"),
        (HEADLESS, "headless"),
    )
)
SAYS_SOMETHING: Final = 0.5


def counted_by(
    agent: Agent, shape: Shape | None, headers: Headers | None, serves: Serves, *, routed: bool = True
) -> list[int]:
    """What one document adds to, by one each. What a script fetches where no route names it is taken for no page."""
    found = [DOCUMENTS]
    page = serves is Serves.PAGE
    if page and not routed and shape is not None and headers is not None and shape.mode >= 0:
        page = headers[shape.mode][1] == b"navigate"
    if page:
        found.append(PAGES)
    if agent.engine:
        found.append(CHROMIUM + agent.engine - 1)
    if shape is None or headers is None:
        if agent.tool:
            found += (TOLD, TOOL)
        elif agent.headless:
            found += (TOLD, HEADLESS)
        return found
    found.append(TOLD)
    if page and shape.referer >= 0:
        found.append(REFERRED)
    elif page and shape.site < 0:
        found.append(SILENT)
    elif page and headers[shape.site][1] not in _FROM_HERE:
        found.append(UNLINKED)
    if agent.tool:
        found.append(TOOL)
    elif agent.engine:
        if (agent.hints and not shape.hints) or (agent.metadata and not shape.metadata):
            found.append(UNHINTED)
        if not shape.dest and shape.mode >= 0 and headers[shape.mode][1] == b"navigate":
            found.append(NO_DEST)
        if not shape.language:
            found.append(NO_LANGUAGE)
    if agent.headless:
        found.append(HEADLESS)
    return found


_FROM_HERE: Final = frozenset({b"same-origin", b"same-site"})
