"""How much of a client's address the log keeps."""

import hashlib
import hmac
import re
from enum import Enum
from ipaddress import IPv6Interface, ip_interface
from typing import Final


class Addresses(Enum):
    """`[log] addresses`, as spelled there."""

    FULL = "full"
    PREFIX = "prefix"
    KEYED_HASH = "keyed-hash"
    NONE = "none"


#: What PREFIX keeps. A /48 is what a provider hands to one site, as a /24 is about one street.
IPV4_PREFIX, IPV6_PREFIX = 24, 48

_ZONE: Final = re.compile("%[^/]*")


def shown_address(address: str | None, how: Addresses | str, key: str | None = None) -> str | None:
    """The address, or network such as `2001:db8::/64`, as the log shows it; None where nothing is shown.

    A text that is no address is kept by FULL and KEYED_HASH only, since nobody can tell what a prefix of it gives away.
    Raises ValueError for KEYED_HASH without a key.
    """
    how = Addresses(how)
    if how is Addresses.KEYED_HASH and not key:
        raise ValueError("a keyed hash of addresses needs a key")
    if not address or how is Addresses.NONE:
        return None
    if how is Addresses.FULL:
        return address
    if how is Addresses.KEYED_HASH and key:
        return hmac.new(key.encode(), _canonical(address).encode(), hashlib.sha256).hexdigest()[:16]
    try:
        interface = ip_interface(_canonical(address))
    except ValueError:
        return None
    kept = IPV6_PREFIX if isinstance(interface, IPv6Interface) else IPV4_PREFIX
    network = interface.network
    return str(network if network.prefixlen <= kept else network.supernet(new_prefix=kept))


def _canonical(address: str) -> str:
    """One spelling for one address, so that equal clients get equal hashes."""
    try:
        # A zone (`fe80::1%eth0`) names a network card of this host and is no part of the address.
        interface = ip_interface(_ZONE.sub("", address))
    except ValueError:
        return address
    whole = interface.network.prefixlen == interface.network.max_prefixlen
    if whole and isinstance(interface, IPv6Interface) and interface.ip.ipv4_mapped is not None:
        return str(interface.ip.ipv4_mapped)
    return str(interface.ip if whole else interface.network)
