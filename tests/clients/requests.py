"""Requests as a server tells of them, made short."""

from noscrape.request import Facts, Headers


def facts(
    peer: str | None, *forwarded: str, headers: Headers | None = (), name: str = "x-forwarded-for", scheme: str = "http"
) -> Facts:
    """A request from a peer, with lines of one field after the other headers."""
    lines = [(name.encode(), text.encode("latin-1")) for text in forwarded]
    return Facts("GET", "/", "", b"", None, [*headers, *lines] if headers is not None else None, peer, scheme=scheme)


def line(name: str, value: str) -> tuple[bytes, bytes]:
    """One header."""
    return name.lower().encode(), value.encode("latin-1")
