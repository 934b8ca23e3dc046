"""The licence that robots.txt and `Link: rel="license"` name: RSL 1.0, Really Simple Licensing.

It grants no more than the policy does: what it permits is exhaustive, and there is no offer of payment in it. It has
the namespace without a prefix, lists separated by spaces, and at most one `permits` and `prohibits` in a licence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from noscrape.signals import paths

#: The words for what a machine may do, from wide to narrow. `ai-all` is all that begins with `ai-`; it is not `search`.
USAGE: Final = ("all", "ai-all", "ai-train", "ai-input", "ai-index", "search")


@dataclass(frozen=True, slots=True)
class Content:
    """What is licensed of the paths that a pattern covers; tokens of `USAGE`. What is in both lists is prohibited.

    Raises ValueError for a token that RSL does not know, and where nothing is said at all.
    """

    pattern: str
    prohibited: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        said = {*self.prohibited, *self.permitted}
        unknown = sorted(said.difference(USAGE))
        if unknown:
            raise ValueError(f"RSL has no usage {unknown[0]!r}: wanted {', '.join(USAGE)}")
        if not said:
            raise ValueError(f"{self.pattern}: a licence that says nothing would permit everything")


def licence_document(contents: Sequence[Content], *, terms: str = "", contact: str = "") -> bytes:
    """The document. `terms` is the URL of the terms for people; `contact` an address of a page or for mail.

    Raises ValueError for no contents, since the standard wants one.
    """
    if not contents:
        raise ValueError("a licence needs at least one content")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<rsl xmlns="https://rslstandard.org/rsl">',
        *(line for content in contents for line in _content(content, paths.url(terms), paths.contact(contact))),
        "</rsl>",
        "",
    ]
    return "\n".join(lines).encode("ascii")


def _content(content: Content, terms: str, contact: str) -> Iterator[str]:
    yield f"  <content url={quoteattr(paths.pattern(content.pattern))}>"
    yield "    <license>"
    permitted = set(content.permitted) - set(content.prohibited)
    if permitted:
        yield f'      <permits type="usage">{_listed(permitted)}</permits>'
    if content.prohibited:
        yield f'      <prohibits type="usage">{_listed(content.prohibited)}</prohibits>'
    if contact:
        yield f'      <legal type="contact">{escape(contact)}</legal>'
    yield "    </license>"
    if terms:
        yield f"    <terms>{escape(terms)}</terms>"
    yield "  </content>"


def _listed(tokens: Iterable[str]) -> str:
    return " ".join(sorted(set(tokens), key=USAGE.index))
