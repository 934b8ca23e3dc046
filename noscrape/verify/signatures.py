"""Signed requests: Web Bot Auth, a profile of RFC 9421 (draft-ietf-webbotauth-httpsig-protocol-00).

A signature says that whoever holds a key has signed these parts of this request. Who that is follows from where the key
was found: the identity is the URL that the keys were fetched from, not the key and not the user agent.

Rules of the order in which a signature is judged, so that the outcome does not depend on what was fetched before: its
form and its times first, then what it covers, then whom it names, then the key, and the mathematics last.

The algorithms are those of http-message-signatures (extra `noscrape[signatures]`). Its own verifier is not used: it
reads the clock itself, and where one signature of a request fails it refuses the others too.
"""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from noscrape.errors import NoScrapeError
from noscrape.request import Headers
from noscrape.verify.components import (
    LONGEST_FIELD_BYTES,
    Component,
    ComponentError,
    Message,
    Parameters,
    SignedRequest,
    TooLongError,
    base,
    covered,
    dictionary,
    field,
    item,
    signature_base,
)
from noscrape.verify.directories import Directories, LocationError, location
from noscrape.verify.keys import TEST_KEYS, Key, Missing, key_set

__all__ = [
    "Outcome",
    "Replays",
    "Signatures",
    "Signed",
    "SignedRequest",
    "signature_base",
    "verify",
    "verify_directory",
]

TAG: Final = "web-bot-auth"
DIRECTORY_TAG: Final = "http-message-signatures-directory"

#: More of anything is more than a check is worth.
MOST_SIGNATURES: Final = 4
MOST_COMPONENTS: Final = 16

_SIGNING: Final = frozenset({b"signature-input", b"signature", b"signature-agent"})
#: More than the three fields of one signature take.
_USUAL_BYTES: Final = 2_048

#: What the draft recommends that no signature outlives.
LONGEST_LIFE_SECONDS: Final = 86_400

#: The label of what is said about a request as a whole.
NO_LABEL: Final = "-"
_LONGEST_LABEL: Final = 64


class Outcome(Enum):
    """What came of one signature. `UNVERIFIED` is neither good nor bad: nothing could be decided."""

    VERIFIED = "verified"
    INVALID = "invalid"
    UNVERIFIED = "unverified"
    IGNORED = "ignored"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Signed:
    """What is known of one signature. `label` is "-" where it is about the request as a whole.

    `identifier` is the URL that the key was found at, for verified ones alone. `covers` are names of components.
    `digest` tells signatures apart, so that one that is sent again is known. `created` and `expires` are epoch seconds.
    """

    label: str
    outcome: Outcome
    identifier: str | None = None
    reason: str = ""
    covers: frozenset[str] = frozenset()
    digest: str = ""
    created: int | None = None
    expires: int | None = None

    @property
    def grants(self) -> bool:
        """Whether it speaks for this very resource, for a day at most; else it tells who, and may be a copy."""
        return (
            self.outcome is Outcome.VERIFIED
            and not self.covers.isdisjoint({"@path", "@target-uri", "@request-target"})
            and self.created is not None
            and self.expires is not None
            and self.expires - self.created <= LONGEST_LIFE_SECONDS
        )


def verify(
    request: SignedRequest,
    *,
    keys: Callable[[str, str], Key | Missing | None],
    now: float,
    skew_seconds: float = 60.0,
    test_keys: bool = False,
) -> tuple[Signed, ...]:
    """Every signature of a request, judged by itself. `keys` is asked for (URL, keyid), and for nothing else.

    `now` is in epoch seconds; a signature may come from `skew_seconds` ahead of it, and never outlives its `expires`.
    Raises NoScrapeError where the extra is not installed, and nothing else.
    """
    given = field(request.headers, b"signature-input")
    signatures = field(request.headers, b"signature")
    if given is None and signatures is None:
        return (Signed(NO_LABEL, Outcome.ABSENT),)
    agent = field(request.headers, b"signature-agent")
    if any(value and len(value) > LONGEST_FIELD_BYTES for value in (given, signatures, agent)):
        return _whole(Outcome.UNVERIFIED, f"its fields are longer than {LONGEST_FIELD_BYTES:,} bytes")
    if given is None or signatures is None:
        return _whole(Outcome.INVALID, "malformed: Signature and Signature-Input need each other")
    inputs, values = dictionary(given, unique=True), dictionary(signatures, unique=True)
    if not inputs or not values:
        return _whole(Outcome.INVALID, "malformed: Signature or Signature-Input is no dictionary")
    labels = tuple(dict.fromkeys((*inputs, *values)))
    if len(labels) > MOST_SIGNATURES:
        return _whole(Outcome.UNVERIFIED, f"more than {MOST_SIGNATURES} signatures")
    message = Message(request)
    check = _Check(message, agent, keys, now, skew_seconds, test_keys)
    return tuple(check.judged(label, inputs.get(label), values.get(label)) for label in labels)


def verify_directory(
    body: bytes, *, headers: Headers, authority: str, now: float, keys_at_most: int = 100, test_keys: bool = False
) -> frozenset[str]:
    """Thumbprints of the keys of a directory that have signed it for this authority, and so are held by its publisher.

    The draft's appendix on the domain binding. Of no matter for a directory that we fetched ourselves. Raises
    FetchError where the body is no directory.
    """
    found = key_set(body, at_most=keys_at_most).keys
    inputs = dictionary(field(headers, b"signature-input") or "", unique=True) or {}
    values = dictionary(field(headers, b"signature") or "", unique=True) or {}
    if len(inputs) > keys_at_most or not _digests(body, field(headers, b"content-digest")):
        return frozenset()
    message = Message(SignedRequest("GET", "https", authority, b"/", b"", ()), answer=headers)
    proven = set()
    for label, member in inputs.items():
        components, parameters = covered(member) or ([], Parameters())
        signature = _signature(values.get(label))
        key = found.get(str(parameters.get("keyid")))
        if (
            key is not None
            and signature is not None
            and _is(parameters.get("tag"), DIRECTORY_TAG)
            and not _faults(parameters, now, 0.0)
            and ("@authority", {"req": True}) in components
            and ("content-digest", {}) in components
            and (test_keys or key.thumbprint not in TEST_KEYS)
            and _proves(message, components, parameters, signature, key)
        ):
            proven.add(key.thumbprint)
    return frozenset(proven)


class Replays:
    """Signatures that were verified, each with the client that sent it first; the oldest are forgotten first.

    A signature covers no address, so one that is seen on the wire, or in a log, serves whoever has it until it expires.
    """

    def __init__(self, *, bound: int = 10_000) -> None:
        self._bound = bound
        self._clients: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    def seen(self, digest: str, client_key: str) -> bool:
        """Whether another client sent this signature before. A client without a key ("") is nobody in particular."""
        if not client_key:
            return False
        first = self._clients.setdefault(digest, client_key)
        if len(self._clients) > self._bound:
            self._clients.popitem(last=False)
        return first != client_key


class Signatures:
    """Verifies what signed requests say, with the keys that are known now. Nothing waits, and nothing is fetched here.

    At most `per_second` requests a second are looked at, in the whole process; beyond them, nothing is known. One with
    long fields counts as several. Raises NoScrapeError where the extra is not installed.
    """

    def __init__(
        self,
        *,
        directories: Directories,
        replays: Replays | None = None,
        skew_seconds: float = 60.0,
        per_second: int = 200,
        test_keys: bool = False,
        counters: Counter[str] | None = None,
    ) -> None:
        _library()
        self._directories = directories
        self._replays = Replays() if replays is None else replays
        self._skew = skew_seconds
        self._per_second = per_second
        self._test_keys = test_keys
        self._counters = Counter[str]() if counters is None else counters
        self._second = 0
        self._checked = 0

    def check(self, request: SignedRequest, client_key: str, now: float) -> tuple[Signed, ...]:
        """Every signature of a request, judged by itself; one that another client sent before is not verified."""
        sizes = [len(value) for name, value in request.headers if name in _SIGNING]
        if not sizes:
            return (Signed(NO_LABEL, Outcome.ABSENT),)
        if not self._room(1 + sum(sizes) // _USUAL_BYTES, now):
            self._counters["signatures_over_limit"] += 1
            return _whole(Outcome.UNVERIFIED, f"more than {self._per_second} signed requests in this second")
        found = verify(
            request,
            keys=lambda url, keyid: self._directories.key(url, keyid, now),
            now=now,
            skew_seconds=self._skew,
            test_keys=self._test_keys,
        )
        return tuple(self._once(signed, client_key) for signed in found)

    def _room(self, requests: int, now: float) -> bool:
        second = int(now)
        if second != self._second:
            self._second, self._checked = second, 0
        self._checked += requests
        return self._checked <= self._per_second

    def _once(self, signed: Signed, client_key: str) -> Signed:
        if signed.outcome is not Outcome.VERIFIED or not self._replays.seen(signed.digest, client_key):
            return signed
        self._counters["signatures_replayed"] += 1
        reason = "the same signature came from another client before"
        return Signed(signed.label, Outcome.UNVERIFIED, None, reason, signed.covers, "", signed.created, signed.expires)


@dataclass(frozen=True, slots=True)
class _Check:
    """One request, and what its signatures are judged by."""

    message: Message
    agent: str | None
    keys: Callable[[str, str], Key | Missing | None]
    now: float
    skew_seconds: float
    test_keys: bool

    def judged(self, label: str, member: object, value: object) -> Signed:
        """One signature: its member of Signature-Input, and that of Signature."""
        shown = label[:_LONGEST_LABEL]
        found = covered(member)
        if found is None:
            return Signed(shown, Outcome.INVALID, reason="malformed: Signature-Input holds no list of components")
        components, parameters = found
        if not _is(parameters.get("tag"), TAG):
            return Signed(shown, Outcome.IGNORED, reason=f"tag is not {TAG}")
        names = frozenset(name for name, _ in components[:MOST_COMPONENTS])

        def said(outcome: Outcome, reason: str, identifier: str | None = None, digest: str = "") -> Signed:
            created, expires = (_integer(parameters.get(name)) for name in ("created", "expires"))
            return Signed(shown, outcome, identifier, reason, names, digest, created, expires)

        signature = _signature(value)
        if signature is None:
            return said(Outcome.INVALID, "malformed: Signature holds no bytes by this label")
        if len(components) > MOST_COMPONENTS:
            return said(Outcome.UNVERIFIED, f"more than {MOST_COMPONENTS} components")
        if fault := _faults(parameters, self.now, self.skew_seconds):
            return said(Outcome.INVALID, fault)
        if ("@authority", {}) not in components and ("@target-uri", {}) not in components:
            return said(Outcome.INVALID, "covers neither @authority nor @target-uri")
        try:
            signed = base(self.message, components, parameters)
        except TooLongError as error:
            return said(Outcome.UNVERIFIED, str(error))
        except ComponentError as error:
            return said(Outcome.INVALID, str(error))
        try:
            identifier = self._identifier(label, components)
        except LocationError as error:
            return said(Outcome.UNVERIFIED, str(error))
        keyid = parameters["keyid"]
        key = Missing.TEST_KEY if keyid in TEST_KEYS and not self.test_keys else self.keys(identifier, keyid)
        if not isinstance(key, Key):
            outcome = Outcome.INVALID if key is Missing.TEST_KEY else Outcome.UNVERIFIED
            return said(outcome, (key or Missing.NO_SUCH_KEY).value)
        if key.thumbprint != keyid:
            return said(Outcome.UNVERIFIED, Missing.NO_SUCH_KEY.value)
        if (algorithm := parameters.get("alg", key.algorithm)) != key.algorithm:
            return said(Outcome.INVALID, f"alg is {algorithm[:40]!r}, and the key is for {key.algorithm}")
        if not _holds(key, signature, signed):
            return said(Outcome.INVALID, "signature does not verify")
        # Of ECDSA, each signature has a twin that holds as well and differs in its second half.
        digest = hashlib.sha256(signed + signature[:32]).hexdigest()
        return said(Outcome.VERIFIED, "", identifier, digest)

    def _identifier(self, label: str, components: Iterable[Component]) -> str:
        """The URL that the signer named and signed. Raises LocationError where there is none to attribute this to."""
        if self.agent is None:
            raise LocationError("no Signature-Agent")
        if self.agent.startswith('"'):  # the form before the dictionary, which is still sent
            if ("signature-agent", {}) not in components:
                raise LocationError("signature-agent not covered")
            return _agent(item(self.agent))
        members = {
            parameters["key"] for name, parameters in components if name == "signature-agent" and "key" in parameters
        }
        if not members:
            raise LocationError("signature-agent not covered, or not by its member")
        if len(members) > 1 and label not in members:
            raise LocationError("covers several members of Signature-Agent, none of them by its label")
        return _agent((self.message.members("signature-agent") or {}).get(label if label in members else min(members)))


def _whole(outcome: Outcome, reason: str) -> tuple[Signed, ...]:
    return (Signed(NO_LABEL, outcome, reason=reason),)


def _faults(parameters: Parameters, now: float, skew_seconds: float) -> str:
    """What is wrong with the parameters of a signature themselves, "" where nothing is."""
    created, expires = _integer(parameters.get("created")), _integer(parameters.get("expires"))
    if created is None or expires is None or not isinstance(parameters.get("keyid"), str):
        return "malformed: created, expires or keyid is missing"
    if any(not isinstance(parameters.get(name, ""), str) for name in ("alg", "nonce")):
        return "malformed: alg or nonce is no string"
    if str(parameters.get("alg", "")).startswith("hmac"):
        return "HMAC is forbidden: its key would be known to both sides"
    if created > now + skew_seconds:
        return "created in the future"
    if expires < now:
        return "expired"
    return "expires before it was created" if expires < created else ""


def _integer(value: object) -> int | None:
    """An Integer of Structured Fields; a Boolean is none."""
    return value if type(value) is int else None


def _is(value: object, text: str) -> bool:
    """Whether a parameter is this String; a Token of the same letters is another thing, and yet equal to it."""
    return isinstance(value, str) and value == text


def _agent(member: object) -> str:
    """The identifier that a member of Signature-Agent names. Raises LocationError."""
    value, parameters = member if isinstance(member, tuple) else (None, {})
    if not isinstance(value, str):
        raise LocationError("Signature-Agent is no string")
    return location(value, kind=str(parameters.get("type", "directory")))


def _signature(member: object) -> bytes | None:
    value = member[0] if isinstance(member, tuple) else None
    return value if isinstance(value, bytes) and value else None


class _Library(NamedTuple):
    algorithms: Mapping[str, Any]
    error: type[Exception]
    wrong: type[Exception]


@cache
def _library() -> _Library:
    try:
        from cryptography.exceptions import InvalidSignature
        from http_message_signatures import HTTPMessageSignaturesException, algorithms
    except ImportError as error:
        raise NoScrapeError(
            "verifying signed requests needs http-message-signatures: pip install 'noscrape[signatures]'"
        ) from error
    made = (
        algorithms.ED25519,
        algorithms.RSA_PSS_SHA512,
        algorithms.ECDSA_P256_SHA256,
        algorithms.ECDSA_P384_SHA384,
    )
    known = {algorithm.algorithm_id: algorithm for algorithm in made}
    return _Library(known, HTTPMessageSignaturesException, InvalidSignature)


def _holds(key: Key, signature: bytes, signed: bytes) -> bool:
    """Whether a signature was made over these bytes by the holder of this key."""
    library = _library()
    try:
        library.algorithms[key.algorithm](public_key=key.public).verify(signature, signed)
    except (library.wrong, library.error, ValueError):
        return False
    return True


def _proves(message: Message, components: list[Component], parameters: Parameters, signature: bytes, key: Key) -> bool:
    try:
        return _holds(key, signature, base(message, components, parameters))
    except ComponentError:
        return False


def _digests(body: bytes, field: str | None) -> bool:
    """Whether Content-Digest (RFC 9530) is of this body: by one digest at least that is known, and by none not."""
    given = dictionary(field or "") or {}
    known = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
    compared = [_signature(given[name]) == known[name](body).digest() for name in known if name in given]
    return bool(compared) and all(compared)
