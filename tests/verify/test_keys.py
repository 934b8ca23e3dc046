"""Public keys, as signers publish them."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("cryptography")
pytest.importorskip("http_message_signatures")

from cryptography.hazmat.primitives.asymmetric import ec

from noscrape.errors import FetchError
from noscrape.verify.keys import TEST_KEYS, UnusableKeyError, key_set, public_key, thumbprint
from tests.verify.signing import ED25519, KEYID, NOW, OTHER, P256, P384, Private, base64url, document, jwk

pytestmark = pytest.mark.signatures

VECTORS = json.loads((Path(__file__).parent / "vectors" / "web_bot_auth.json").read_text(encoding="utf-8"))
ED = jwk(ED25519)
EC = jwk(P256)

#: The key of RFC 9421, appendix B.1.3, by the private half that is printed there.
PRINTED = base64.urlsafe_b64decode("UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs=")


@pytest.mark.parametrize("vector", VECTORS["thumbprints"], ids=lambda vector: vector["thumbprint"])
def test_thumbprint(vector: dict[str, Any]) -> None:
    """A key is known by its thumbprint: RFC 7638, section 3; RFC 8037, appendix A.3."""
    assert vector["thumbprint"] == thumbprint(vector["jwk"])
    assert vector["thumbprint"] == thumbprint({**vector["jwk"], "kid": "x", "use": "sig", "alg": "x"})


def test_test_keys() -> None:
    """The keys that anybody can sign with are those of the RFCs."""
    printed = ec.derive_private_key(int.from_bytes(PRINTED), ec.SECP256R1())
    known = {vector["thumbprint"] for vector in VECTORS["thumbprints"]} | {thumbprint(jwk(printed))}
    assert TEST_KEYS == known


@pytest.mark.parametrize(
    ("private", "algorithm"),
    [(ED25519, "ed25519"), (P256, "ecdsa-p256-sha256"), (P384, "ecdsa-p384-sha384")],
    ids=["ed25519", "p256", "p384"],
)
def test_algorithm(private: Private, algorithm: str) -> None:
    """A key is for one algorithm alone: RFC 9421, section 3.3."""
    assert algorithm == public_key(jwk(private)).algorithm


#: A key that is wrong, and what is said of it.
WRONG: dict[str, tuple[Mapping[str, Any], str]] = {
    "nothing": ({}, "it is of no kind that is taken: OKP, EC, RSA"),
    "a secret": ({"kty": "oct", "k": "AAAA"}, "it is of no kind that is taken: OKP, EC, RSA"),
    "a kind of lists": ({"kty": []}, "it is of no kind that is taken: OKP, EC, RSA"),
    "half a key": ({"kty": "EC", "crv": "P-256", "x": "AA"}, "it lacks one of crv, kty, x, y"),
    "a number": ({**ED, "x": 1}, "it lacks one of crv, kty, x"),
    "private": ({**ED, "d": "AAAA"}, "it is a private key, which is private no more"),
    "for encryption": ({**ED, "use": "enc"}, "it is not for signatures"),
    "X25519": ({**ED, "crv": "X25519"}, "its curve is not taken"),
    "P-521": ({**EC, "crv": "P-521"}, "its curve is not taken"),
    "short": ({**ED, "x": "AAAA"}, "its x has not 32 bytes"),
    "short point": ({**EC, "y": "AAAA"}, "its x or y has not 32 bytes"),
    "no point": ({**EC, "y": EC["x"]}, "its point is not on its curve"),
    "padded": ({**ED, "x": ED["x"] + "="}, "its x is no base64url"),
    "base64": ({**ED, "x": "+" + ED["x"][1:]}, "its x is no base64url"),
    "one character": ({**ED, "x": "A"}, "its x is no base64url"),
    "a newline": ({**ED, "x": ED["x"] + "\n"}, "its x is no base64url"),
    "bits left": ({**ED, "x": ED["x"][:-1] + chr(ord(ED["x"][-1]) + 1)}, "its x is not spelled as base64url is"),
    "huge": ({**ED, "x": "A" * 1028}, "its x is no base64url"),
    "RSA of 1,024 bits": (
        {"kty": "RSA", "n": base64url(b"\xff" * 128), "e": "AQAB"},
        "it has not 2,048 to 4,096 bits, an odd modulus and the exponent 65537",
    ),
    "RSA of 4,104 bits": (
        {"kty": "RSA", "n": base64url(b"\xff" * 513), "e": "AQAB"},
        "it has not 2,048 to 4,096 bits, an odd modulus and the exponent 65537",
    ),
    "RSA of an even modulus": (
        {"kty": "RSA", "n": base64url(b"\xff" * 255 + b"\xfe"), "e": "AQAB"},
        "it has not 2,048 to 4,096 bits, an odd modulus and the exponent 65537",
    ),
    "RSA with the exponent 1": (
        {"kty": "RSA", "n": base64url(b"\xff" * 256), "e": "AQ"},
        "it has not 2,048 to 4,096 bits, an odd modulus and the exponent 65537",
    ),
    "no time": ({**ED, "exp": "tomorrow"}, "its exp is no time"),
    "a flag": ({**ED, "nbf": True}, "its nbf is no time"),
    "beyond all time": ({**ED, "nbf": 10**400}, "its nbf is no time"),
}


@pytest.mark.parametrize(("given", "problem"), WRONG.values(), ids=WRONG)
def test_unusable(given: Mapping[str, Any], problem: str) -> None:
    """A key that signatures cannot be checked with says why."""
    with pytest.raises(UnusableKeyError) as raised:
        public_key(given)
    assert problem == str(raised.value)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, True),
        ({"nbf": NOW, "exp": NOW}, True),
        ({"nbf": NOW + 1}, False),
        ({"exp": NOW - 1}, False),
        ({"nbf": NOW * 1000, "exp": NOW * 1000}, True),
        ({"exp": (NOW - 1) * 1000}, False),
        ({"nbf": float("nan")}, False),
    ],
    ids=["unsaid", "now", "not yet", "no longer", "in milliseconds", "no longer in milliseconds", "no number"],
)
def test_in_force(said: dict[str, float], expected: bool) -> None:
    """A key says from when until when it is used, in seconds, or in milliseconds as some write it."""
    assert expected is public_key({**ED, **said}).in_force(NOW)


def test_set() -> None:
    """One bad key is left out and told, the others hold."""
    found = key_set(document(ED, {"kty": "oct"}, 7, {**jwk(OTHER), "kid": "mine"}))
    assert {KEYID} == found.keys.keys()
    expected = (
        "key 2: it is of no kind that is taken: OKP, EC, RSA",
        "key 3: it is no object",
        "key 4: its kid is not its thumbprint",
    )
    assert expected == found.problems


def test_kid() -> None:
    """A directory names keys by their thumbprints; other sets have names of their own, which say nothing."""
    assert {KEYID} == key_set(document({**ED, "kid": KEYID})).keys.keys()
    assert {} == key_set(document({**ED, "kid": "mine"})).keys
    assert {KEYID} == key_set(document({**ED, "kid": "mine"}), kid_is_thumbprint=False).keys.keys()


def test_metadata_of_a_client() -> None:
    """A client's metadata holds its keys one level deeper: type `cimd`."""
    body = json.dumps({"client_id": "https://a.example", "jwks": {"keys": [ED]}}).encode()
    assert {KEYID} == key_set(body).keys.keys()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<!doctype html>", "it is no JSON"),
        (b'{"keys": [', "it is no JSON"),
        (b"\xff\xfe\x00", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b'{"keys": [' + b"9" * 5_000 + b"]}", "it is no JSON"),
        (b"[]", "it is no JWK Set: it has no list of keys"),
        (b"{}", "it is no JWK Set: it has no list of keys"),
        (b'{"keys": {}}', "it is no JWK Set: it has no list of keys"),
        (b'{"jwks": []}', "it is no JWK Set: it has no list of keys"),
        (document(*[{}] * 10_000), "it holds 10,000 keys, and at most 100 are taken"),
    ],
    ids=["HTML", "half", "no text", "deep", "a long number", "a list", "empty", "no list", "no jwks", "10,000 keys"],
)
def test_no_set(body: bytes, problem: str) -> None:
    """What is no set of keys is refused whole."""
    with pytest.raises(FetchError) as raised:
        key_set(body)
    assert problem == str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "kid", "use", "nbf", "exp"])
VALUES = JSON | st.sampled_from(["OKP", "EC", "RSA", "Ed25519", "P-256", "AQAB", ED["x"], EC["x"], EC["y"]])


@given(keys=st.lists(st.dictionaries(MEMBERS, VALUES, max_size=8), max_size=4))
@settings(deadline=None)
def test_nothing_breaks_a_set(keys: list[dict[str, Any]]) -> None:
    """Whatever keys hold, each is taken or told."""
    found = key_set(document(*keys))
    assert len(found.keys) + len(found.problems) <= len(keys)


@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(deadline=None)
def test_nothing_breaks_a_document(body: bytes) -> None:
    """Whatever a document holds, it is a set of keys or refused."""
    with suppress(FetchError):
        assert {} == key_set(body).keys
