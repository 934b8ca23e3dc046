"""What an answer says of the audio in it: how much of a track went out, and how long it plays.

`Content-Range` and `Content-Length` are RFC 9110's (14.4, 8.6). `X-Content-Duration` is an app's to send: the seconds
that the whole track plays, as browsers once read it for Ogg.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_CONCERNED: Final = frozenset({b"content-range", b"content-length", b"x-content-duration"})
_RANGE: Final = re.compile(rb"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)").fullmatch
_SECONDS: Final = re.compile(rb"\d{1,6}(?:\.\d{1,9})?").fullmatch
_LENGTH: Final = re.compile(rb"\d{1,15}").fullmatch


class Audio(NamedTuple):
    """`sent` bytes went out, of `whole`, which play for `seconds`; None for what is not known."""

    sent: int | None = None
    whole: int | None = None
    seconds: float | None = None


def audio_of(headers: Sequence[tuple[bytes, bytes]], status: int | None, sent: int | None) -> Audio:
    """What an answer's headers say. `sent` are the bytes that were counted, None where a server sent them itself."""
    said = {name: value for name, value in ((key.lower(), value) for key, value in headers) if name in _CONCERNED}
    if not said:
        return Audio(sent)
    length = said.get(b"content-length", b"")
    whole = int(length) if status == 200 and _LENGTH(length) else None
    if status == 206 and (part := _RANGE(said.get(b"content-range", b""))):
        whole = None if part[3] == b"*" else int(part[3])
        sent = max(0, int(part[2]) - int(part[1]) + 1) if sent is None else sent
    if sent is None:
        sent = whole
    duration = said.get(b"x-content-duration", b"")
    if whole and sent is not None and _SECONDS(duration):
        return Audio(sent, whole, float(duration) * min(1.0, sent / whole))
    return Audio(sent, whole)
