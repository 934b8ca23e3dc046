"""A stop: a client, a network or an order of headers that was found scraping, for how long, and what it had by then."""

from dataclasses import dataclass, replace
from enum import Enum
from math import ceil
from typing import Final, Self

from noscrape.decision import Finding
from noscrape.words import Action

#: How long a stop lasts, in seconds: the first, the second, and so on; the last of these for all that follow.
LASTS_SECONDS: Final = (900.0, 3_600.0, 14_400.0, 57_600.0, 86_400.0)

#: Tracks that a stop names of those that were touched.
TRACKS_KEPT: Final = 100

#: Tracks that the line of the log names in which a stop begins.
_TRACKS_TOLD: Final = 30


class Kind(Enum):
    """By what requests are held together."""

    CLIENT = "client"
    NETWORK = "network"
    FINGERPRINT = "header-order"


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody is stopped, from `since` until `until`, in epoch seconds.

    `id` is 16 hexadecimal digits, shown in logs and lists. `key` is what requests are recognised by, and `address` what
    holds for all stops of one address or account, both digests of 16 hexadecimal digits; `address` is "" for an order
    of headers, which has none. `client` and `user_agent` are for people, as the log keeps them. `strikes` counts this
    stop and those before it. `words` are the families of evidence with their points. `tracks` are the first that were
    touched, of `touched` in all; `first` and `last` when, and `sent` how many bytes went out.
    """

    id: str
    kind: Kind
    key: str
    address: str
    client: str
    user_agent: str
    since: float
    until: float
    strikes: int
    action: Action
    score: float
    words: str
    tracks: tuple[str, ...] = ()
    touched: int = 0
    sent: int = 0
    first: float = 0.0
    last: float = 0.0

    def named(self, target: str) -> bool:
        """Whether a person means this one by an id or a digest."""
        return bool(target) and target in (self.id, self.key, self.address)

    def shortened(self, until: float) -> Self:
        """The same, ending no later."""
        return replace(self, until=min(self.until, until))


def finding_of(stop: Stop, now: float, limit: str, *, enforced: bool, begins: bool) -> Finding:
    """What a stop means for one request. The line in which it begins tells what was taken until then."""
    evidence = {"stop": stop.id, "kind": stop.kind.value}
    if begins:
        evidence |= {
            "touched": str(stop.touched),
            "tracks": ", ".join(stop.tracks[:_TRACKS_TOLD]),
            "bytes": str(stop.sent),
            "seconds": f"{stop.last - stop.first:.0f}",
        }
    return Finding(
        name=f"pattern:{stop.words.partition(' ')[0] or 'unknown'}",
        measured=stop.words,
        threshold=limit,
        action=stop.action,
        retry_after_seconds=max(1, ceil(stop.until - now)),
        enforced=enforced,
        setting="patterns",
        evidence=evidence,
    )
