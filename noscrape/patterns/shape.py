"""The shape of a request's headers: which there are, in which order. Names alone: their sets repeat all the time."""

from hashlib import blake2b
from typing import Final, NamedTuple

from noscrape.request import Headers

#: Shapes that are kept; all go once as many have come.
_SHAPES_KEPT: Final = 4096

#: More names than this are not told apart: no client sends as many, and a shape is kept by them all.
_MOST_NAMES: Final = 64

#: Left out of an order: they come and go with one and the same client, or are a proxy's.
_LEFT_OUT: Final = frozenset(
    b"user-agent cookie authorization referer origin range if-range if-match if-none-match if-modified-since"
    b" if-unmodified-since cache-control pragma content-length content-type dnt sec-gpc save-data sec-fetch-user"
    b" upgrade-insecure-requests forwarded x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port"
    b" x-forwarded-server x-real-ip via x-request-id traceparent tracestate cdn-loop cf-connecting-ip cf-ray cf-visitor"
    b" cf-ipcountry true-client-ip x-amzn-trace-id x-cloud-trace-context x-client-ip x-original-for".split()
)
_FORWARDING: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"cf-connecting-ip", b"true-client-ip"})

#: Fewer names than this are no order to know anybody by.
_LEAST_NAMES: Final = 3


class Shape(NamedTuple):
    """What the names of one request's headers tell.

    `order` is a number of 64 bits for the order of those that are a client's own, 0 where they are too few.
    `site`, `mode` and `referer` are where `sec-fetch-site`, `sec-fetch-mode` and `referer` stand, -1 for nowhere.
    """

    order: int
    hints: bool
    metadata: bool
    dest: bool
    language: bool
    site: int
    mode: int
    referer: int
    forwarded: bool
    prefetch: bool


class Shapes:
    """Tells shapes. State: a cache by names, bounded."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, ...], Shape] = {}

    def shape(self, headers: Headers) -> Shape:
        """The shape of the headers of one request, their names in lower case."""
        names = tuple([name for name, _ in headers])
        shape = self._known.get(names)
        if shape is None:
            if len(self._known) >= _SHAPES_KEPT:
                self._known.clear()
            names = names[:_MOST_NAMES]
            shape = self._known[names] = _shape(names)
        return shape


def _shape(names: tuple[bytes, ...]) -> Shape:
    present = frozenset(names)
    own = [name for name in names if name not in _LEFT_OUT]
    order = 0
    if len(own) >= _LEAST_NAMES:
        order = int.from_bytes(blake2b(b"\n".join(own), digest_size=8).digest()) or 1
    return Shape(
        order=order,
        hints=b"sec-ch-ua" in present,
        metadata=b"sec-fetch-site" in present or b"sec-fetch-mode" in present,
        dest=b"sec-fetch-dest" in present,
        language=b"accept-language" in present,
        site=_index(names, b"sec-fetch-site"),
        mode=_index(names, b"sec-fetch-mode"),
        referer=_index(names, b"referer"),
        forwarded=not _FORWARDING.isdisjoint(present),
        prefetch=b"sec-purpose" in present or b"purpose" in present,
    )


def _index(names: tuple[bytes, ...], name: bytes) -> int:
    return names.index(name) if name in names else -1
