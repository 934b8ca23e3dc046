"""Path patterns and addresses as we write them into documents of the site's.

What a configuration says can never leave its line or its element: everything is percent-encoded but the characters of
a URI. A pattern of ours never ends in `$`, since media is served with signed queries, which a `$` would miss.
"""

import re
from typing import Final

from noscrape.standards.path_pattern import normalised
from noscrape.tracks import PARAMETER

_STARS: Final = re.compile(r"\*{2,}")
_EMAIL: Final = re.compile(r"(?:mailto:)?([^\s@:<>()\",;]+@[^\s@:<>()\",;]+)", re.IGNORECASE)
_WEB: Final = re.compile(r"https?://[^\s]+", re.IGNORECASE)


def path_pattern(template: str) -> str:
    """The pattern that covers all that a path template does: "/media/{slug}.wav" -> "/media/*.wav"."""
    literals = PARAMETER.split(template)[::3]  # between them stand a name and a convertor
    return pattern("*".join(normalised(literal).replace("*", "%2A").replace("$", "%24") for literal in literals))


def pattern(text: str) -> str:
    """A pattern in the one spelling that we write.

    It covers what it covered: `*` at the end goes, for every pattern may be followed by anything, and so does `$`, so
    that what ended there now goes on. A `$` elsewhere is a character of the path, which `%24` says without doubt.
    """
    found = _STARS.sub("*", normalised(text).rstrip("$*")).replace("$", "%24")
    return found if found.startswith("/") else "/" + found


def url(text: str) -> str:
    """A URL without its fragment, which would begin a comment in robots.txt, and which nobody sends."""
    return normalised(text.strip().partition("#")[0])


def contact(text: str) -> str:
    """An address that a person gave, of a page or for mail, as a URL; "" for anything else, such as a name."""
    mail = _EMAIL.fullmatch(text.strip())
    if mail:
        return f"mailto:{normalised(mail[1])}"
    return url(text) if _WEB.fullmatch(text.strip()) else ""


def widest(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns without those that another one covers, in the same order."""
    covering: set[str] = set()
    last = None
    for text in sorted(patterns):  # what begins like another pattern comes right after it
        if last is None or not text.startswith(last):
            last = text
            covering.add(text)
    return tuple(text for text in dict.fromkeys(patterns) if text in covering)


def literal(text: str) -> str:
    """What of a normalised pattern stands before its first `*`: all that it covers begins so."""
    return text.partition("*")[0].removesuffix("$").replace("$", "%24")


def meet(one: str, other: str) -> bool:
    """Whether some path may match both of two normalised patterns: told by how they begin, so rather yes than no."""
    first, second = literal(one), literal(other)
    return first.startswith(second) or second.startswith(first)


def directory(text: str) -> str:
    """The pattern of the directory that a pattern stands in: "/tracks/42" and "/tracks/42/" stand in "/tracks/"."""
    return text[: text.rstrip("/").rfind("/") + 1] or "/"
