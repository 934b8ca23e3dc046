"""Public keys as signers publish them: a JWK Set (RFC 7517), each key known by its thumbprint (RFC 7638).

Needs the extra `noscrape[signatures]` to read a key. What a set holds is text of strangers: one bad key is left out and
told, a set that is no set is refused whole.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from noscrape.errors import FetchError, NoScrapeError

__all__ = ["TEST_KEYS", "Key", "KeySet", "Missing", "UnusableKeyError", "key_set", "public_key", "thumbprint"]

#: Thumbprints of keys whose private half is printed in an RFC, so that anybody can sign with them: RFC 9421, B.1.4
#: (Ed25519), B.1.2 (RSA-PSS) and B.1.3 (P-256); RFC 8037, A.1.
TEST_KEYS: Final = frozenset(
    {
        "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U",
        "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA",
        "ydQXMtvbsOsZyFir-Y7A8t7fKEM1gbKPvyFkdpu4fvI",
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    }
)

#: A shorter RSA key can be broken, a longer one costs more to check than a request is worth.
_RSA_BITS: Final = range(2048, 4097)
_RSA_EXPONENT: Final = 65_537
#: Longer than any member of a key that is taken: 4,096 bits are 683 characters.
_LONGEST_MEMBER: Final = 1_024
#: A date beyond this is in milliseconds, as some signers write it.
_MILLISECONDS_FROM: Final = 100_000_000_000
_LATEST: Final = 10**18

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+\Z")


class UnusableKeyError(NoScrapeError):
    """A key is not one that signatures can be checked with."""


class Missing(Enum):
    """Why there is no key to check a signature with; the values are what the log says."""

    NOT_ALLOWED = "its directory is not on the allowlist, and so never fetched"
    FETCHING = "its directory is being fetched"
    FAILED = "its directory could not be fetched"
    NO_SUCH_KEY = "keyid not in the resolved directory"
    NOT_IN_FORCE = "its key is not yet or no longer in force"
    TEST_KEY = "its key is a test key that anybody can sign with"


@dataclass(frozen=True, slots=True)
class Key:
    """One public key. `algorithm` is the one of RFC 9421 that it is for; `public` is an object of `cryptography`.

    `not_before` and `not_after` are epoch seconds, None where nothing is said.
    """

    thumbprint: str
    algorithm: str
    public: Any
    not_before: float | None = None
    not_after: float | None = None

    def in_force(self, now: float) -> bool:
        """Whether it may be used at this time."""
        return (self.not_before is None or self.not_before <= now) and (self.not_after is None or now <= self.not_after)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one document, by thumbprint, and what is wrong with those that were left out."""

    keys: Mapping[str, Key]
    problems: tuple[str, ...] = ()


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The SHA-256 thumbprint of a key (RFC 7638; RFC 8037, A.3), base64url. Raises UnusableKeyError."""
    kind = jwk.get("kty")
    needed = _REQUIRED.get(kind) if isinstance(kind, str) else None
    if needed is None:
        raise UnusableKeyError("it is of no kind that is taken: OKP, EC, RSA")
    if not all(isinstance(jwk.get(name), str) for name in needed):
        raise UnusableKeyError(f"it lacks one of {', '.join(needed)}")
    canonical = json.dumps({name: jwk[name] for name in needed}, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest())


def public_key(jwk: Mapping[str, Any]) -> Key:
    """A key from its JWK. Raises UnusableKeyError, also for a private one; and NoScrapeError without the extra."""
    name = thumbprint(jwk)
    if "d" in jwk:
        raise UnusableKeyError("it is a private key, which is private no more")
    if jwk.get("use", "sig") != "sig":
        raise UnusableKeyError("it is not for signatures")
    algorithm, made = _MADE[jwk["kty"]](jwk)
    return Key(name, algorithm, made, _date(jwk, "nbf"), _date(jwk, "exp"))


def key_set(body: bytes, *, at_most: int = 100, kid_is_thumbprint: bool = True) -> KeySet:
    """The keys of a document: a JWK Set, or client metadata that holds one as `jwks`.

    `kid_is_thumbprint` is how a directory must name its keys (httpsig-protocol, section 4); one with another `kid` is
    left out. Raises FetchError where the document is none, or holds more than `at_most` keys.
    """
    keys: dict[str, Key] = {}
    problems = []
    for number, jwk in enumerate(_listed(body, at_most), start=1):
        try:
            if not isinstance(jwk, dict):
                raise UnusableKeyError("it is no object")
            key = public_key(jwk)
            if kid_is_thumbprint and jwk.get("kid", key.thumbprint) != key.thumbprint:
                raise UnusableKeyError("its kid is not its thumbprint")
        except UnusableKeyError as error:
            problems.append(f"key {number}: {error}")
        else:
            keys[key.thumbprint] = key
    return KeySet(keys, tuple(problems))


def _listed(body: bytes, at_most: int) -> list[object]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FetchError("it is no JSON") from error
    if isinstance(document, dict) and "keys" not in document:
        document = document.get("jwks")
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise FetchError("it is no JWK Set: it has no list of keys")
    if len(keys) > at_most:
        raise FetchError(f"it holds {len(keys):,} keys, and at most {at_most:,} are taken")
    return keys


def _date(jwk: Mapping[str, Any], name: str) -> float | None:
    value = jwk.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > _LATEST:
        raise UnusableKeyError(f"its {name} is no time")
    return value / 1000 if abs(value) > _MILLISECONDS_FROM else value


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    """A member of a key; base64url has one spelling for it, or a thumbprint would name the same key twice."""
    value = jwk[name]
    if len(value) > _LONGEST_MEMBER or not _BASE64URL.match(value):
        raise UnusableKeyError(f"its {name} is no base64url")
    try:
        decoded = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error as error:
        raise UnusableKeyError(f"its {name} is no base64url") from error
    if _base64url(decoded) != value:
        raise UnusableKeyError(f"its {name} is not spelled as base64url is")
    return decoded


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _octet_key(jwk: Mapping[str, Any]) -> tuple[str, object]:
    if jwk["crv"] != "Ed25519":
        raise UnusableKeyError("its curve is not taken")
    data = _bytes(jwk, "x")
    if len(data) != 32:
        raise UnusableKeyError("its x has not 32 bytes")
    return "ed25519", _cryptography().ed25519.Ed25519PublicKey.from_public_bytes(data)


def _curve_key(jwk: Mapping[str, Any]) -> tuple[str, object]:
    ec = _cryptography().ec
    curves = {"P-256": ("ecdsa-p256-sha256", 32, ec.SECP256R1), "P-384": ("ecdsa-p384-sha384", 48, ec.SECP384R1)}
    if jwk["crv"] not in curves:
        raise UnusableKeyError("its curve is not taken")
    algorithm, size, curve = curves[jwk["crv"]]
    x, y = _bytes(jwk, "x"), _bytes(jwk, "y")
    if len(x) != size or len(y) != size:
        raise UnusableKeyError(f"its x or y has not {size} bytes")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve())
    try:
        return algorithm, numbers.public_key()
    except ValueError as error:
        raise UnusableKeyError("its point is not on its curve") from error


def _rsa_key(jwk: Mapping[str, Any]) -> tuple[str, object]:
    modulus, exponent = int.from_bytes(_bytes(jwk, "n")), int.from_bytes(_bytes(jwk, "e"))
    if modulus.bit_length() not in _RSA_BITS or not modulus % 2 or exponent != _RSA_EXPONENT:
        raise UnusableKeyError(f"it has not 2,048 to 4,096 bits, an odd modulus and the exponent {_RSA_EXPONENT}")
    try:
        return "rsa-pss-sha512", _cryptography().rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as error:
        raise UnusableKeyError("its numbers are no key") from error


#: What the thumbprint of each kind of key is made of.
_REQUIRED: Final = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_MADE: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[str, object]]]] = {
    "OKP": _octet_key,
    "EC": _curve_key,
    "RSA": _rsa_key,
}


def _cryptography() -> Any:
    try:
        from cryptography.hazmat.primitives import asymmetric
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: F401  (loads the three)
    except ImportError as error:
        raise NoScrapeError("reading keys needs cryptography: pip install 'noscrape[signatures]'") from error
    return asymmetric
