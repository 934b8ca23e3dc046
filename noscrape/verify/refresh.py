"""Fetching the lists that operators publish, out of band: whatever goes wrong, the last good copy stays."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from noscrape.errors import FetchError, RangesError
from noscrape.exchange import Fetched
from noscrape.networks import NetworkTable
from noscrape.verify.ranges import Ranges, parse
from noscrape.verify.snapshots import LARGEST_BYTES, Snapshot, keep, load, touch

#: For one list, redirects included.
SECONDS: Final = 30.0

#: Operators move their lists; a new place is vetted as the old one was.
_REDIRECTS: Final = 3

#: A list that has lost more than this share of its networks or addresses is taken for a mistake, until somebody says
#: that it is none.
DRASTIC: Final = 0.5

#: One that has so many times as many addresses lets too many in; a small one may still grow.
MOST_GROWTH: Final = 16
_SMALL: Final = 4096


class State(Enum):
    """What became of one list."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one list: how many networks it had and has, and what is wrong with it."""

    url: str
    state: State
    before: int = 0
    after: int = 0
    problem: str = ""


class Fetch(Protocol):
    """What asks for a URL; see `exchange.fetch`."""

    def __call__(
        self, url: str, /, *, most_bytes: int, seconds: float, headers: Iterable[tuple[str, str]], redirects: int
    ) -> Fetched: ...


def refresh(
    urls: Iterable[str], folder: Path, *, fetch: Fetch, now: float, accept: Collection[str] = ()
) -> Iterable[Outcome]:
    """Fetch lists into a folder, one after the other; one that fails stops no other.

    `accept` are the URLs whose list is taken however much of it is gone. `now` is in epoch seconds.
    """
    known = load(folder).by_url
    for url in urls:
        yield _one(url, folder, known.get(url), fetch=fetch, now=now, accepted=url in accept)


def _one(url: str, folder: Path, known: Snapshot | None, *, fetch: Fetch, now: float, accepted: bool) -> Outcome:
    before = len(known.networks) if known is not None else 0
    try:
        fetched = fetch(
            url, most_bytes=LARGEST_BYTES, seconds=SECONDS, headers=_conditions(known), redirects=_REDIRECTS
        )
        if fetched.status == 304 and known is not None:
            touch(folder, url, fetched=now)
            return Outcome(url, State.UNCHANGED, before, before)
        if fetched.status != 200:
            return Outcome(url, State.FAILED, before, before, f"{url}: it answers {fetched.status}")
        found = parse(fetched.body, url=url)
        if known is not None and not accepted and (problem := _drastic(known, found)):
            return Outcome(
                url, State.REFUSED, before, before, f"{url}: {problem}; --accept {url} takes it all the same"
            )
        keep(
            folder,
            url,
            fetched.body,
            fetched=now,
            created=found.created,
            etag=fetched.headers.get("etag", ""),
            last_modified=fetched.headers.get("last-modified", ""),
        )
    except RangesError as error:
        return Outcome(url, State.REFUSED, before, before, str(error))
    except FetchError as error:
        return Outcome(url, State.FAILED, before, before, str(error))
    except OSError as error:
        why = error.strerror or type(error).__name__
        return Outcome(url, State.FAILED, before, before, f"{folder}: the list cannot be kept: {why}")
    if known is None:
        return Outcome(url, State.NEW, 0, len(found.networks))
    same = set(known.networks) == set(found.networks)
    return Outcome(url, State.UNCHANGED if same else State.CHANGED, before, len(found.networks))


def _conditions(known: Snapshot | None) -> list[tuple[str, str]]:
    """Of several requests for the same list, most are answered with "not changed"."""
    if known is None:
        return []
    given = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified))
    return [(name, value) for name, value in given if value and value.isprintable()]


def _drastic(known: Snapshot, found: Ranges) -> str:
    """Why a list is more likely a mistake than an update; "" for all others."""
    counts = len(known.networks), len(found.networks)
    if counts[1] < counts[0] * DRASTIC:
        return f"it has {counts[1]:,} networks, where it had {counts[0]:,}"
    for version in (4, 6):  # a few networks of IPv6 outnumber all of IPv4
        before = [network for network in known.networks if network.version == version]
        after = [network for network in found.networks if network.version == version]
        sizes = NetworkTable(before).addresses, NetworkTable(after).addresses
        kept = sum(sizes) - NetworkTable((*before, *after)).addresses
        if kept < sizes[0] * DRASTIC:
            return f"it keeps {kept:,} of the {sizes[0]:,} addresses that it had"
        if before and sizes[1] > max(sizes[0], _SMALL) * MOST_GROWTH:
            return f"it has {sizes[1]:,} addresses, where it had {sizes[0]:,}, and who is in it is believed"
    return ""
