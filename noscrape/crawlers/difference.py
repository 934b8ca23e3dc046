"""What sets two lists of crawlers apart."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from noscrape.crawlers.catalog import Catalog, Crawler


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that two lists say differently of one crawler: `key` as list files spell it."""

    token: str
    key: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Difference:
    """From one list to another: the tokens that came and went, and what is said differently of those in both."""

    added: tuple[Crawler, ...]
    removed: tuple[Crawler, ...]
    changed: tuple[Change, ...]

    @property
    def none(self) -> bool:
        """Whether both lists say the same."""
        return not (self.added or self.removed or self.changed)


def difference(first: Catalog, second: Catalog) -> Difference:
    """What one finds in the second list and not in the first, and the other way round. Tokens are told without case."""
    before = {crawler.token.casefold(): crawler for crawler in first.crawlers}
    after = {crawler.token.casefold(): crawler for crawler in second.crawlers}
    return Difference(
        added=tuple(crawler for token, crawler in after.items() if token not in before),
        removed=tuple(crawler for token, crawler in before.items() if token not in after),
        changed=tuple(
            change for token, crawler in after.items() if token in before for change in _changes(before[token], crawler)
        ),
    )


#: What changes what is done with a crawler's requests; the rest is documentation.
_TOLD: Final[Mapping[str, Callable[[Crawler], str]]] = {
    "class": lambda crawler: crawler.kind.value,
    "purpose": lambda crawler: crawler.purpose.value if crawler.purpose else "",
    "match": lambda crawler: ", ".join(sorted({string.casefold() for string in crawler.match})),
    "in_url": lambda crawler: str(crawler.in_url).lower(),
    "control_only": lambda crawler: str(crawler.control_only).lower(),
    "verify": lambda crawler: ", ".join(proof.value for proof in crawler.verify),
    "ranges": lambda crawler: ", ".join(crawler.ranges),
    "dns_suffixes": lambda crawler: ", ".join(crawler.dns_suffixes),
    "decisive": lambda crawler: ", ".join(proof.value for proof in crawler.decisive),
    "signature_agents": lambda crawler: ", ".join(crawler.signature_agents),
}


def _changes(before: Crawler, after: Crawler) -> Iterator[Change]:
    if before is after:
        return
    for key, said in _TOLD.items():
        was, now = said(before), said(after)
        if was != now:
            yield Change(token=after.token, key=key, was=was, now=now)
