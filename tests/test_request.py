"""What is known of one request."""

import pytest

from noscrape.request import Facts, Headers

ORIGIN, WANTED = (b"origin", b"https://player.example"), (b"access-control-request-method", b"GET")


def facts(method: str = "GET", headers: Headers | None = ()) -> Facts:
    return Facts(method, "/", "", b"", None, headers, None)


def test_a_header() -> None:
    """The first of its name, and None both where there is none and where none was recorded."""
    twice = facts(headers=[(b"accept", b"text/html"), (b"accept", b"*/*")])
    assert twice.header(b"accept") == b"text/html"
    assert twice.header(b"host") is None
    assert facts(headers=None).header(b"accept") is None


@pytest.mark.parametrize(
    ("method", "headers", "preflight"),
    [
        ("OPTIONS", [ORIGIN, WANTED], True),
        ("OPTIONS", [ORIGIN], False),
        ("OPTIONS", [WANTED], False),
        ("OPTIONS", None, False),
        ("GET", [ORIGIN, WANTED], False),
    ],
)
def test_a_true_preflight(method: str, headers: Headers | None, preflight: bool) -> None:
    """Fetch standard, CORS-preflight request: OPTIONS, with an origin and the method that is wanted."""
    assert preflight is facts(method, headers).preflight
