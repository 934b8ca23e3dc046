"""From what is reserved to response headers, and from an app's own headers to what it reserved.

How the lines must look was measured against the tools that read them: lower case, commas, no colon and no agent prefix
in `X-Robots-Tag`, since one reader splits each line at its first colon and a proxy may merge two lines into one. So our
lines are appended, and never merged into the app's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
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
VARY: Final = b"vary"
CACHE_CONTROL: Final = b"cache-control"

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

    @property
    def concerned(self) -> frozenset[bytes]:
        """Headers of the app's that ours may meet."""
        of_caches = {SharedCache.VARY: {VARY}, SharedCache.PRIVATE: {CACHE_CONTROL}}
        return CONCERNED | of_caches.get(self.shared_cache, set())

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
            lines.append((VARY, b"User-Agent"))
        if not refusal and self.shared_cache is SharedCache.PRIVATE:
            lines.append((CACHE_CONTROL, b"private"))
        return tuple(lines)


#: Headers of the app's that ours may meet, or that say something of their own.
CONCERNED: Final = frozenset({X_ROBOTS_TAG, TDM_RESERVATION, TDM_POLICY, CONTENT_USAGE, LINK})


def concerned(headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes] = CONCERNED) -> RawHeaders:
    """Those of an app's headers that ours may meet, their names in lower case."""
    return [(lowered, value) for name, value in headers if (lowered := name.lower()) in names]


def add(headers: RawHeaders, lines: Iterable[tuple[bytes, bytes]], own: RawHeaders) -> tuple[str, ...]:
    """Append signal lines to a response's headers, in place, and never double what the app says itself.

    `own` is what `concerned()` found in them. A `tdm-reservation` of the app's that is not the stricter is replaced,
    since two would be none; all else of the app's stays. Returns warnings for the operator.
    """
    warnings: list[str] = []
    for name, value in lines:
        said = [text for key, text in own if key == name]
        meet = _MEETING.get(name)
        if not said:
            headers.append((name, value))
        elif meet is not None:
            warnings += meet(headers, value, said)
        elif value not in said:
            headers.append((name, value))
    return tuple(warnings)


def _meet_robots(headers: RawHeaders, value: bytes, said: list[bytes]) -> Iterator[str]:
    """What the app does not say for every agent is added, in a line of its own."""
    if any(b":" in text for text in said):
        yield "the app's X-Robots-Tag has a colon, which makes some tools miss a noai beside it"
    told = {word.strip() for text in said if b":" not in text for word in text.split(b",")}  # some tools mind the case
    missing = [word for word in value.split(b", ") if word not in told]
    if missing:
        headers.append((X_ROBOTS_TAG, b", ".join(missing)))


def _meet_reservation(headers: RawHeaders, value: bytes, said: list[bytes]) -> Iterator[str]:
    """There is one or none: two are an error of the protocol."""
    if value != b"0" and any(text.strip() != value for text in said):
        headers[:] = [item for item in headers if item[0].lower() != TDM_RESERVATION]
        headers.append((TDM_RESERVATION, value))
        yield "the app's tdm-reservation was replaced by the stricter one"


def _meet_policy(headers: RawHeaders, value: bytes, said: list[bytes]) -> Iterator[str]:
    """The app's own stands."""
    return iter(())


def _meet_usage(headers: RawHeaders, value: bytes, said: list[bytes]) -> Iterator[str]:
    """All lines are one field, in which the last word on a category counts."""
    before = from_content_usage(b", ".join(said).decode("latin-1"))
    if not before.reserved and value not in said:
        headers.append((CONTENT_USAGE, value))
    if before.open:
        yield "the app's Content-Usage allows what is reserved; the stricter was added after it, and counts"
    if not from_content_usage(b", ".join((*said, value)).decode("latin-1")).reserved:
        yield "the app's Content-Usage does not parse, so that nothing beside it counts either"


def _meet_vary(headers: RawHeaders, value: bytes, said: list[bytes]) -> Iterator[str]:
    """`*` varies by everything already."""
    told = {word.strip().lower() for text in said for word in text.split(b",")}
    if not told & {b"*", value.lower()}:
        headers.append((VARY, value))
    return iter(())


def _meet_cache_control(headers: RawHeaders, value: bytes, said: list[bytes]) -> Iterator[str]:
    """What no shared cache keeps needs no second word."""
    told = {word.strip().lower() for text in said for word in text.split(b",")}
    if not told & {b"private", b"no-store"}:
        headers.append((CACHE_CONTROL, value))
    if b"public" in told:
        yield "the app's Cache-Control is public where [site] shared_cache is 'private'; caches go by the stricter"


#: What is done where the app sends a header of the same name: the rest is appended, unless it is there already.
_MEETING: Final = {
    X_ROBOTS_TAG: _meet_robots,
    TDM_RESERVATION: _meet_reservation,
    TDM_POLICY: _meet_policy,
    CONTENT_USAGE: _meet_usage,
    VARY: _meet_vary,
    CACHE_CONTROL: _meet_cache_control,
}


def reserved_by_app(own: RawHeaders) -> tuple[Terms, str] | None:
    """What the app's own response headers reserve, and which header says so; None where they reserve nothing.

    `own` is what `concerned()` found. An app's answer may restrict and never opens: what it opens counts as unsaid.
    """
    statements = [(name, _said(name, value)) for name, value in own if name in _READERS and name != CONTENT_USAGE]
    usage = [value for name, value in own if name == CONTENT_USAGE]
    if usage:
        statements.append((CONTENT_USAGE, _said(CONTENT_USAGE, b", ".join(usage))))
    sources = dict.fromkeys(name.decode("ascii") for name, said in statements if said.reserved)
    if not sources:
        return None
    reserved = frozenset[Purpose]().union(*(said.reserved for _, said in statements))
    return Terms(reserved=reserved), "header:" + "+".join(sources)


_READERS: Final = {
    X_ROBOTS_TAG: from_robots_directives,
    TDM_RESERVATION: from_tdm_reservation,
    CONTENT_USAGE: from_content_usage,
}


@lru_cache(maxsize=1024)  # an app has few values, and sends them with every answer
def _said(name: bytes, value: bytes) -> Terms:
    return _READERS[name](value.decode("latin-1"))
