"""Which events of a log somebody wants to see."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from noscrape.errors import LogError
from noscrape.log.event import Event

Network = IPv4Network | IPv6Network

_AGO: Final = re.compile(r"(\d{1,9})\s*([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Conditions that an event must all meet; of several values for one condition, any will do.

    `outcomes` are as `Event.outcome` spells them. `agents` are case-folded: a token, or a part of the operator's name
    or the user agent. A rule is also met by the word before its colon: "purpose" for "purpose:training".
    """

    since: float | None = None
    until: float | None = None
    outcomes: frozenset[str] = frozenset()
    agents: tuple[str, ...] = ()
    tracks: frozenset[str] = frozenset()
    clients: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    rules: frozenset[str] = frozenset()

    def holds(self, event: Event) -> bool:
        """Whether an event meets them."""
        return (
            (self.since is None or event.time >= self.since)
            and (self.until is None or event.time < self.until)
            and (not self.outcomes or event.outcome in self.outcomes)
            and (not self.rules or self._of_a_rule(event.rule.casefold()))
            and (not self.tracks or not self.tracks.isdisjoint(event.tracks))
            and (not self.agents or self._by_an_agent(event))
            and (not self.clients or (event.client is not None and self._from_a_client(event.client)))
        )

    def _of_a_rule(self, rule: str) -> bool:
        return rule in self.rules or rule.partition(":")[0] in self.rules

    def _by_an_agent(self, event: Event) -> bool:
        token = (event.token or "").casefold()
        texts = [text.casefold() for text in (event.operator, event.user_agent) if text]
        return any(agent == token or any(agent in text for text in texts) for agent in self.agents)

    def _from_a_client(self, client: str) -> bool:
        if client in self.clients:
            return True
        network = _network(client)
        return network is not None and any(
            each.version == network.version and each.overlaps(network) for each in self.networks
        )


def networks(clients: Iterable[str]) -> tuple[Network, ...]:
    """Those of the clients that are addresses or networks; a log may hold hashes, too."""
    return tuple(network for client in clients if (network := _network(client)) is not None)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def moment(text: str, *, now: float, end: bool = False) -> float:
    """Epoch seconds of "90s", "15m", "1h", "2d" or "1w" ago, of a day, or of an RFC 3339 time; UTC without a zone.

    A day is its beginning, or with `end` the beginning of the next. Raises LogError for any other text.
    """
    text = text.strip()
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        found = datetime.fromisoformat(text)
        if end and _DAY.fullmatch(text):
            found += timedelta(days=1)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise LogError(f"no time: {text!r}, wanted such as 1h, 2026-11-22 or 2026-11-22T20:15:00Z") from None
