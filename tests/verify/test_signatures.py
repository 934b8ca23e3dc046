"""Signed requests: Web Bot Auth, with the published vectors and with signatures of our own."""

import base64
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("cryptography")
pytest.importorskip("http_message_signatures")

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from noscrape.verify.components import SignedRequest, signature_base
from noscrape.verify.directories import Directories
from noscrape.verify.keys import Key, Missing, public_key, thumbprint
from noscrape.verify.signatures import Outcome, Replays, Signatures, Signed, verify, verify_directory
from tests.verify.signing import (
    DIRECTORY,
    ED25519,
    KEYID,
    NOW,
    ORIGIN,
    OTHER,
    P256,
    P384,
    AtOnce,
    Page,
    Private,
    Ring,
    Web,
    document,
    jwk,
    request,
    signed,
)

pytestmark = pytest.mark.signatures

VECTORS = json.loads((Path(__file__).parent / "vectors" / "web_bot_auth.json").read_text(encoding="utf-8"))
BASES = [vector for vector in VECTORS["requests"] if "signature_base" in vector]


def name(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def asked(vector: dict[str, Any]) -> SignedRequest:
    """The request of a vector."""
    sent = vector["request"]
    url = urlsplit(sent["url"])
    headers = tuple((name.lower().encode(), value.encode("latin-1")) for name, value in sent["headers"].items())
    return SignedRequest(sent["method"], url.scheme, url.netloc, url.path.encode(), url.query.encode(), headers)


def outcomes(found: tuple[Signed, ...]) -> list[tuple[str, str, str | None]]:
    return [(signed.label, signed.outcome.value, signed.identifier) for signed in found]


def one(asked: SignedRequest, *, keys: Ring | None = None, now: float = NOW, **other: Any) -> Signed:
    """What is found of a request with a single signature."""
    (found,) = verify(asked, keys=Ring(ED25519) if keys is None else keys, now=now, **other)
    return found


def without(asked: SignedRequest, name: bytes) -> SignedRequest:
    return with_headers(asked, *(pair for pair in asked.headers if pair[0] != name))


def with_headers(asked: SignedRequest, *headers: tuple[bytes, bytes]) -> SignedRequest:
    return SignedRequest(asked.method, asked.scheme, asked.authority, asked.path, asked.query, headers)


# Vectors


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=name)
def test_vectors(vector: dict[str, Any]) -> None:
    """Every vector comes out as it says: standards.md, section 9."""
    known = {
        (directory["url"], key.thumbprint): key
        for directory in vector["directories"]
        for key in map(public_key, directory.get("keys", ()))
    }
    failing = {directory["url"] for directory in vector["directories"] if directory.get("fails")}

    def keys(url: str, keyid: str) -> Key | Missing:
        return known.get((url, keyid), Missing.FAILED if url in failing else Missing.NO_SUCH_KEY)

    found = verify(asked(vector), keys=keys, now=vector["now"], test_keys=True)
    expected = [(one["label"], one["outcome"], one["identifier"]) for one in vector["expected"]]
    assert expected == outcomes(found)


@pytest.mark.parametrize("vector", BASES, ids=name)
def test_signature_base(vector: dict[str, Any]) -> None:
    """The text that is signed is the one of the vector, byte for byte: RFC 9421, section 2.5."""
    label = vector["expected"][0]["label"]
    assert vector["signature_base"] == signature_base(asked(vector), label=label)


@pytest.mark.parametrize("vector", VECTORS["directory_responses"], ids=name)
def test_signed_directory(vector: dict[str, Any]) -> None:
    """A directory that its keys have signed proves that its publisher holds them."""
    headers = (
        (b"content-digest", vector["content_digest"].encode()),
        (b"signature-input", vector["signature_input"].encode()),
        (b"signature", vector["signature"].encode()),
    )
    body, authority = vector["body"].encode(), vector["request"]["authority"]
    held = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"

    def proven(
        body: bytes = body, authority: str = authority, now: float = 1_735_689_700, test_keys: bool = True
    ) -> Any:
        return verify_directory(body, headers=headers, authority=authority, now=now, test_keys=test_keys)

    assert {held} == proven()
    assert set() == proven(body=body + b" ")
    assert set() == proven(authority="other.example")
    assert set() == proven(now=1_735_689_599)
    assert set() == proven(now=4_889_289_601)
    assert set() == proven(test_keys=False)


# Outcomes


@pytest.mark.parametrize("private", [ED25519, P256, P384], ids=["ed25519", "ecdsa-p256", "ecdsa-p384"])
def test_each_algorithm(private: Private) -> None:
    """A signature of each kind of key holds, and one bit of it more or less does not."""
    good = signed(private=private)
    assert [("sig", "verified", DIRECTORY)] == outcomes((one(good, keys=Ring(private)),))
    moved = SignedRequest("GET", "https", "music.example", b"/tracks/2", b"", good.headers)
    assert "signature does not verify" == one(moved, keys=Ring(private)).reason


def test_rsa() -> None:
    """So does one of RSA-PSS, whose keys begin at 2,048 bits."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    found = one(signed(private=private, alg="rsa-pss-sha512"), keys=Ring(private))
    assert Outcome.VERIFIED is found.outcome


#: What is asked, and what comes of it. The reasons are ours.
CASES: dict[str, tuple[SignedRequest, Outcome, str]] = {
    "another tag": (signed(tag="other"), Outcome.IGNORED, "tag is not web-bot-auth"),
    "a tag that is a Token": (signed(tag=b"web-bot-auth"), Outcome.IGNORED, "tag is not web-bot-auth"),
    "no created": (signed(created=None), Outcome.INVALID, "malformed: created, expires or keyid is missing"),
    "no expires": (signed(expires=None), Outcome.INVALID, "malformed: created, expires or keyid is missing"),
    "no keyid": (signed(keyid=None), Outcome.INVALID, "malformed: created, expires or keyid is missing"),
    "created is a flag": (signed(created=b"?1"), Outcome.INVALID, "malformed: created, expires or keyid is missing"),
    "keyid is a Token": (signed(keyid=b"abc"), Outcome.INVALID, "malformed: created, expires or keyid is missing"),
    "alg is a Token": (signed(alg=b"ed25519"), Outcome.INVALID, "malformed: alg or nonce is no string"),
    "expires first": (
        signed(created=NOW + 20, expires=NOW + 10),
        Outcome.INVALID,
        "expires before it was created",
    ),
    "HMAC": (
        signed(alg="hmac-sha256"),
        Outcome.INVALID,
        "HMAC is forbidden: its key would be known to both sides",
    ),
    "alg of another key": (
        signed(alg="rsa-pss-sha512"),
        Outcome.INVALID,
        "alg is 'rsa-pss-sha512', and the key is for ed25519",
    ),
    "neither authority nor target": (
        signed(components='"@path" "signature-agent";key="sig"'),
        Outcome.INVALID,
        "covers neither @authority nor @target-uri",
    ),
    "agent not covered": (
        signed(components='"@authority"'),
        Outcome.UNVERIFIED,
        "signature-agent not covered, or not by its member",
    ),
    "dictionary covered as a string": (
        signed(components='"@authority" "signature-agent"'),
        Outcome.UNVERIFIED,
        "signature-agent not covered, or not by its member",
    ),
    "string not covered": (
        signed(components='"@authority"', agent=f'"{ORIGIN}"'),
        Outcome.UNVERIFIED,
        "signature-agent not covered",
    ),
    "two members": (
        signed(
            components='"@authority" "signature-agent";key="a" "signature-agent";key="b"',
            agent=f'a="{ORIGIN}", b="https://other.example"',
        ),
        Outcome.UNVERIFIED,
        "covers several members of Signature-Agent, none of them by its label",
    ),
    "no agent": (signed(components='"@authority"', agent=None), Outcome.UNVERIFIED, "no Signature-Agent"),
    "agent is a Token": (signed(agent="sig=token"), Outcome.UNVERIFIED, "Signature-Agent is no string"),
    "agent is a list": (signed(agent=f'sig=("{ORIGIN}")'), Outcome.UNVERIFIED, "Signature-Agent is no string"),
    "agent is a path": (
        signed(agent=f'sig="{ORIGIN}/x"'),
        Outcome.UNVERIFIED,
        "Signature-Agent is no origin, as a directory has to be",
    ),
    "string and something": (
        signed(components='"@authority" "signature-agent"', agent=f'"{ORIGIN}" x'),
        Outcome.UNVERIFIED,
        "Signature-Agent is no string",
    ),
    "key of somebody else": (signed(private=OTHER), Outcome.UNVERIFIED, "keyid not in the resolved directory"),
}


@pytest.mark.parametrize(("asked", "outcome", "reason"), CASES.values(), ids=CASES)
def test_outcomes(asked: SignedRequest, outcome: Outcome, reason: str) -> None:
    """What decides nothing is unverified; what is wrong in itself is invalid."""
    found = one(asked)
    assert (outcome, reason) == (found.outcome, found.reason)
    assert (found.identifier is not None) == (outcome is Outcome.VERIFIED)


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (NOW - 10 - 61, Outcome.INVALID),
        (NOW - 10 - 60, Outcome.VERIFIED),
        (NOW + 290, Outcome.VERIFIED),
        (NOW + 291, Outcome.INVALID),
    ],
    ids=["61 s too early", "60 s too early", "the last second", "one more"],
)
def test_times(now: float, outcome: Outcome) -> None:
    """A clock may be 60 s ahead of ours; nothing outlives its expiry."""
    assert outcome is one(signed(), now=now).outcome


def test_times_come_before_keys() -> None:
    """An expired signature asks nobody for a key."""
    keys = Ring(ED25519)
    assert "expired" == one(signed(), keys=keys, now=NOW + 1_000).reason
    assert [] == keys.asked


def test_same_key_elsewhere() -> None:
    """A key that one signer publishes proves nothing of another: keys are known by URL and thumbprint."""
    keys = Ring(ED25519, url="https://other.example/.well-known/http-message-signatures-directory")
    assert Outcome.UNVERIFIED is one(signed(), keys=keys).outcome
    assert [(DIRECTORY, KEYID)] == keys.asked


def test_key_of_another_thumbprint() -> None:
    """A key that is handed over for another thumbprint than its own is none."""
    key = public_key(jwk(ED25519))
    (found,) = verify(signed(keyid="somebody"), keys=lambda url, keyid: key, now=NOW)
    assert (Outcome.UNVERIFIED, "keyid not in the resolved directory") == (found.outcome, found.reason)


def test_types() -> None:
    """The other two ways to name keys are identified by their own URL, without its query; a third one is ignored."""
    for kind in ("jwks_uri", "cimd"):
        url = f"{ORIGIN}/keys.json"
        found = one(signed(agent=f'sig="{url}?v=2#x";type={kind}'), keys=Ring(ED25519, url=url))
        assert (Outcome.VERIFIED, url) == (found.outcome, found.identifier)
    assert "Signature-Agent is of an unsupported type" == one(signed(agent=f'sig="{ORIGIN}";type=x')).reason


def test_label_chooses_among_members() -> None:
    """Of several covered members the one by the label of the signature is its signer's."""
    covered = '"@authority" "signature-agent";key="sig" "signature-agent";key="a"'
    found = one(signed(components=covered, agent=f'a="https://other.example", sig="{ORIGIN}"'))
    assert DIRECTORY == found.identifier


def test_member_covered_decides() -> None:
    """It is attributed to the member that it covers, whatever its own label is."""
    found = one(signed(label="x", agent=f'x="https://other.example", sig="{ORIGIN}"'))
    assert DIRECTORY == found.identifier


@pytest.mark.parametrize("keyid", sorted({one["thumbprint"] for one in VECTORS["test_keys"][:2]}))
def test_test_keys(keyid: str) -> None:
    """Keys that anybody can sign with are refused, and not even asked for."""
    keys = Ring(ED25519)
    found = one(signed(keyid=keyid), keys=keys)
    assert (Outcome.INVALID, "its key is a test key that anybody can sign with") == (found.outcome, found.reason)
    assert [] == keys.asked


@pytest.mark.parametrize(
    ("headers", "label", "outcome"),
    [
        ((), "-", Outcome.ABSENT),
        (((b"signature-agent", b'"https://a.example"'),), "-", Outcome.ABSENT),
        (((b"signature", b"sig=:AAAA:"),), "-", Outcome.INVALID),
        (((b"signature-input", b"sig=()"), (b"signature", b"")), "-", Outcome.INVALID),
        (((b"signature-input", b"sig=("), (b"signature", b"sig=:AAAA:")), "-", Outcome.INVALID),
        (((b"signature-input", b"sig=1"), (b"signature", b"sig=:AAAA:")), "sig", Outcome.INVALID),
        (((b"signature-input", b"sig=(a)"), (b"signature", b"sig=:AAAA:")), "sig", Outcome.INVALID),
        (((b"signature-input", b"a=(), a=()"), (b"signature", b"a=:AAAA:")), "-", Outcome.INVALID),
        (((b"signature-input", b"\xff=()"), (b"signature", b"a=:AAAA:")), "-", Outcome.INVALID),
        (((b"signature-input", b"a=();x=" + b"1" * 8192), (b"signature", b"a=:AAAA:")), "-", Outcome.UNVERIFIED),
        (((b"signature-input", b"a=(),b=(),c=(),d=(),e=()"), (b"signature", b"a=:AA==:")), "-", Outcome.UNVERIFIED),
    ],
    ids=[
        "nothing",
        "agent alone",
        "signature alone",
        "empty signature",
        "half a list",
        "no list",
        "no strings",
        "a label twice",
        "not ASCII",
        "too long",
        "too many",
    ],
)
def test_malformed(headers: tuple[tuple[bytes, bytes], ...], label: str, outcome: Outcome) -> None:
    """What cannot be read is invalid, what is too much to read is unverified; and nothing at all is absent."""
    (found,) = verify(request(headers=headers), keys=Ring(), now=NOW)
    assert (label, outcome) == (found.label, found.outcome)


def test_a_label_of_one_field_alone() -> None:
    """A signature whose bytes are missing is invalid, and takes nothing from the one beside it."""
    both = signed(signed(), label="b", components='"@authority" "@path"', agent=None)
    lame = with_headers(both, *(pair for pair in both.headers if not pair[1].startswith(b"b=:")))
    found = verify(lame, keys=Ring(ED25519), now=NOW)
    assert [("sig", "verified", DIRECTORY), ("b", "invalid", None)] == outcomes(found)


def test_too_many_components() -> None:
    """More than 16 components are not looked at."""
    covered = " ".join(f'"x-{number}"' for number in range(16))
    headers = tuple((f"x-{number}".encode(), b"1") for number in range(16))
    found = one(signed(request(headers=headers), components=f'"@authority" {covered}'))
    assert (Outcome.UNVERIFIED, "more than 16 components") == (found.outcome, found.reason)


def test_alg_that_agrees() -> None:
    """`alg` may be said, if it is that of the key."""
    assert Outcome.VERIFIED is one(signed(alg="ed25519")).outcome


# What a signature is good for


@pytest.mark.parametrize(
    ("components", "life", "grants"),
    [
        ('"@authority" "signature-agent";key="sig"', 300, False),
        ('"@authority" "@method" "signature-agent";key="sig"', 300, False),
        ('"@authority" "@path" "signature-agent";key="sig"', 300, True),
        ('"@target-uri" "signature-agent";key="sig"', 300, True),
        ('"@authority" "@request-target" "signature-agent";key="sig"', 86_400, True),
        ('"@authority" "@path" "signature-agent";key="sig"', 86_401, False),
    ],
    ids=["authority alone", "with method", "with path", "target", "a day", "more than a day"],
)
def test_grants(components: str, life: int, grants: bool) -> None:
    """One that covers no path, or lives for longer than a day, tells who it is and grants nothing."""
    found = one(signed(components=components, created=NOW, expires=NOW + life))
    assert (Outcome.VERIFIED, grants) == (found.outcome, found.grants)


def test_what_is_known() -> None:
    """It is told what was covered, and from when until when."""
    found = one(signed())
    assert frozenset({"@authority", "@path", "signature-agent"}) == found.covers
    assert (NOW - 10, NOW + 290) == (found.created, found.expires)
    assert 64 == len(found.digest)


# Replays, and the limit


def signatures(**other: Any) -> Signatures:
    """With a directory that has been fetched."""
    web = Web({DIRECTORY: Page(document(jwk(ED25519)))})
    directories = Directories(allowed=[ORIGIN], fetch=web, threads=AtOnce())
    directories.key(DIRECTORY, KEYID, NOW)
    return Signatures(directories=directories, **other)


def test_replay() -> None:
    """A signature that another client sent before is not verified again; the first one may send it on."""
    counters = Counter[str]()
    checks = signatures(counters=counters)
    for client, outcome in [("192.0.2.1", "verified"), ("192.0.2.1", "verified"), ("192.0.2.2", "unverified")]:
        (found,) = checks.check(signed(), client, NOW)
        assert outcome == found.outcome.value
    assert "the same signature came from another client before" == found.reason
    assert (None, False) == (found.identifier, found.grants)
    assert {"signatures_replayed": 1} == counters


def test_replay_of_the_twin() -> None:
    """Of ECDSA each signature has a twin that holds as well; it counts as the same one."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    first = signed(private=P256)
    (_, _, (_, raw)) = first.headers
    half, (label, text) = 32, raw.split(b"=", 1)
    data = base64.b64decode(text.strip(b":"))
    twin = data[:half] + (order - int.from_bytes(data[half:])).to_bytes(half)
    spelled = label + b"=:" + base64.b64encode(twin) + b":"
    second = with_headers(first, *first.headers[:2], (b"signature", spelled))
    found = [one(asked, keys=Ring(P256)) for asked in (first, second)]
    assert [Outcome.VERIFIED] * 2 == [each.outcome for each in found]
    assert found[0].digest == found[1].digest


def test_replays_are_bounded() -> None:
    """No more signatures are remembered than stated, the oldest go first."""
    replays = Replays(bound=3)
    for number in range(10):
        assert not replays.seen(str(number), "192.0.2.1")
    assert 3 == len(replays)
    assert replays.seen("9", "192.0.2.2")
    assert not replays.seen("0", "192.0.2.2")


def test_replay_from_nobody() -> None:
    """A client that is not known is nobody: it neither replays nor is replayed."""
    replays = Replays()
    assert not replays.seen("a", "")
    assert not replays.seen("a", "192.0.2.1")
    assert not replays.seen("a", "")


def test_limit() -> None:
    """Beyond so many signed requests a second nothing is looked at, and the next second is another one."""
    counters = Counter[str]()
    checks = signatures(per_second=2, counters=counters)
    found = [checks.check(signed(), "192.0.2.1", NOW + 0.2 * number)[0].outcome for number in range(6)]
    expected = [Outcome.VERIFIED] * 2 + [Outcome.UNVERIFIED] * 3 + [Outcome.VERIFIED]
    assert expected == found
    assert {"signatures_over_limit": 3} == counters


def test_long_fields_count_for_more() -> None:
    """A request whose fields are long counts as several, since it takes as long."""
    checks = signatures(per_second=2)
    long = signed(request(headers=((b"signature", b"x=:" + b"A" * 2_048 + b":"),)))
    found = [checks.check(asked, "192.0.2.1", NOW) for asked in (long, signed())]
    assert ["x", "-"] == [each[-1].label for each in found]


def test_too_long_to_say() -> None:
    """What is covered and longer than we take is not wrong: it is not verified."""
    covered = '"@authority" "@query-param";name="a" "signature-agent";key="sig"'
    short = signed(request(query=b"a=1"), components=covered)
    longer = SignedRequest("GET", "https", short.authority, short.path, b"a=1&" + b"b" * 2_048, short.headers)
    assert Outcome.VERIFIED is one(short).outcome
    assert Outcome.UNVERIFIED is one(longer).outcome


def test_unsigned_requests_are_free() -> None:
    """A request without a signature counts for nothing."""
    checks = signatures(per_second=1)
    for _ in range(3):
        assert Outcome.ABSENT is checks.check(request(), "192.0.2.1", NOW)[0].outcome
    assert Outcome.VERIFIED is checks.check(signed(), "192.0.2.1", NOW)[0].outcome


# Hostile input


@given(
    field=st.text(alphabet=st.characters(max_codepoint=255), max_size=200),
    other=st.text(alphabet=st.characters(max_codepoint=255), max_size=100),
    path=st.binary(max_size=30),
    query=st.binary(max_size=30),
    authority=st.text(max_size=20),
)
@settings(deadline=None)
def test_nothing_breaks_it(field: str, other: str, path: bytes, query: bytes, authority: str) -> None:
    """Whatever a client sends, an outcome comes of it, and never a verified one."""
    headers = (
        (b"signature-input", field.encode("latin-1")),
        (b"signature", other.encode("latin-1")),
        (b"signature-agent", other.encode("latin-1")),
    )
    asked = SignedRequest("GET", "https", authority, path, query, headers)
    assert all(found.outcome is not Outcome.VERIFIED for found in verify(asked, keys=Ring(ED25519), now=NOW))


COMPONENTS = st.lists(
    st.sampled_from(
        [
            '"@authority"',
            '"@path"',
            '"@query"',
            '"@method"',
            '"@status"',
            '"@signature-params"',
            '"x"',
            '"X"',
            '"é"',
            '"@x"',
        ]
    ).flatmap(
        lambda name: st.lists(
            st.sampled_from(
                ["", ";sf", ";bs", ";tr", ";req", ';key="a"', ";key=a", ';name="a"', ";name=1", ";x=:AA==:"]
            ),
            max_size=2,
        ).map(lambda parameters: name + "".join(parameters))
    ),
    max_size=6,
)


@given(components=COMPONENTS, value=st.binary(max_size=40), path=st.binary(max_size=20), query=st.binary(max_size=20))
@settings(deadline=None)
def test_no_components_break_it(components: list[str], value: bytes, path: bytes, query: bytes) -> None:
    """Whatever is covered with whatever parameters, an outcome comes of it."""
    inner = f'a=("@authority" {" ".join(components)});created={NOW};expires={NOW};keyid="k";tag="web-bot-auth"'
    headers = ((b"signature-input", inner.encode("latin-1")), (b"signature", b"a=:AAAA:"), (b"x", value), (b"x", b"1"))
    asked = SignedRequest("GET", "https", "a.example", path, query, headers)
    (found,) = verify(asked, keys=Ring(), now=NOW)
    assert found.outcome in (Outcome.INVALID, Outcome.UNVERIFIED)


def test_seed() -> None:
    """The second key of the vectors is the one that its note says how to make."""
    seed = hashlib.sha256(b"noscrape test key 2").digest()
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    assert VECTORS["test_keys"][2]["thumbprint"] == thumbprint(jwk(private))


@pytest.mark.parametrize(
    ("absent", "asked", "said"),
    [
        ("http_message_signatures", "signatures", "verifying signed requests needs http-message-signatures"),
        ("cryptography.hazmat.primitives", "keys", "reading keys needs cryptography"),
    ],
)
def test_without_the_extra(absent: str, asked: str, said: str) -> None:
    """Where the extra is not installed, it says what to install."""
    code = f"""
import sys
sys.modules[{absent!r}] = None
from noscrape.errors import NoScrapeError
from noscrape.verify import directories, keys, signatures
try:
    if {asked!r} == "keys":
        keys.public_key({jwk(ED25519)!r})
    signatures.Signatures(directories=directories.Directories(allowed=[]))
except NoScrapeError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{said}: pip install 'noscrape[signatures]'\n" == told.stdout
