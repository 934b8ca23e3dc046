"""Addresses and tables of networks."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


#: What may follow an address: a port, or one that a proxy keeps to itself (RFC 7239, section 6).
_PORT: Final = re.compile(r"(?::(?:[0-9]{0,5}|_[A-Za-z0-9._-]+))?\Z")

#: Characters of an address with its zone and port.
_LONGEST: Final = 128


def address(text: str) -> Address | None:
    """The address in a text such as `192.0.2.1`, `[2001:db8::1]:443` or `fe80::1%eth0`; None where there is none.

    An IPv4-mapped IPv6 address is its IPv4 address; zones and ports are dropped.
    """
    text, port = text.strip() if len(text) <= _LONGEST else "", ""
    if text.startswith("["):
        text, bracket, port = text[1:].partition("]")
        if not bracket:
            return None
    elif text.count(":") == 1:
        text, colon, port = text.partition(":")
        port = colon + port
    text, percent, zone = text.partition("%")
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if not _PORT.match(port) or (percent and (not zone or found.version == 4)):
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


#: How many clients' networks are remembered.
_AROUND_KEPT: Final = 16_384


@lru_cache(maxsize=_AROUND_KEPT)
def around(client: str) -> str:
    """The network that an address or an IPv6 prefix is one of many in: /24 of IPv4, /48 of IPv6, as one customer has.

    Raises ValueError for a text that is neither.
    """
    network = ip_network(client, strict=False)
    wide = 48 if isinstance(network, IPv6Network) else 24
    return str(network.supernet(new_prefix=wide) if network.prefixlen > wide else network)


class NetworkTable:
    """Networks that an address is looked up in: a search among their ends, whatever their number and sizes.

    Those that overlap or touch are one stretch of addresses. In `_ends` the first address of a stretch and the one
    after its last take turns, so that an address is inside where an odd number of ends stands at or before it.
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        both: dict[int, list[Network]] = {4: [], 6: []}
        for network in networks:
            both[network.version].append(network)
        self._ends = {version: _ends(found) for version, found in both.items()}

    def __bool__(self) -> bool:
        return any(self._ends.values())

    def __contains__(self, wanted: Address) -> bool:
        return bisect_right(self._ends[wanted.version], int(wanted)) & 1 == 1

    def meets(self, network: Network) -> bool:
        """Whether an address of this network is in it."""
        ends, last = self._ends[network.version], int(network.broadcast_address)
        first = bisect_right(ends, int(network.network_address))
        return first & 1 == 1 or first < bisect_right(ends, last)

    @property
    def addresses(self) -> int:
        """How many addresses of IPv4 are in it, and how many networks /64 of IPv6."""
        sizes = {version: sum(ends[1::2]) - sum(ends[::2]) for version, ends in self._ends.items()}
        return sizes[4] + (sizes[6] >> 64)


def _ends(networks: list[Network]) -> list[int]:
    ends: list[int] = []
    for network in sorted(networks, key=lambda one: int(one.network_address)):
        first = int(network.network_address)
        after = first + network.num_addresses
        if ends and first <= ends[-1]:
            ends[-1] = max(ends[-1], after)
        else:
            ends += first, after
    return ends


#: Networks of the special-purpose registries of IANA from which no client on the public internet comes. Those for
#: documentation (RFC 5737, RFC 3849, RFC 9637) are left out: nothing comes from there but in tests. IPv6 has such
#: networks only outside of 2000::/3, and three inside.
_SPECIAL: Final[tuple[Network, ...]] = (
    *map(IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12")),
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3")),
    *map(IPv6Network, ("::/3", "4000::/2", "8000::/1", "2001:2::/48", "2001:10::/28", "2001:20::/28")),
)

_SPECIAL_TABLE: Final = NetworkTable(_SPECIAL)


def ordinary(found: Address) -> bool:
    """Whether an address is one of the public internet: not private, shared, loopback, link-local, multicast, reserved.

    Take the addresses of `address`: an IPv4-mapped one is none, whatever IPv4 address it stands for.
    """
    return found not in _SPECIAL_TABLE


def all_ordinary(network: Network) -> bool:
    """Whether each address of a network is one of the public internet."""
    return not _SPECIAL_TABLE.meets(network)
