"""A stop as JSON has it, for files and for Redis, and back: what comes from there is checked, and trusted little."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from noscrape.patterns.stop import TRACKS_KEPT, Kind, Stop
from noscrape.patterns.stops import lasts
from noscrape.words import Action

VERSION: Final = 1

#: A clock may be ahead of ours by so many seconds.
_AHEAD_SECONDS: Final = 300.0

_HEX: Final = frozenset("0123456789abcdef")
_DIGITS: Final = 16
_LONGEST_TEXT: Final = 1_000
_MOST: Final = 1e15
_KINDS: Final = {kind.value: kind for kind in Kind}
_ACTIONS: Final = {action.value: action for action in (Action.REFUSE, Action.THROTTLE)}


def as_dict(stop: Stop) -> dict[str, Any]:
    """A stop as JSON has it."""
    return {
        "version": VERSION,
        "id": stop.id,
        "kind": stop.kind.value,
        "key": stop.key,
        "address": stop.address,
        "client": stop.client,
        "user_agent": stop.user_agent,
        "since": stop.since,
        "until": stop.until,
        "strikes": stop.strikes,
        "action": stop.action.value,
        "score": stop.score,
        "words": stop.words,
        "tracks": list(stop.tracks),
        "touched": stop.touched,
        "sent": stop.sent,
        "first": stop.first,
        "last": stop.last,
    }


def stop_of(found: object, now: float) -> Stop:
    """The stop that a text tells of. It lasts no longer than one of its strikes does, whatever it says.

    Raises ValueError for anything else.
    """
    if not isinstance(found, Mapping) or found.get("version") != VERSION:
        raise ValueError(f"no stop of version {VERSION}")
    since, strikes = _number(found, "since"), int(_number(found, "strikes"))
    if since > now + _AHEAD_SECONDS:
        raise ValueError(f"since: {since} is to come")
    tracks = found.get("tracks")
    if not isinstance(tracks, list) or len(tracks) > TRACKS_KEPT:
        raise ValueError("tracks: wanted a list")
    kind, action = _KINDS.get(_text(found, "kind")), _ACTIONS.get(_text(found, "action"))
    if kind is None or action is None:
        raise ValueError("kind or action: not known")
    return Stop(
        id=_digest(found, "id"),
        kind=kind,
        key=_digest(found, "key"),
        address=_digest(found, "address") if found.get("address") else "",
        client=_text(found, "client"),
        user_agent=_text(found, "user_agent"),
        since=since,
        until=min(_number(found, "until"), since + lasts(strikes), now + lasts(strikes)),
        strikes=strikes,
        action=action,
        score=_number(found, "score"),
        words=_text(found, "words"),
        tracks=tuple(_printable(track) for track in tracks),
        touched=int(_number(found, "touched")),
        sent=int(_number(found, "sent")),
        first=_number(found, "first"),
        last=_number(found, "last"),
    )


def _number(found: Mapping[str, Any], key: str) -> float:
    value = found.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not 0 <= value < _MOST:
        raise ValueError(f"{key}: no number that can be")
    return float(value)


def _digest(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or len(value) != _DIGITS or not _HEX.issuperset(value):
        raise ValueError(f"{key}: wanted {_DIGITS} hexadecimal digits")
    return value


def _text(found: Mapping[str, Any], key: str) -> str:
    return _printable(found.get(key))


def _printable(value: object) -> str:
    """A text of one line, cut: strangers wrote parts of it."""
    if not isinstance(value, str):
        raise ValueError("wanted a text")
    return "".join(char if char.isprintable() else "?" for char in value[:_LONGEST_TEXT])
