"""Quotas: how many tracks and documents a client may ask for in a time.

Counted are works, not requests: the ranges and segments by which a player fetches one track are one access, and images
and other assets are none. A track that is already playing is never cut, since its further segments are not counted.
There is no quota by default: a plain limit harms listeners who share an address with many others.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from limits import RateLimitItem
from starlette.routing import compile_path

from noscrape.decision import Finding
from noscrape.patterns.visit import Visit
from noscrape.request import Facts
from noscrape.tracks import readings
from noscrape.words import Action, Serves

#: Media requests for one track that follow each other within this are one access to it.
ACCESS_GAP_SECONDS: Final = 600.0

#: Fetched in many pieces, so that an access is more than a request.
_PIECEWISE: Final = frozenset({Serves.MEDIA, Serves.PREVIEW, Serves.PLAY, Serves.DOWNLOAD})

#: Follow from a page, and say nothing of their own.
_UNCOUNTED: Final = frozenset({Serves.ARTWORK, Serves.ASSET})

#: A key holds text that a client chose; more of it than this is not kept.
_LONGEST_KEY: Final = 200


class Per(Enum):
    """What a quota is kept by."""

    CLIENT = "client"
    CLIENT_AND_TRACK = "client-and-track"


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit. Empty `serves` and `paths` put no bound on where it applies."""

    name: str
    limit: RateLimitItem
    per: Per = Per.CLIENT
    serves: frozenset[Serves] = frozenset()
    paths: tuple[str, ...] = ()
    action: Action = Action.THROTTLE
    enforced: bool = True
    setting: str = ""


class Counts(Protocol):
    """Where counts are kept."""

    def hit(self, item: RateLimitItem, key: str, now: float) -> int:
        """Count one. Returns 0 where it was within the limit, else the seconds until it will be again."""


class Quotas:
    """All quotas of a site as one detector. State: the counts, and the tracks that each client is being served."""

    name = "quota"

    def __init__(self, quotas: Iterable[Quota], *, counts: Counts, clients: int) -> None:
        self._quotas = tuple((quota, tuple(map(_pattern, quota.paths))) for quota in quotas)
        self._counts = counts
        self._playing: OrderedDict[str, float] = OrderedDict()
        self._bound = clients

    def __bool__(self) -> bool:
        return bool(self._quotas)

    def observe(self, visit: Visit, now: float) -> Finding | None:
        """Count a visit against every quota that applies; the first that it exceeds is the finding."""
        place = visit.place
        serves = place.serves
        if not visit.client or serves in _UNCOUNTED:
            return None
        access = ""
        if serves in _PIECEWISE:
            work = ",".join(place.tracks) or visit.facts.path
            access = f"{visit.client}\x1f{work[:_LONGEST_KEY]}"
            if now - self._playing.get(access, -ACCESS_GAP_SECONDS) < ACCESS_GAP_SECONDS:
                self._playing[access] = now
                self._playing.move_to_end(access)
                return None
        found: Finding | None = None
        for quota, paths in self._quotas:
            if quota.serves and serves not in quota.serves:
                continue
            if paths and not _on(paths, visit.facts):
                continue
            wait = self._hit(quota, visit, now)
            if wait and (found is None or (quota.enforced and not found.enforced)):
                found = _finding(quota, wait)
        if access and (found is None or not found.enforced):
            self._playing[access] = now
            if len(self._playing) > self._bound:
                self._playing.popitem(last=False)
        return found

    def _hit(self, quota: Quota, visit: Visit, now: float) -> int:
        if quota.per is Per.CLIENT:
            return self._counts.hit(quota.limit, f"{quota.name}\x1f{visit.client}", now)
        waits = [
            self._counts.hit(quota.limit, f"{quota.name}\x1f{visit.client}\x1f{track[:_LONGEST_KEY]}", now)
            for track in visit.place.tracks
        ]
        return max(waits, default=0)


def _finding(quota: Quota, wait: int) -> Finding:
    each = "client and track" if quota.per is Per.CLIENT_AND_TRACK else "client"
    limit = f"{quota.limit.amount} in {_duration(quota.limit.get_expiry())} for each {each}"
    return Finding(
        name=f"quota:{quota.name}",
        measured=f"more than {quota.limit.amount} tracks or documents in {_duration(quota.limit.get_expiry())}",
        threshold=limit,
        action=quota.action,
        retry_after_seconds=wait,
        enforced=quota.enforced,
        setting=quota.setting,
    )


def _duration(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            count = seconds // size
            return f"a {word}" if count == 1 and word != "hour" else f"an {word}" if count == 1 else f"{count} {word}s"
    return f"{seconds} seconds"


def _pattern(path: str) -> re.Pattern[str]:
    """A route's template, or the beginning of a path."""
    return compile_path(path)[0] if "{" in path else re.compile(re.escape(path))


def _on(paths: tuple[re.Pattern[str], ...], facts: Facts) -> bool:
    return any(path.match(reading) for reading in readings(facts.path, facts.root_path) for path in paths)
