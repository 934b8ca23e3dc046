"""Where keys of signers are: what is fetched, what is kept, and what never is."""

import logging
import threading
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cryptography")
pytest.importorskip("http_message_signatures")

from noscrape.errors import FetchError
from noscrape.verify.directories import Directories, LocationError, identifier, location
from noscrape.verify.keys import Key, Missing, thumbprint
from tests.verify.signing import (
    DIRECTORY,
    ED25519,
    KEYID,
    NOW,
    ORIGIN,
    OTHER,
    AtOnce,
    Page,
    Web,
    document,
    jwk,
)

pytestmark = pytest.mark.signatures

OTHER_KEYID = thumbprint(jwk(OTHER))
TEST_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
TEST_KEYID = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"


def directories(web: Web, *allowed: str, threads: AtOnce | None = None, test_keys: bool = False) -> Directories:
    return Directories(allowed=allowed or [ORIGIN], fetch=web, threads=threads or AtOnce(), test_keys=test_keys)


def named(found: Key | Missing) -> str | Missing:
    return found.thumbprint if isinstance(found, Key) else found


# Names


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("https://a.example", "directory", "https://a.example/.well-known/http-message-signatures-directory"),
        ("https://a.example/", "directory", "https://a.example/.well-known/http-message-signatures-directory"),
        ("HTTPS://A.Example:443", "directory", "https://a.example/.well-known/http-message-signatures-directory"),
        ("https://a.example:8443", "directory", "https://a.example:8443/.well-known/http-message-signatures-directory"),
        ("https://[2001:DB8::1]", "directory", "https://[2001:db8::1]/.well-known/http-message-signatures-directory"),
        ("https://a.example/k.json?v=1#x", "jwks_uri", "https://a.example/k.json"),
        ("https://a.example", "cimd", "https://a.example/"),
    ],
)
def test_location(url: str, kind: str, expected: str) -> None:
    """A directory stands in a place of its own; other sets of keys are named by their URL, less its query."""
    assert expected == location(url, kind=kind)


@pytest.mark.parametrize(
    ("url", "kind", "problem"),
    [
        ("http://a.example", "directory", "Signature-Agent is not https"),
        ("a.example", "directory", "Signature-Agent is not https"),
        ("//a.example", "directory", "Signature-Agent is not https"),
        ("data:application/json,{}", "directory", "Signature-Agent is not https"),
        ("", "directory", "Signature-Agent is no URL"),
        ("https://a.example\n", "directory", "Signature-Agent is no URL"),
        ("https://a.ex\tample", "directory", "Signature-Agent is no URL"),
        ("https://a.example\\@b.example", "directory", "Signature-Agent is no URL"),
        ("https://ä.example", "directory", "Signature-Agent is no URL"),
        ("https://a.example:99999", "directory", "Signature-Agent is no URL"),
        ("https://[::1", "directory", "Signature-Agent is no URL"),
        ("https://" + "a" * 2048, "directory", "Signature-Agent is no URL"),
        ("https://b.example@a.example", "directory", "Signature-Agent holds a user name"),
        ("https://", "directory", "Signature-Agent has no host"),
        ("https://a%2eexample", "directory", "Signature-Agent has no host"),
        ("https://a.example/x", "directory", "Signature-Agent is no origin, as a directory has to be"),
        ("https://a.example//", "directory", "Signature-Agent is no origin, as a directory has to be"),
        ("https://a.example?", "directory", "Signature-Agent is no origin, as a directory has to be"),
        ("https://a.example#", "directory", "Signature-Agent is no origin, as a directory has to be"),
        ("https://a.example", "dns", "Signature-Agent is of an unsupported type"),
    ],
)
def test_no_location(url: str, kind: str, problem: str) -> None:
    """What is no place where keys can be says why."""
    with pytest.raises(LocationError) as raised:
        location(url, kind=kind)
    assert problem == str(raised.value)


@given(url=st.text(max_size=40) | st.text(max_size=20).map(lambda text: "https://" + text))
def test_no_url_breaks_it(url: str) -> None:
    """Whatever a signer calls itself, it is a place over HTTPS or refused."""
    with suppress(LocationError):
        assert location(url).startswith("https://")


def test_identifier() -> None:
    """The operator names a signer by its origin, or by the URL of its keys."""
    assert DIRECTORY == identifier(ORIGIN) == identifier(ORIGIN + "/")
    assert f"{ORIGIN}/keys.json" == identifier(f"{ORIGIN}/keys.json?v=1")
    with pytest.raises(LocationError):
        identifier("http://signer.example")


# What is fetched


def test_next_request() -> None:
    """A request does not wait for keys: they hold from the next one on, and are fetched once."""
    web, threads = Web({DIRECTORY: Page(document(jwk(ED25519)))}), AtOnce()
    threads.holds = True
    known = directories(web, threads=threads)
    assert [Missing.FETCHING] * 3 == [known.key(DIRECTORY, KEYID, NOW) for _ in range(3)]
    threads.release()
    assert KEYID == named(known.key(DIRECTORY, KEYID, NOW))
    assert [DIRECTORY] == web.fetched


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/.well-known/http-message-signatures-directory",
        f"{ORIGIN}/uploads/keys.json",
        "https://10.0.0.1/.well-known/http-message-signatures-directory",
    ],
    ids=["another origin", "another place there", "a private address"],
)
def test_not_allowed(url: str) -> None:
    """What is not on the allowlist is never fetched, not even another place of an allowed origin."""
    web = Web()
    assert Missing.NOT_ALLOWED is directories(web).key(url, KEYID, NOW)
    assert [] == web.fetched


def test_keys_by_url() -> None:
    """A key that one directory publishes is not known at another."""
    other = "https://other.example"
    web = Web({DIRECTORY: Page(document(jwk(ED25519))), identifier(other): Page(document(jwk(OTHER)))})
    known = directories(web, ORIGIN, other)
    known.key(DIRECTORY, KEYID, NOW)
    known.key(identifier(other), KEYID, NOW)
    assert KEYID == named(known.key(DIRECTORY, KEYID, NOW))
    assert Missing.NO_SUCH_KEY is known.key(identifier(other), KEYID, NOW)


def test_set_of_keys() -> None:
    """A set of keys at a URL of its own is fetched as it is named, query and all, and is any JSON."""
    url = f"{ORIGIN}/keys.json"
    web = Web({f"{url}?v=1": Page(document({**jwk(ED25519), "kid": "mine"}), media_type="application/json")})
    known = directories(web, f"{url}?v=1")
    known.key(url, KEYID, NOW)
    assert KEYID == named(known.key(url, KEYID, NOW))


BAD = {
    "redirect": Page(document(jwk(OTHER)), status=302),
    "no content": Page(document(jwk(OTHER)), status=203),
    "missing": Page(b"", status=404),
    "HTML": Page(b"<!doctype html>", media_type="text/html"),
    "HTML as a directory": Page(b"<!doctype html>"),
    "another type": Page(document(jwk(OTHER)), media_type="application/json"),
    "half": Page(document(jwk(OTHER))[:-2]),
    "10,000 keys": Page(document(*[jwk(OTHER)] * 10_000)),
    "101 keys": Page(document(*[jwk(OTHER)] * 101)),
    "too large": Page(document(jwk(OTHER)) + b" " * 262_144),
    "private address": FetchError("10.0.0.1 is not of the public internet"),
    "time-out": TimeoutError(),
    "a mistake of ours": ZeroDivisionError(),
}


@pytest.mark.parametrize("page", BAD.values(), ids=BAD)
def test_failure(page: Page | Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A fetch that fails evicts nothing, is told once, and is tried again after 5 minutes."""
    web = Web({DIRECTORY: Page(document(jwk(ED25519)))})
    known = directories(web)
    known.key(DIRECTORY, KEYID, NOW)
    web.pages[DIRECTORY] = page
    for later in (3_600, 3_700, 3_899, 3_900, 4_199):
        assert KEYID == named(known.key(DIRECTORY, KEYID, NOW + later))
    assert Missing.NO_SUCH_KEY is known.key(DIRECTORY, OTHER_KEYID, NOW + 4_199)
    assert 3 == len(web.fetched)
    assert 1 == len(caplog.records)
    assert caplog.records[0].message.startswith(f"the key directory {DIRECTORY} cannot be used: ")
    assert {DIRECTORY: 4_199.0} == known.ages(NOW + 4_199)


@pytest.mark.parametrize("page", BAD.values(), ids=BAD)
def test_first_failure(page: Page | Exception) -> None:
    """Where nothing was ever fetched, it is tried again after 5 minutes and not before."""
    web = Web({DIRECTORY: page})
    known = directories(web)
    assert {DIRECTORY: None} == known.ages(NOW)
    assert Missing.FETCHING is known.key(DIRECTORY, KEYID, NOW)
    assert Missing.FAILED is known.key(DIRECTORY, KEYID, NOW + 299)
    web.pages[DIRECTORY] = Page(document(jwk(ED25519)))
    known.key(DIRECTORY, KEYID, NOW + 300)
    assert KEYID == named(known.key(DIRECTORY, KEYID, NOW + 300))
    assert 2 == len(web.fetched)


def test_largest() -> None:
    """The size that is stated is still taken."""
    keys = document(jwk(ED25519))
    web = Web({DIRECTORY: Page(keys + b" " * (262_144 - len(keys)))})
    known = directories(web)
    known.key(DIRECTORY, KEYID, NOW)
    assert KEYID == named(known.key(DIRECTORY, KEYID, NOW))


def test_key_removed() -> None:
    """A directory that resolves and lacks a key takes it back."""
    web = Web({DIRECTORY: Page(document(jwk(ED25519)))})
    known = directories(web)
    known.key(DIRECTORY, KEYID, NOW)
    web.pages[DIRECTORY] = Page(document(jwk(OTHER)))
    assert KEYID == named(known.key(DIRECTORY, KEYID, NOW + 3_599))
    known.key(DIRECTORY, KEYID, NOW + 3_600)
    assert Missing.NO_SUCH_KEY is known.key(DIRECTORY, KEYID, NOW + 3_600)


def test_key_added() -> None:
    """A key that was not there is looked for again after 5 minutes, however many ask for however many keys."""
    web = Web({DIRECTORY: Page(document(jwk(ED25519)))})
    known = directories(web)
    known.key(DIRECTORY, KEYID, NOW)
    web.pages[DIRECTORY] = Page(document(jwk(ED25519), jwk(OTHER)))
    for number in range(1_000):
        assert Missing.NO_SUCH_KEY is known.key(DIRECTORY, str(number), NOW + 299)
    assert 1 == len(web.fetched)
    known.key(DIRECTORY, OTHER_KEYID, NOW + 300)
    assert OTHER_KEYID == named(known.key(DIRECTORY, OTHER_KEYID, NOW + 300))
    assert 2 == len(web.fetched)


def test_key_not_in_force() -> None:
    """A key that its signer has dated is used between its dates."""
    web = Web({DIRECTORY: Page(document({**jwk(ED25519), "exp": NOW}))})
    known = directories(web)
    known.key(DIRECTORY, KEYID, NOW)
    assert KEYID == named(known.key(DIRECTORY, KEYID, NOW))
    assert Missing.NOT_IN_FORCE is known.key(DIRECTORY, KEYID, NOW + 1)


def test_bad_key_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """One bad key is left out, with one line in the log."""
    web = Web({DIRECTORY: Page(document(jwk(ED25519), {**jwk(OTHER), "kid": "mine"}))})
    known = directories(web)
    known.key(DIRECTORY, KEYID, NOW)
    assert Missing.NO_SUCH_KEY is known.key(DIRECTORY, OTHER_KEYID, NOW)
    assert [f"the key directory {DIRECTORY}: key 2: its kid is not its thumbprint"] == caplog.messages


@pytest.mark.parametrize("test_keys", [False, True])
def test_test_keys(test_keys: bool) -> None:
    """A key that anybody can sign with is refused, whoever publishes it; and taken where tests say so."""
    web = Web({DIRECTORY: Page(document(TEST_KEY))})
    known = directories(web, test_keys=test_keys)
    known.key(DIRECTORY, TEST_KEYID, NOW)
    expected = TEST_KEYID if test_keys else Missing.TEST_KEY
    assert expected == named(known.key(DIRECTORY, TEST_KEYID, NOW))


def test_without_fetch() -> None:
    """Where nothing fetches, as in a replay, nothing is known, and nothing breaks."""
    known = Directories(allowed=[ORIGIN])
    assert Missing.FETCHING is known.key(DIRECTORY, KEYID, NOW)
    known.close()


def test_counters() -> None:
    """What is asked and what fails is counted."""
    counters = Counter[str]()
    web = Web({DIRECTORY: Page(b"", status=500)})
    known = Directories(allowed=[ORIGIN], fetch=web, threads=AtOnce(), counters=counters)
    known.key(DIRECTORY, KEYID, NOW)
    known.key(DIRECTORY, KEYID, NOW + 300)
    assert {"directories_asked": 2, "directory_failures": 2} == counters


def test_threads() -> None:
    """A fetch runs in a thread of its own, beside the request; after `close` nothing is begun."""
    fetched, main = threading.Event(), threading.get_ident()
    idents = []

    def fetch(url: str, /, *, most_bytes: int, seconds: float) -> Page:
        idents.append(threading.get_ident())
        fetched.set()
        return Page(document(jwk(ED25519)))

    other = "https://other.example"
    known = Directories(allowed=[ORIGIN, other], fetch=fetch)
    assert Missing.FETCHING is known.key(DIRECTORY, KEYID, NOW)
    assert fetched.wait(10)
    known.close()
    assert Missing.FETCHING is known.key(identifier(other), KEYID, NOW)
    assert 1 == len(idents)
    assert main not in idents


def test_a_directory_is_told_again_when_it_fails_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    """The log tells each new reason once."""
    caplog.set_level(logging.WARNING)
    web = Web({DIRECTORY: Page(b"", status=500)})
    known = directories(web)
    for number, status in enumerate((500, 500, 404, 404)):
        web.pages[DIRECTORY] = Page(b"", status=status)
        known.key(DIRECTORY, KEYID, NOW + 300 * number)
    assert 2 == len(caplog.records)
