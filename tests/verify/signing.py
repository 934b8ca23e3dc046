"""Signed requests for tests: keys of our own, and signatures made by hand, without the library that verifies them."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from noscrape.verify.components import SignedRequest, signature_base
from noscrape.verify.directories import MEDIA_TYPE
from noscrape.verify.keys import Key, Missing, public_key, thumbprint

NOW = 1_800_000_000
ORIGIN = "https://signer.example"
DIRECTORY = ORIGIN + "/.well-known/http-message-signatures-directory"

Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(private: Private) -> dict[str, Any]:
    """The public half of a key, as a directory publishes it."""
    public = private.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(public.public_bytes_raw())}
    if isinstance(public, rsa.RSAPublicKey):
        number = public.public_numbers().n
        return {"kty": "RSA", "n": base64url(number.to_bytes((number.bit_length() + 7) // 8)), "e": "AQAB"}
    point = public.public_numbers()
    size = (public.curve.key_size + 7) // 8
    x, y = base64url(point.x.to_bytes(size)), base64url(point.y.to_bytes(size))
    return {"kty": "EC", "crv": "P-256" if size == 32 else "P-384", "x": x, "y": y}


def made(private: Private, data: bytes) -> bytes:
    """A signature as RFC 9421, section 3.3 has them."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(data)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64), hashes.SHA512())
    size = (private.curve.key_size + 7) // 8
    der = private.sign(data, ec.ECDSA(hashes.SHA256() if size == 32 else hashes.SHA384()))
    return b"".join(part.to_bytes(size) for part in decode_dss_signature(der))


#: One key of each kind that is taken; from seeds where that is possible, since keys of RSA take long to find.
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"noscrape tests 1").digest())
OTHER = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"noscrape tests 2").digest())
P256 = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"noscrape tests 3").digest()), ec.SECP256R1())
P384 = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"noscrape tests 4").digest()), ec.SECP384R1())
KEYID = thumbprint(jwk(ED25519))


def request(**other: Any) -> SignedRequest:
    """A request that nobody has signed yet."""
    given = {"method": "GET", "scheme": "https", "authority": "music.example", "path": b"/tracks/1", "query": b""}
    return SignedRequest(**{**given, "headers": (), **other})


def signed(
    asked: SignedRequest | None = None,
    *,
    private: Private = ED25519,
    components: str = '"@authority" "@path" "signature-agent";key="sig"',
    agent: str | None = f'sig="{ORIGIN}"',
    label: str = "sig",
    **parameters: object,
) -> SignedRequest:
    """A request with one signature more. A parameter that is None is left out; what is given as bytes is put in raw."""
    asked = asked or request()
    stated: Mapping[str, object] = {
        "created": NOW - 10,
        "expires": NOW + 290,
        "keyid": thumbprint(jwk(private)),
        "tag": "web-bot-auth",
        **parameters,
    }
    inner = f"{label}=({components})" + "".join(f";{name}={_spelled(value)}" for name, value in stated.items() if value)
    headers = list(asked.headers)
    if agent is not None:
        headers.append((b"signature-agent", agent.encode()))
    headers.append((b"signature-input", inner.encode()))
    unsigned = _with(asked, headers)
    signature = base64.b64encode(made(private, signature_base(unsigned, label=label).encode("ascii")))
    return _with(unsigned, [*headers, (b"signature", label.encode() + b"=:" + signature + b":")])


def _spelled(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _with(asked: SignedRequest, headers: list[tuple[bytes, bytes]]) -> SignedRequest:
    return SignedRequest(asked.method, asked.scheme, asked.authority, asked.path, asked.query, tuple(headers))


class AtOnce(Executor):
    """Does at once what it is given, or, while it `holds`, when it is told to."""

    def __init__(self) -> None:
        self.holds = False
        self._held: list[Callable[[], None]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **keywords: Any) -> Future[Any]:
        future = Future[Any]()

        def run() -> None:
            future.set_result(fn(*args, **keywords))

        if self.holds:
            self._held.append(run)
        else:
            run()
        return future

    def release(self) -> None:
        self.holds = False
        while self._held:
            self._held.pop()()


@dataclass
class Web:
    """What is published where; it notes what was fetched."""

    pages: dict[str, "Page | Exception"] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def __call__(self, url: str, /, *, most_bytes: int, seconds: float) -> "Page":
        self.fetched.append(url)
        page = self.pages[url]
        if isinstance(page, Exception):
            raise page
        return page


@dataclass(frozen=True)
class Page:
    """An answer."""

    body: bytes
    status: int = 200
    media_type: str = MEDIA_TYPE

    @property
    def headers(self) -> Mapping[str, str]:
        return {"content-type": self.media_type}


class Ring:
    """Keys that are known, by URL; it notes what it was asked for."""

    def __init__(self, *published: Private, url: str = DIRECTORY) -> None:
        self._keys = {(url, key.thumbprint): key for key in (public_key(jwk(private)) for private in published)}
        self.asked: list[tuple[str, str]] = []

    def __call__(self, url: str, keyid: str) -> Key | Missing:
        self.asked.append((url, keyid))
        return self._keys.get((url, keyid), Missing.NO_SUCH_KEY)


def document(*keys: object) -> bytes:
    """A JWK Set."""
    return json.dumps({"keys": keys}).encode()
