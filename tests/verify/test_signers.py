"""Which crawler signed a request, and what that proves."""

import json
from collections import Counter
from typing import Any

import pytest

pytest.importorskip("cryptography")
pytest.importorskip("http_message_signatures")

from noscrape.clients import Origin
from noscrape.crawlers import Crawler, Kind, Proof
from noscrape.decision import UNCHECKED
from noscrape.exchange import Fetched
from noscrape.request import Facts
from noscrape.verify import Signers
from noscrape.verify.directories import MEDIA_TYPE
from noscrape.words import Purpose, Verification
from tests.verify.signing import ED25519, NOW, ORIGIN, AtOnce, jwk, signed

AGENT = Crawler("Agent", "Signer", Kind.AI, Purpose.AGENT, verify=(Proof.WEB_BOT_AUTH,), signature_agents=(ORIGIN,))


def directory(url: str, /, *, most_bytes: int, seconds: float) -> Fetched:
    return Fetched(200, {"content-type": MEDIA_TYPE}, json.dumps({"keys": [jwk(ED25519)]}).encode())


def identified(signers: Signers, *, client: str = "198.51.100.7", **how: Any) -> Any:
    asked = signed(**how)
    facts = Facts("GET", "/tracks/1", "", b"", b"Chrome", asked.headers, client, False, "https", b"/tracks/1")
    return signers.identify(facts, Origin("https", "music.example"), client_key=client, now=NOW)


@pytest.fixture
def signers() -> Signers:
    """With the keys of the one signer at hand."""
    made = Signers([AGENT], hosts=["music.example"], fetch=directory, counters=Counter(), threads=AtOnce())
    identified(made)
    return made


def test_the_first_request_waits_for_no_key() -> None:
    """It is not known who signed it; the keys are fetched meanwhile."""
    made = Signers([AGENT], hosts=["music.example"], fetch=directory, threads=AtOnce())
    crawler, checked = identified(made)
    assert (None, Verification.UNKNOWN) == (crawler, checked.status)
    assert checked.how.startswith("web-bot-auth: unverified")
    made.close()


def test_who_signs_the_path_is_verified(signers: Signers) -> None:
    """By the catalog's origin, whatever the user agent says."""
    crawler, checked = identified(signers)
    assert (AGENT, Verification.VERIFIED) == (crawler, checked.status)
    assert ORIGIN in checked.how
    signers.close()


def test_who_signs_the_host_alone_is_told_and_granted_nothing(signers: Signers) -> None:
    """Such a signature can be sent again for any path."""
    crawler, checked = identified(signers, components='"@authority" "signature-agent";key="sig"')
    assert (AGENT, Verification.UNKNOWN) == (crawler, checked.status)
    signers.close()


def test_a_signature_that_is_sent_again_from_elsewhere(signers: Signers) -> None:
    """Is nobody's."""
    identified(signers)
    crawler, checked = identified(signers, client="203.0.113.9")
    assert (None, Verification.UNKNOWN) == (crawler, checked.status)
    signers.close()


def test_an_origin_that_nobody_named(signers: Signers) -> None:
    """Its keys are never asked for."""
    crawler, checked = identified(signers, agent='sig="https://stranger.example"')
    assert (None, Verification.UNKNOWN) == (crawler, checked.status)
    signers.close()


def test_no_signature_says_nothing(signers: Signers) -> None:
    """Neither good nor bad."""
    facts = Facts("GET", "/", "", b"", b"Chrome", [(b"signature-agent", b'"https://signer.example"')], "198.51.100.7")
    found = signers.identify(facts, Origin("https", "music.example"), client_key="198.51.100.7", now=NOW)
    assert (None, UNCHECKED) == found
    signers.close()


def test_another_catalog_keeps_the_keys(signers: Signers) -> None:
    """A reload may call the signer by another entry."""
    renamed = Crawler("Renamed", "Signer", Kind.AI, Purpose.AGENT, signature_agents=(ORIGIN,))
    crawler, checked = identified(signers.of([renamed]))
    assert (renamed, Verification.VERIFIED) == (crawler, checked.status)
    signers.close()


def test_a_signature_for_another_host_proves_nothing_here() -> None:
    """Whoever was visited by a signer could send its request on, with that host in it."""
    made = Signers([AGENT], hosts=["other.example"], fetch=directory, threads=AtOnce())
    identified(made)
    crawler, checked = identified(made)
    assert (AGENT, Verification.UNKNOWN, True) == (crawler, checked.status, "[signatures] hosts" in checked.how)
    made.close()
