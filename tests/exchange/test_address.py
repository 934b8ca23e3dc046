"""URLs are taken apart, and what cannot be asked is refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.errors import NoScrapeError
from noscrape.probe import Address, address


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://the.site/tracks/42", "https://the.site/tracks/42"),
        ("http://the.site", "http://the.site/"),
        ("https://the.site:443/", "https://the.site/"),
        ("http://the.site:443/", "http://the.site:443/"),
        ("http://127.0.0.1:8000/tracks/42?a=1#top", "http://127.0.0.1:8000/tracks/42?a=1"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("http://[0:0::0:1]/a", "http://[::1]/a"),
        ("HTTPS://The.Site/Über/☃?q=ü", "https://the.site/%C3%9Cber/%E2%98%83?q=%C3%BC"),
        ("https://müsik.example/", "https://xn--msik-0ra.example/"),
        ("https://the.site/a%2Fb/%zz", "https://the.site/a%2Fb/%zz"),
        ('https://the.site/"<>|`{}', "https://the.site/%22%3C%3E%7C%60%7B%7D"),
    ],
)
def test_what_is_sent(url: str, sent: str) -> None:
    """Everything in ASCII; no fragment; what is encoded stays as it is."""
    assert sent == str(address(url))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("the.site/tracks/42", "wanted a URL that begins with http:// or https://"),
        ("ftp://the.site/", "wanted a URL that begins with http:// or https://"),
        ("", "wanted a URL that begins with http:// or https://"),
        ("https://user@the.site/", "it has a user name or a password in it"),
        ("https://user:secret@the.site/", "it has a user name or a password in it"),
        ("https://the.site:0/", "its port is no number from 1 to 65535"),
        ("https://the.site:70000/", "its port is no number from 1 to 65535"),
        ("https://the.site:x/", "its port is no number from 1 to 65535"),
        ("https:///tracks/42", "'' is no name of a host"),
        ("https://the site/", "it has a space or a control character in it"),
        ("https://the.site/\r\nX: y", "it has a space or a control character in it"),
        ("https://the..site/", "'the..site' is no name of a host"),
        ("https://a;b/", "'a;b' is no name of a host"),
        ("https://" + "ü" * 70 + ".example/", "is no name of a host"),
        ("http://[fe80::1%25eth0]/", "an address with a zone belongs to this machine alone"),
        ("http://[::1/", "Invalid IPv6 URL"),
        ("http://[v1.x]/", "cannot be asked"),
    ],
)
def test_what_cannot_be_asked(url: str, reason: str) -> None:
    """It says why, and quotes no terminal escape."""
    with pytest.raises(NoScrapeError) as raised:
        address(url)
    assert reason in str(raised.value)
    assert str(raised.value).isprintable()


HERE = address("https://the.site/tracks/42?a=1")


@pytest.mark.parametrize(
    ("reference", "there"),
    [
        ("/robots2.txt", "https://the.site/robots2.txt"),
        ("43", "https://the.site/tracks/43"),
        ("//other.site/x", "https://other.site/x"),
        ("https://other.site", "https://other.site/"),
        ("/\xc3\xbc", "https://the.site/%C3%BC"),
        ("/a#b", "https://the.site/a"),
        (" /a\t", "https://the.site/a"),
    ],
)
def test_where_a_header_leads(reference: str, there: str) -> None:
    """Seen from the address that was asked; octets of UTF-8 stay such."""
    assert there == str(HERE.resolved(reference))


@pytest.mark.parametrize("reference", ["mailto:a@b", "https://[::1", "javascript:1", "https://user@the.site/"])
def test_where_a_header_leads_nowhere(reference: str) -> None:
    """As a ValueError, for the caller to tell."""
    with pytest.raises(ValueError, match=r"wanted|Invalid|user name"):
        HERE.resolved(reference)


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("https://the.site/", "https://the.site/a", True),
        ("http://the.site/", "https://the.site/", True),
        ("https://the.site/", "http://the.site/", False),
        ("https://the.site/", "https://www.the.site/", False),
        ("https://the.site/", "https://the.site:8443/", False),
        ("http://the.site:8000/", "https://the.site/", False),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:9000/", False),
    ],
)
def test_what_belongs_to_a_host(here: str, there: str, *, expected: bool) -> None:
    """Its port, and the https of its http: nothing else is ever asked."""
    assert expected == address(here).has(address(there))


def test_a_query_is_added() -> None:
    """To one that is there, or as the first."""
    assert ["/tracks/42?a=1&b", "/?b"] == [HERE.with_query("b").target, HERE.at("/").with_query("b").target]


@given(st.text(), st.text(alphabet=st.characters(max_codepoint=255)))
def test_no_text_brings_it_down(url: str, reference: str) -> None:
    """It is an address in ASCII, or a NoScrapeError; for a reference, a ValueError."""
    for found in _attempts(url, reference):
        assert str(found).isascii()
        assert " " not in str(found)


def _attempts(url: str, reference: str) -> list[Address]:
    found = []
    for text in (url, f"https://{url}", f"https://the.site/{url}"):
        try:
            found.append(address(text))
        except NoScrapeError:
            continue
    for text in (reference, f"//{reference}"):
        try:
            found.append(HERE.resolved(text))
        except ValueError:
            continue
    return found
