"""Addresses and tables of networks."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def address(text: str) -> Address | None:
    """The address in a text such as `192.0.2.1`, `[2001:db8::1]:443` or `fe80::1%eth0`; None where there is none.

    An IPv4-mapped IPv6 address is its IPv4 address; zones and ports are dropped.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


class NetworkTable:
    """Networks that an address is looked up in: a set for each prefix length, whatever the number of networks."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._sets: dict[tuple[int, int], set[int]] = {}
        for network in networks:
            shift = network.max_prefixlen - network.prefixlen
            self._sets.setdefault((network.version, shift), set()).add(int(network.network_address) >> shift)

    def __bool__(self) -> bool:
        return bool(self._sets)

    def __contains__(self, wanted: Address) -> bool:
        number, version = int(wanted), wanted.version
        return any(kind == version and number >> shift in table for (kind, shift), table in self._sets.items())
