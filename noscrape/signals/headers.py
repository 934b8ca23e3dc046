"""From what is reserved to response headers, and from an app's own headers to what it reserved.

How the lines must look was measured against the tools that read them: lower case, commas, no colon and no agent prefix
in `X-Robots-Tag`, since one reader splits each line at its first colon and a proxy may merge two lines into one. So our
lines are appended, and never merged into the app's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from noscrape.reservation import (
    Terms,
    from_content_usage,
    from_robots_directives,
    from_tdm_reservation,
)
from noscrape.words import TRAINING_PURPOSES, Purpose

RawHeaders = list[tuple[bytes, bytes]]

X_ROBOTS_TAG: Final = b"x-robots-tag"
TDM_RESERVATION: Final = b"tdm-reservation"
TDM_POLICY: Final = b"tdm-policy"
CONTENT_USAGE: Final = b"content-usage"
LINK: Final = b"link"

#: Answers that carry the content, or confirm a stored copy of it: only they speak of its reservation.
SIGNALLED: Final = frozenset({200, 206, 304})


class SharedCache(Enum):
    """What is said to caches between us and the client about pages of reserved works."""

    AS_IS = "as-is"
    VARY = "vary"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Emission:
    """Which signals the operator has us send. `policy` and `licence` are absolute URLs, or "" for none."""

    x_robots_tag: bool = True
    tdm_reservation: bool = True
    content_usage: bool = True
    link: bool = True
    policy: str = ""
    licence: str = ""
    shared_cache: SharedCache = SharedCache.AS_IS

    def lines(self, terms: Terms, *, refusal: bool = False) -> tuple[tuple[bytes, bytes], ...]:
        """The header lines for terms. A refusal carries no `Content-Usage`, which speaks of the message's content."""
        if not terms.reserved & TRAINING_PURPOSES:
            return ((TDM_RESERVATION, b"0"),) if terms.tdm_zero and self.tdm_reservation and not refusal else ()
        lines: RawHeaders = []
        training = Purpose.TRAINING in terms.reserved
        if self.x_robots_tag and training:
            lines.append((X_ROBOTS_TAG, b"noai, noimageai"))
        if self.tdm_reservation:
            lines.append((TDM_RESERVATION, b"1"))
            if self.policy:
                lines.append((TDM_POLICY, self.policy.encode("ascii")))
        if self.content_usage and training and not refusal:
            lines.append((CONTENT_USAGE, b"train-ai=n"))
        if self.link and self.licence:
            lines.append((LINK, f'<{self.licence}>; rel="license"; type="application/rsl+xml"'.encode("ascii")))
        if refusal and self.link and self.policy:
            lines.append((LINK, f'<{self.policy}>; rel="describedby"'.encode("ascii")))
        if not refusal and self.shared_cache is SharedCache.VARY:
            lines.append((b"vary", b"User-Agent"))
        if not refusal and self.shared_cache is SharedCache.PRIVATE:
            lines.append((b"cache-control", b"private"))
        return tuple(lines)


#: Headers of the app's that ours may meet.
CONCERNED: Final = frozenset({X_ROBOTS_TAG, TDM_RESERVATION, TDM_POLICY, CONTENT_USAGE, LINK})


def concerned(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Those of an app's headers that ours may meet, their names in lower case."""
    return [(name.lower(), value) for name, value in headers if name.lower() in CONCERNED]


def add(headers: RawHeaders, lines: Iterable[tuple[bytes, bytes]], own: RawHeaders) -> str:
    """Append signal lines to a response's headers, in place, and never double what the app says itself.

    `own` is what `concerned()` found in them. A `tdm-reservation` of the app's that is not the stricter is replaced,
    since two would be none; all else of the app's stays. Returns a warning for the operator, "" for none.
    """
    warning = ""
    for name, value in lines:
        said = [text for key, text in own if key == name]
        if not said:
            headers.append((name, value))
        elif name == TDM_RESERVATION:
            if value != b"0" and any(text.strip() != value for text in said):
                headers[:] = [item for item in headers if item[0].lower() != TDM_RESERVATION]
                headers.append((name, value))
                warning = "the app's tdm-reservation was replaced by the stricter one"
        elif name == X_ROBOTS_TAG:
            if any(b":" in text for text in said):
                warning = "the app's X-Robots-Tag has a colon, which makes some tools miss a noai beside it"
            if not any(from_robots_directives(text.decode("latin-1")).reserved for text in said):
                headers.append((name, value))
        elif name == CONTENT_USAGE:
            if not from_content_usage(b", ".join(said).decode("latin-1")).reserved and value not in said:
                headers.append((name, value))
            if not from_content_usage(b", ".join((*said, value)).decode("latin-1")).reserved:
                warning = "the app's Content-Usage does not parse, so that nothing beside it counts either"
        elif name != TDM_POLICY and value not in said:
            headers.append((name, value))
    return warning


def reserved_by_app(own: RawHeaders) -> tuple[Terms, str] | None:
    """What the app's own response headers reserve, and which header says so; None where they reserve nothing.

    `own` is what `concerned()` found. An app's answer may restrict and never opens: what it opens counts as unsaid.
    """
    statements = [(name, _READERS[name](value.decode("latin-1"))) for name, value in own if name in _READERS]
    usage = [value for name, value in own if name == CONTENT_USAGE]
    if usage:
        statements.append((CONTENT_USAGE, from_content_usage(b", ".join(usage).decode("latin-1"))))
    sources = dict.fromkeys(name.decode("ascii") for name, said in statements if said.reserved)
    if not sources:
        return None
    reserved = frozenset[Purpose]().union(*(said.reserved for _, said in statements))
    return Terms(reserved=reserved), "header:" + "+".join(sources)


_READERS: Final = {X_ROBOTS_TAG: from_robots_directives, TDM_RESERVATION: from_tdm_reservation}
