"""Whose visit one is: digests of a client, of its address and of the network around it, and what it claims to be."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from ipaddress import ip_network
from typing import Final, NamedTuple

from noscrape.networks import Network, around
from noscrape.patterns.agent import Agent, agent_of
from noscrape.patterns.visit import Visit

#: Clients and user agents whose digests are kept; all go once as many have come.
_KEPT: Final = 16_384

_SIXTY_FOUR: Final = (1 << 64) - 1
_MIX: Final = 0x9E37_79B9_7F4A_7C15


class Who(NamedTuple):
    """Digests of a client: of its own key, of its address, of the network around it, and until when it is exempt."""

    client: int
    address: int
    around: int
    exempt: float
    account: bool

    def key(self, agent: int) -> int:
        """The key of its record, by the digest of its user agent. An account is one, whatever it comes with."""
        return self.client if self.account else (self.client * _MIX + agent) & _SIXTY_FOUR


class Visitors:
    """Tells visitors. State: digests, bounded. `exempt` and `unlisted` are those of a watch."""

    def __init__(self, *, exempt: Sequence[tuple[Network, float]], unlisted: Callable[[str], str | None]) -> None:
        self._exempt = tuple(exempt)
        self._unlisted = unlisted
        self._who: dict[tuple[str, str], Who] = {}
        self._agents: dict[bytes | None, tuple[Agent, int]] = {}

    def who(self, visit: Visit) -> Who:
        """Whose visit it is."""
        return self._who.get((visit.client, visit.address)) or self._met(visit)

    def agent(self, visit: Visit) -> tuple[Agent, int]:
        """What its user agent claims, and the digest of that."""
        return self._agents.get(visit.facts.user_agent) or self._read(visit)

    def _met(self, visit: Visit) -> Who:
        address = visit.address or visit.client
        until = 0.0
        if not visit.client:
            return Who(0, 0, 0, 0.0, False)
        account = visit.client != address
        wide = address
        try:
            network = ip_network(address)
        except ValueError:
            pass
        else:
            wide = around(address)
            if network.version == 6:
                address = wide
            until = max((end for one, end in self._exempt if _within(network, one)), default=0.0)
        who = Who(digest(visit.client), digest(address), digest(wide), until, account)
        if len(self._who) >= _KEPT:
            self._who.clear()
        self._who[visit.client, visit.address] = who
        return who

    def _read(self, visit: Visit) -> tuple[Agent, int]:
        user_agent, word = visit.facts.user_agent, None
        if user_agent and visit.claim is None:
            word = self._unlisted(user_agent.decode("latin-1"))
        known = (agent_of(user_agent, visit.claim, word), digest(user_agent or b""))
        if len(self._agents) >= _KEPT:
            self._agents.clear()
        self._agents[user_agent] = known
        return known


def digest(text: str | bytes) -> int:
    """A digest of 64 bits: nobody can make two alike, as a shorter one would let them."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest())


def _within(network: Network, other: Network) -> bool:
    return network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]  # of one version
