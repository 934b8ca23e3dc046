"""One line of the log: what it holds, and how it is written and read back.

A line is one JSON object in ASCII. `FRAME` and `KEYS` are all its keys and their documentation. A key is absent where
the event says nothing more than the default, so `"enforced": true`, `null` and empty texts are never written. Keys are
only ever added; a change of meaning raises `SCHEMA`. Unknown keys are passed over when a line is read.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NoReturn, Self

from noscrape.errors import LogError
from noscrape.words import Action

#: Version of the line's shape; a reader accepts older ones and says so about newer ones.
SCHEMA = 1

#: Characters of a path, or of a request id, that are kept.
PATH_KEPT: Final = 500

#: A line as it is read. Named here, since `Event` has a field called `bytes`.
_Written = str | bytes


@dataclass(frozen=True, slots=True)
class Event:
    """What is remembered of one request, or of something that noscrape itself saw.

    `kind` is "request", "own-document", "served" (the text of robots.txt, once for each text in each process: `detail`
    holds it as "text", or says as "omitted" why not), "reservation" (a track's reservation was seen to change: `detail`
    holds what it was "before"), "reloaded" or "dropped" (lines that could not be written).
    Times are epoch seconds, kept to the millisecond; `path` has no query, since signed URLs carry secrets; `bytes` are
    those of the body. None says "not known", never "no".
    """

    kind: str
    time: float
    id: str = ""
    mode: str = ""
    action: str = ""
    enforced: bool = True
    status: int | None = None
    rule: str = ""
    reason: str = ""
    setting: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    client: str | None = None
    user_agent: str | None = None
    token: str | None = None
    operator: str | None = None
    crawler_class: str | None = None
    purpose: str | None = None
    verification: str | None = None
    verified_how: str | None = None
    account: str | None = None
    tracks: tuple[str, ...] = ()
    serves: str | None = None
    reservation: Mapping[str, str] | None = None
    reservation_source: str | None = None
    reservation_by: str | None = None
    method: str | None = None
    path: str | None = None
    bytes: int | None = None
    delivery: str | None = None
    request_id: str | None = None
    served_hash: str | None = None
    catalog: str | None = None
    config: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self, *, n: int | None = None, prev: str | None = None) -> str:
        """The event as one line, without newline. `n` and `prev` are its place in the chain.

        Raises ValueError or TypeError for what no line can hold: a time that is no time, a NaN, a key that is no text.
        """
        written: dict[str, object] = {"v": SCHEMA}
        if n is not None:
            written["n"] = n
        if prev is not None:
            written["prev"] = prev
        written["time"] = time_text(self.time)
        for key, attribute, default in _WRITTEN:
            value = getattr(self, attribute)
            if value is not default and value != default:
                written[key] = value
        return _encode(written)

    @property
    def outcome(self) -> str:
        """What was done, in one word: the action, "would-refuse" where it was only observed, or else the kind."""
        if self.kind not in _REQUESTS or not self.action:
            return self.kind
        return self.action if self.enforced or self.action == Action.ALLOW.value else f"would-{self.action}"

    @classmethod
    def from_json(cls, line: _Written) -> Self:
        """The event of a line, as `to_json` wrote it.

        Raises LogError for whatever is no event: half a line, another shape, a newer version.
        """
        found = _object(line)
        version = found.get("v")
        if type(version) is not int:
            raise LogError("no event of noscrape: key 'v' is missing or no number")
        if version > SCHEMA:
            raise LogError(f"written by a newer noscrape (shape {version}, this one reads up to {SCHEMA})")
        read: dict[str, Any] = {}
        for key, value in found.items():
            known = _READ.get(key)
            if known is None:
                continue
            attribute, wanted, accept = known
            try:
                read[attribute] = accept(value)
            except (TypeError, ValueError, OverflowError):
                raise LogError(f"key '{key}' should hold {wanted}") from None
        if "kind" not in read or "time" not in read:
            raise LogError("no event of noscrape: key 'kind' or 'time' is missing")
        return cls(**read)


#: The kinds of event that tell of a decision.
_REQUESTS: Final = frozenset({"request", "own-document"})


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a line: its JSON shape and what it says. The attribute of `Event` has the same name, but one."""

    shape: str
    says: str
    attribute: str = ""


#: What the writer adds around an event.
FRAME: Final[Mapping[str, Key]] = {
    "v": Key("number", "version of the line's shape"),
    "n": Key("number", "number of the line, from 1 in each process, on through rotated files"),
    "prev": Key("text", "first 16 hex digits of the SHA-256 of the line before, without its newline; absent at 1"),
}

#: The keys of an event, in the order in which they are written.
KEYS: Final[Mapping[str, Key]] = {
    "time": Key("time", "RFC 3339, UTC, milliseconds"),
    "kind": Key("text", "request, own-document, served, reservation, started, reloaded, failed, dropped"),
    "id": Key("text", "support id, as the answer showed it"),
    "mode": Key("text", "enforce, observe"),
    "action": Key("text", "allow, refuse, throttle"),
    "enforced": Key("flag", "false where the rule or the whole site only observes"),
    "status": Key("number", "status code of the answer"),
    "rule": Key("text", "the row of the decision table"),
    "reason": Key("text", "why, in a sentence"),
    "setting": Key("text", "the key of the configuration that decided"),
    "evidence": Key("texts by name", "what was measured, against which threshold"),
    "client": Key("text", "address, as [log] addresses says"),
    "user_agent": Key("text", "as received, cut"),
    "token": Key("text", "product token of the crawler that the client calls itself"),
    "operator": Key("text", "who operates that crawler"),
    "class": Key("text", "class of the crawler in the catalog", attribute="crawler_class"),
    "purpose": Key("text", "training, dataset, search, assistant, agent, undisclosed"),
    "verification": Key("text", "verified, contradicted, unknown"),
    "verified_how": Key("text", "what the verification rests on"),
    "account": Key("text", "who is signed in, as the app told it"),
    "tracks": Key("texts", "ids of the works asked for"),
    "serves": Key("text", "representation: page, media, ..."),
    "reservation": Key("texts by name", "for each purpose reserved, open or unstated"),
    "reservation_source": Key("text", "where the reservation was read"),
    "reservation_by": Key("text", "owner, site"),
    "method": Key("text", "request method"),
    "path": Key("text", "path without its query"),
    "bytes": Key("number", "bytes of the body that were sent"),
    "delivery": Key("text", "how the body was sent"),
    "request_id": Key("text", "the app's own id of the request"),
    "served_hash": Key("text", "first 16 hex digits of the SHA-256 of the own document that was served"),
    "catalog": Key("text", "version of the catalog"),
    "config": Key("text", "digest of the configuration"),
    "detail": Key("anything by name", "what only this kind of event has"),
}


def digest(line: bytes) -> str:
    """What the next line's `prev` says of this one, given without its newline."""
    return hashlib.sha256(line).hexdigest()[:16]


def link(line: str | bytes) -> tuple[int, str | None]:
    """A line's number and what it says of the line before. Raises LogError where there is none."""
    found = _object(line)
    n, prev = found.get("n"), found.get("prev")
    if type(n) is not int or not (prev is None or isinstance(prev, str)):
        raise LogError("the line has no number")
    return n, prev


def time_text(epoch_seconds: float) -> str:
    """RFC 3339 in UTC, to the millisecond. Raises ValueError for what is no time between the years 1 and 9999."""
    if not math.isfinite(epoch_seconds):
        raise ValueError("no time")
    seconds, milliseconds = divmod(round(epoch_seconds * 1000), 1000)
    return f"{_second_text(seconds)}.{milliseconds:03}Z"


def time_of(text: str) -> float:
    """Epoch seconds of an RFC 3339 time. Raises ValueError for any other text."""
    if len(text) == 24 and text[19] == "." and text[23] == "Z" and text[20:23].isdecimal():
        return (_second_of(text[:19]) * 1000 + int(text[20:23])) / 1000
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.timestamp()


# A busy site writes many lines in one second.
@lru_cache(maxsize=64)
def _second_text(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error


@lru_cache(maxsize=64)
def _second_of(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp())


def _plain(value: object) -> object:
    """What JSON does not know, as something that it knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, Enum):
        return value.value
    return str(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain).encode
_decode: Final = json.JSONDecoder(parse_constant=_no_constant).decode


def _object(line: str | bytes) -> dict[str, Any]:
    try:
        found = _decode(line if isinstance(line, str) else line.decode("utf-8"))
    except UnicodeDecodeError:
        raise LogError("not text") from None
    except (ValueError, RecursionError):
        raise LogError("not JSON, or cut off") from None
    if not isinstance(found, dict):
        raise LogError("not a JSON object")
    return found


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if type(value) is not list:
        raise TypeError
    return tuple(map(_text, value))


def _named_texts(value: object) -> dict[str, str]:
    found = _named(value)
    for item in found.values():
        _text(item)
    return found


def _named(value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError
    return value


_ACCEPT: Final[Mapping[str, tuple[str, Callable[[Any], object]]]] = {
    "text": ("a text", _text),
    "number": ("a whole number", _number),
    "flag": ("true or false", _flag),
    "time": ("a time such as 2026-11-22T22:27:31.042Z", lambda value: time_of(_text(value))),
    "texts": ("a list of texts", _texts),
    "texts by name": ("an object of texts", _named_texts),
    "anything by name": ("an object", _named),
}

_DEFAULTS: Final = {
    each.name: each.default_factory() if callable(each.default_factory) else each.default for each in fields(Event)
}
_WRITTEN: Final = tuple(
    (key, known.attribute or key, _DEFAULTS[known.attribute or key]) for key, known in KEYS.items() if key != "time"
)
_READ: Final = {key: (known.attribute or key, *_ACCEPT[known.shape]) for key, known in KEYS.items()}
