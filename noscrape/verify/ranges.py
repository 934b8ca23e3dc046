"""Networks that operators publish for their crawlers: how a list is read, and what it says of an address."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import islice
from typing import TYPE_CHECKING, Final

from noscrape.crawlers import Crawler, Proof
from noscrape.decision import Checked
from noscrape.errors import RangesError
from noscrape.networks import Address, Network, NetworkTable, all_ordinary
from noscrape.words import Verification

if TYPE_CHECKING:
    from noscrape.verify.snapshots import Snapshot, Snapshots

#: No operator has as many.
MOST_NETWORKS: Final = 200_000

#: Wider networks than these are no crawler's: whoever writes one lets everybody in.
_WIDEST: Final = {4: 8, 6: 16}

#: Of IPv4: a list with more lets in whoever there is.
_MOST_ADDRESSES: Final = 1 << 25

_SHOWN: Final = 60
_DAY_SECONDS: Final = 86_400

#: By as much may the clocks of two hosts differ, of which one fetches and the other reads.
_SKEW_SECONDS: Final = 3600.0

#: Lists that are named in one message.
_NAMED: Final = 3

#: What has no business in JSON, and stood in lists that were published all the same.
_UNPRINTABLE: Final = re.compile("[\ufeff\u200b\u00a0\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

#: So many bytes may be no UTF-8: more are no mishap.
_MOST_STRAY: Final = 16


@dataclass(frozen=True, slots=True)
class Ranges:
    """What a list holds. `created` is when it was made, in its operator's words, "" where it does not say."""

    networks: tuple[Network, ...]
    created: str = ""


def parse(data: bytes, *, url: str) -> Ranges:
    """Read a list in one of the forms that operators use; `url` names it in messages.

    JSON: `{"creationTime": ..., "prefixes": [{"ipv4Prefix": ...} | {"ipv6Prefix": ...}]}`, or an array of texts. Else
    one network a line, alone or as the first field of a geofeed (RFC 8805). What is no list raises RangesError, and so
    does one entry that cannot be meant: a list is used as a whole or not at all.
    """
    decoded = data.decode("utf-8", "replace")
    if decoded.count("\ufffd") > _MOST_STRAY:
        raise RangesError(f"{url}: is no text, wanted a list of networks")
    text = _UNPRINTABLE.sub("", decoded)
    start = text.lstrip()[:1]
    if start == "<":
        raise RangesError(f"{url}: is a page of HTML, wanted a list of networks; its operator may have moved it")
    created = ""
    if start in ("{", "["):
        created, written = _of_json(text, url)
    else:
        written = _of_lines(text)
    entries = tuple(islice(written, MOST_NETWORKS + 1))
    if not entries:
        raise RangesError(f"{url}: holds no network")
    if len(entries) > MOST_NETWORKS:
        raise RangesError(f"{url}: holds more than {MOST_NETWORKS:,} networks")
    networks = tuple(dict.fromkeys(_network(one, url) for one in entries))
    four = NetworkTable(network for network in networks if network.version == 4).addresses
    if four > _MOST_ADDRESSES:
        raise RangesError(f"{url}: holds {four:,} addresses, more than any crawler has")
    return Ranges(networks, created)


def _of_json(text: str, url: str) -> tuple[str, Iterator[object]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise RangesError(f"{url}: is no JSON, or only half of it") from None
    created = found.get("creationTime", "") if isinstance(found, dict) else ""
    prefixes = found.get("prefixes") if isinstance(found, dict) else found
    if not isinstance(prefixes, list):
        raise RangesError(f"{url}: has no list of 'prefixes'")
    more = found.get("ipv6_prefixes") if isinstance(found, dict) else None
    prefixes = [*prefixes, *more] if isinstance(more, list) else prefixes
    return (created[:_SHOWN] if isinstance(created, str) else ""), _prefixes(prefixes)


def _prefixes(entries: Iterable[object]) -> Iterator[object]:
    for entry in entries:
        if not isinstance(entry, Mapping):
            yield entry
            continue
        known = [entry.get(key) for key in ("ipv4Prefix", "ipv6Prefix", "ip_prefix", "ipv6_prefix")]
        known = [value for value in known if value is not None]
        yield from known or [entry]


def _of_lines(text: str) -> Iterator[object]:
    for line in text.splitlines():
        if written := line.partition("#")[0].partition(",")[0].strip():
            yield written


def _network(written: object, url: str) -> Network:
    try:
        found = ip_network(written.strip(), strict=False) if isinstance(written, str) else None
    except ValueError:
        found = None
    if found is None:
        raise RangesError(f"{url}: {str(written)[:_SHOWN]!r} is no network")
    if found.prefixlen < _WIDEST[found.version]:
        raise RangesError(f"{url}: {found} is too wide to be a crawler's: wanted /{_WIDEST[found.version]} or narrower")
    if not all_ordinary(found):
        raise RangesError(f"{url}: {found} is not of the public internet")
    return found


_AGES: Final = {0: "fetched today", 1: "1 day old"}


@dataclass(frozen=True, slots=True)
class _List:
    """One list, as it is looked up."""

    name: str
    table: NetworkTable
    fetched: float

    def told(self, now: float) -> str:
        """Its name and age."""
        if self.of_the_future(now):
            return f"{self.name}, fetched on a day that is yet to come"
        days = max(0, int((now - self.fetched) // _DAY_SECONDS))
        return f"{self.name}, {_AGES.get(days) or f'{days} days old'}"

    def of_the_future(self, now: float) -> bool:
        """Whether it was fetched by a clock that was wrong, so that its age is not known."""
        return self.fetched - now > _SKEW_SECONDS


class RangeLists:
    """What published lists say of addresses. Look-ups only; made anew when a list changes.

    A list that is older than `fresh_seconds` still proves who is true, and no more who is not. Of lists whose files
    are damaged, those of `previous` stay in use where they came from the same folder.
    """

    def __init__(
        self,
        crawlers: Iterable[Crawler],
        snapshots: "Snapshots",
        *,
        fresh_seconds: float = 7.0 * _DAY_SECONDS,
        previous: "RangeLists | None" = None,
    ) -> None:
        known = [crawler for crawler in crawlers if Proof.IP_RANGES in crawler.verify and crawler.ranges]
        self._fresh = fresh_seconds
        self._urls = tuple(dict.fromkeys(url for crawler in known for url in crawler.ranges))
        self._lists = {url: _listed(snapshots.by_url[url]) for url in self._urls if url in snapshots.by_url}
        self._folder = snapshots.folder
        kept = self._kept(snapshots, previous)
        self._lists.update(kept)
        self._of_operator: dict[str, tuple[str, ...]] = {}
        for crawler in known:
            urls = (*self._of_operator.get(crawler.operator, ()), *crawler.ranges)
            self._of_operator[crawler.operator] = tuple(dict.fromkeys(urls))
        #: What is wrong with the files that the lists were read from.
        self.problems = (*snapshots.problems, *_stay(snapshots, kept))
        #: Operators by whose own word a list is complete, so that who is in none of theirs is false.
        self._decisive = tuple(dict.fromkeys(each.operator for each in known if Proof.IP_RANGES in each.decisive))

    def _kept(self, snapshots: "Snapshots", previous: "RangeLists | None") -> Mapping[str, _List]:
        """What is in use of the lists that should be in the folder, and cannot be read there any more."""
        if previous is None or previous._folder != snapshots.folder or snapshots.folder is None:
            return {}
        gone = self._urls if not snapshots.indexed else [url for url in self._urls if url in snapshots.damaged]
        return {url: previous._lists[url] for url in gone if url in previous._lists}

    def check(self, crawler: Crawler, address: Address, now: float) -> Checked | None:
        """What the lists say of a claim to be this crawler, None where its operator publishes none.

        Contradicted is only who is in no list of the operator's at all, where the operator says that its lists are
        complete, and all of them are here and fresh: operators move before their lists do.
        """
        if Proof.IP_RANGES not in crawler.verify or not crawler.ranges:
            return None
        own = [self._lists[url] for url in crawler.ranges if url in self._lists]
        for each in own:
            if address in each.table:
                return _said(Verification.VERIFIED, f"its address is in {each.told(now)}")
        if not own:
            return _NO_LIST
        oldest = min(own, key=lambda each: each.fetched)
        if Proof.IP_RANGES not in crawler.decisive:
            return _said(Verification.UNKNOWN, f"its address is not in {oldest.told(now)}, which may lack some")
        if len(own) < len(crawler.ranges):
            return _said(Verification.UNKNOWN, f"its address is not in {oldest.told(now)}; others are not here")
        for url in (*crawler.ranges, *self._of_operator[crawler.operator]):
            if url not in self._lists:
                return _said(Verification.UNKNOWN, f"its address is not in {oldest.told(now)}; others are not here")
            each = self._lists[url]
            if address in each.table:
                return _said(Verification.UNKNOWN, f"its address is in {each.told(now)}, another's list")
            if each.of_the_future(now):
                return _said(Verification.UNKNOWN, f"its address is not in {each.told(now)}, so its age cannot be told")
            if not self._is_fresh(each, now):
                return _said(Verification.UNKNOWN, f"its address is not in {each.told(now)}, too old to tell")
        return _said(Verification.CONTRADICTED, f"its address is not in {oldest.told(now)}, which is complete")

    def _is_fresh(self, one: _List, now: float) -> bool:
        return now - one.fetched <= self._fresh and not one.of_the_future(now)

    def telling(self, now: float) -> Mapping[str, bool]:
        """Of operators that call their lists complete, whether a false crawler of theirs can be told here and now.

        For that, all lists of the operator must be here, and fresh.
        """
        return {
            operator: all(
                url in self._lists and self._is_fresh(self._lists[url], now) for url in self._of_operator[operator]
            )
            for operator in self._decisive
        }

    def told(self, now: float) -> str:
        """The same in a line, for the operator of the site; "" where no operator calls its lists complete."""
        telling = self.telling(now)
        sentences = (
            ("lists suffice to tell false ones of", [operator for operator, whole in telling.items() if whole]),
            ("missing or too old for", [operator for operator, whole in telling.items() if not whole]),
        )
        return "; ".join(f"{words}: {', '.join(sorted(named))}" for words, named in sentences if named)

    def ages(self, now: float) -> Mapping[str, float | None]:
        """How many seconds ago each list was fetched, by URL; None for those that are not here."""
        return {url: now - self._lists[url].fetched if url in self._lists else None for url in self._urls}


def _stay(snapshots: "Snapshots", kept: Mapping[str, _List]) -> Iterable[str]:
    """What is told of lists that are in use though their files are not there any more."""
    if kept:
        names = [each.name for each in kept.values()]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        which = f"{', '.join(names[:_NAMED])}{more}"
        yield f"{snapshots.folder}: what was read before stays in use until a restart, or a good file: {which}"


def _said(status: Verification, text: str) -> Checked:
    return Checked(status, f"{Proof.IP_RANGES.value}: {text}")


_NO_LIST: Final = _said(Verification.UNKNOWN, "no list of its operator's is here; `noscrape crawlers refresh`")


def _listed(snapshot: "Snapshot") -> _List:
    name = snapshot.url.partition("://")[2]
    return _List(name, NetworkTable(snapshot.networks), snapshot.fetched)
