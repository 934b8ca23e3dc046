"""Which client a request comes from: the address that a limit is kept by.

Forwarded headers are the client's own words until they pass a proxy that the operator named; so they are read from
the right, and only as far as every hop is trusted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address

from noscrape.networks import Address, Network, NetworkTable, address
from noscrape.request import Facts

#: Characters of forwarded headers that are read, from the right: some 50 addresses.
_LONGEST_CHAIN = 2048

#: IPv6 peers kept with their prefixes; all go once as many have come.
CACHE_ENTRIES = 16_384


@dataclass(frozen=True, slots=True)
class Client:
    """Who is asking. `key` is what limits go by: an IPv4 address or an IPv6 prefix, "" where it is not known."""

    key: str
    address: Address | None
    partner: bool = False


UNKNOWN = Client(key="", address=None)


class Clients:
    """Tells clients apart. State: a cache of IPv6 peers, bounded."""

    def __init__(
        self, *, trusted_proxies: Iterable[Network] = (), partners: Iterable[Network] = (), ipv6_prefix: int = 64
    ) -> None:
        self._proxies = NetworkTable(trusted_proxies)
        self._partners = NetworkTable(partners)
        self._shift = 128 - ipv6_prefix
        self._suffix = f"/{ipv6_prefix}"
        self._keys: dict[str, str] = {}
        #: Whether a client's key is all that anyone needs to know of it on each request.
        self.plain = not self._proxies and not self._partners

    def key(self, facts: Facts) -> str:
        """The key alone, which is a look-up where no proxy stands between: a server spells IPv4 in one way."""
        peer = facts.peer
        if self._proxies:
            return self.client(facts).key
        if not peer or ":" not in peer:
            return peer or ""
        key = self._keys.get(peer)
        if key is None:
            key = self._client(address(peer)).key
            if len(self._keys) >= CACHE_ENTRIES:
                self._keys.clear()
            self._keys[peer] = key
        return key

    def client(self, facts: Facts) -> Client:
        """The client of a request: the peer, or behind trusted proxies the address that the last of them saw.

        Forwarded headers that a log does not record leave the peer, which is then what the log calls the client.
        """
        hop = address(facts.peer) if facts.peer else None
        if not self._proxies or facts.headers is None or (facts.peer and (hop is None or hop not in self._proxies)):
            return self._client(hop)
        chain = [value.decode("latin-1") for name, value in facts.headers if name == b"x-forwarded-for"]
        for text in reversed(",".join(chain)[-_LONGEST_CHAIN:].split(",")):
            seen = address(text)
            if seen is None:  # not an address: what stands left of it cannot be trusted either
                break
            hop = seen
            if hop not in self._proxies:
                break
        return self._client(hop)

    def _client(self, found: Address | None) -> Client:
        if found is None:
            return UNKNOWN
        partner = found in self._partners
        if isinstance(found, IPv6Address):
            prefix = IPv6Address(int(found) >> self._shift << self._shift)
            return Client(key=f"{prefix}{self._suffix}", address=found, partner=partner)
        return Client(key=str(found), address=found, partner=partner)
