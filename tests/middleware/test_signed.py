"""Signed requests beside what their user agents say, through a site that knows the signer's key."""

import pytest

pytest.importorskip("cryptography")
pytest.importorskip("http_message_signatures")

from noscrape.config import load
from noscrape.readers import NOTHING
from noscrape.request import Facts
from noscrape.site import Judgement, Site
from noscrape.verify import Signers
from tests.asgi import FIREFOX, GPTBOT
from tests.verify.signing import NOW, AtOnce, signed
from tests.verify.test_signers import directory

WHOLE = '"@authority" "@path" "signature-agent";key="sig"'
HOST = '"@authority" "signature-agent";key="sig"'


def judged(agent: bytes, *, components: str, origin: str = "https://chatgpt.com") -> Judgement:
    """One signed request, through a site that knows the signer's key, or the key of one that is no crawler's."""
    config = load({"signatures": {"enabled": True, "agents": ["https://partner.example"]}, "log": {"path": ""}})
    site = Site(config, clock=lambda: float(NOW))
    assert site._signers is not None
    site._signers = Signers(
        site.catalog.crawlers,
        allowed=["https://partner.example"],
        hosts=["music.example"],
        fetch=lambda url, *, most_bytes, seconds: directory(url, most_bytes=most_bytes, seconds=seconds),
        threads=AtOnce(),
    )
    asked = signed(components=components, agent=f'sig="{origin}"')
    headers = [(b"host", b"music.example"), *asked.headers]
    facts = Facts("GET", "/tracks/1", "", b"", agent, headers, "198.51.100.7", False, "https", b"/tracks/1")
    place = site.place(facts)
    for _ in range(2):
        judgement = site.judge(facts, place, NOTHING, site.clock())
    site._signers.close()
    return judgement


@pytest.mark.parametrize(
    ("agent", "components", "origin", "tokens", "verification"),
    [
        (FIREFOX, WHOLE, "https://chatgpt.com", ["ChatGPT Agent"], "verified"),
        (FIREFOX, HOST, "https://chatgpt.com", ["ChatGPT Agent"], "unknown"),
        (GPTBOT, WHOLE, "https://chatgpt.com", ["ChatGPT Agent", "GPTBot"], "unknown"),
        (b"Bytespider", WHOLE, "https://chatgpt.com", ["ChatGPT Agent", "Bytespider"], "unknown"),
        (b"Bytespider", WHOLE, "https://partner.example", ["Bytespider"], "unknown"),
        (FIREFOX, WHOLE, "https://partner.example", [], "unknown"),
        (FIREFOX, WHOLE, "https://stranger.example", [], "unknown"),
    ],
    ids=["path", "host alone", "another name", "no proof of the other", "no crawler's", "a browser", "a stranger"],
)
def test_a_signature_vouches_for_its_signer_alone(
    agent: bytes, components: str, origin: str, tokens: list[str], verification: str
) -> None:
    """Whatever else the user agent claims is as unknown as without it."""
    found = judged(agent, components=components, origin=origin)
    named = [crawler.token for crawler in found.claim.crawlers] if found.claim is not None else []
    assert (tokens, verification) == (named, found.checked.status.value)
