"""Quotas: how many tracks and documents a client may ask for in a time.

Counted are works, not requests: the ranges and segments by which a player fetches one track are one access, and images
and other assets are none. A track that is already playing is never cut, since its further segments are not counted.
There is no quota by default: a plain limit harms listeners who share an address with many others.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple, Protocol

from limits import RateLimitItem

from noscrape.decision import Finding
from noscrape.networks import around
from noscrape.patterns.visit import Visit
from noscrape.request import Facts
from noscrape.tracks import readings, widened
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
    NETWORK = "network"
    ACCOUNT = "account"
    CLIENT_AND_TRACK = "client-and-track"


class Count(Enum):
    """What a quota counts: each access to a track or document, or each track once in its time."""

    ACCESSES = "accesses"
    TRACKS = "tracks"


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit. Empty `serves` and `paths` put no bound on where it applies."""

    name: str
    limit: RateLimitItem
    per: Per = Per.CLIENT
    count: Count = Count.ACCESSES
    serves: frozenset[Serves] = frozenset()
    paths: tuple[str, ...] = ()
    action: Action = Action.THROTTLE
    enforced: bool = True
    setting: str = ""


class Counts(Protocol):
    """Where counts are kept."""

    def hit(self, item: RateLimitItem, key: str, now: float) -> int:
        """Count one. Returns 0 where it was within the limit, else the seconds until it will be again."""


class Playing:
    """Which tracks are being fetched in pieces, by whom. State: the last `bound` of them, and when each was seen."""

    def __init__(self, *, bound: int) -> None:
        self._bound = bound
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def goes_on(self, access: str, now: float) -> bool:
        """Whether this is one more piece of an access that has begun."""
        seen = self._seen.get(access)
        if seen is None or now - seen >= ACCESS_GAP_SECONDS:
            return False
        self._seen[access] = now
        self._seen.move_to_end(access)
        return True

    def since(self, access: str, now: float) -> float:
        """Seconds since an access was remembered; endless where none was."""
        return now - self._seen.get(access, float("-inf"))

    def begin(self, access: str, now: float) -> None:
        """Remember an access whose first piece was let through."""
        self._seen[access] = now
        self._seen.move_to_end(access)
        if len(self._seen) > self._bound:
            self._seen.popitem(last=False)


class Due(NamedTuple):
    """What one visit is counted by: each hit, of which quota it is, what is remembered then, and the access begun."""

    hits: list[tuple[RateLimitItem, str]]
    of: list[tuple[Quota, str]]
    access: str


class Quotas:
    """All quotas of a site as one detector. State: the counts and accesses, which are handed in and outlive it."""

    name = "quota"

    def __init__(self, quotas: Iterable[Quota], *, counts: Counts, playing: Playing) -> None:
        self._quotas = tuple((quota, tuple(map(_pattern, quota.paths))) for quota in quotas)
        self._counts = counts
        self._playing = playing

    def __bool__(self) -> bool:
        return bool(self._quotas)

    def observe(self, visit: Visit, now: float) -> Finding | None:
        """Count a visit against every quota that applies, here; the first that it exceeds is the finding."""
        due = self.due(visit, now)
        if due is None:
            return None
        return self.found(due, [self._counts.hit(item, key, now) for item, key in due.hits], now)

    def due(self, visit: Visit, now: float) -> "Due | None":
        """What a visit is to be counted by, None for nothing. Nothing is counted yet."""
        place = visit.place
        serves = place.serves
        if not visit.client or serves in _UNCOUNTED:
            return None
        access = ""
        if serves in _PIECEWISE:
            work = ",".join(place.tracks) or visit.facts.path
            access = f"{visit.client}\x1f{work[:_LONGEST_KEY]}"
            if self._playing.goes_on(access, now):
                return None
        due = Due([], [], access)
        for quota, paths in self._quotas:
            if quota.serves and serves not in quota.serves:
                continue
            if paths and not _on(paths, visit.facts):
                continue
            for key, seen in self._keys(quota, visit, now):
                due.hits.append((quota.limit, key))
                due.of.append((quota, seen))
        return due if due.hits or access else None

    def found(self, due: "Due", waits: Sequence[int], now: float) -> Finding | None:
        """What came of it: for each hit the seconds to wait, 0 where it was within its quota."""
        found: Finding | None = None
        for (quota, seen), wait in zip(due.of, waits, strict=True):
            if not wait:
                if seen:
                    self._playing.begin(seen, now)
            elif found is None or (quota.enforced and not found.enforced):
                found = _finding(quota, wait)
        if due.access and (found is None or not found.enforced):
            self._playing.begin(due.access, now)
        return found

    def _keys(self, quota: Quota, visit: Visit, now: float) -> Iterator[tuple[str, str]]:
        """The keys by which a visit is counted, each with what is remembered once it was."""
        key = self._key(quota, visit)
        tracks = visit.place.tracks
        if not key:
            return
        if quota.per is Per.CLIENT_AND_TRACK:
            yield from ((f"{key}\x1f{track[:_LONGEST_KEY]}", "") for track in tracks)
        elif quota.count is Count.ACCESSES or not tracks:
            yield key, ""
        else:
            seen = f"{key}\x1f{','.join(tracks)[:_LONGEST_KEY]}"
            if self._playing.since(seen, now) >= quota.limit.get_expiry():
                yield key, seen

    def _key(self, quota: Quota, visit: Visit) -> str:
        """By what a visit is counted, "" for not at all."""
        if quota.per is Per.NETWORK:
            return f"{quota.name}\x1f{around(visit.address)}" if visit.address else ""
        if quota.per is Per.ACCOUNT and visit.client == visit.address:
            return ""
        return f"{quota.name}\x1f{visit.client}"


def _finding(quota: Quota, wait: int) -> Finding:
    amount, each = quota.limit.amount, quota.per.value.replace("-", " ")
    what = "tracks" if quota.count is Count.TRACKS else "tracks and documents"
    return Finding(
        name=f"quota:{quota.name}",
        measured=f"more than {amount} {what} in {_duration(quota.limit.get_expiry())}",
        threshold=f"{amount} for each {each}",
        action=quota.action,
        retry_after_seconds=wait,
        enforced=quota.enforced,
        setting=quota.setting,
    )


def _duration(seconds: int) -> str:
    sizes = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
    size, word = next(pair for pair in sizes if seconds % pair[0] == 0)
    count = seconds // size
    return f"{count} {word}{'s' * (count != 1)}"


def _pattern(path: str) -> re.Pattern[str]:
    """A route's template, or the beginning of a path."""
    return widened(path) if "{" in path else re.compile(re.escape(path))


def _on(paths: tuple[re.Pattern[str], ...], facts: Facts) -> bool:
    return any(path.match(reading) for reading in readings(facts.path, facts.root_path) for path in paths)
