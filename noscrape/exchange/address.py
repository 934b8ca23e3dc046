"""The address that is looked at: a URL taken apart, and which others belong to it."""

import re
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from noscrape.errors import NoScrapeError

_PORTS: Final = {"http": 80, "https": 443}

#: A name as it is looked up, or an IPv4 address.
_HOST: Final = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,252}")

#: What a URL may hold as it is (RFC 3986, section 2), "%" for what is encoded already.
_PLAIN: Final = "%/:?#[]@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme, host in ASCII (an IPv6 address without its brackets), port, and the path and query as they are sent."""

    scheme: str
    host: str
    port: int
    target: str = "/"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """As it stands in a `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken there."""
        return self.scheme == "https"

    def at(self, target: str) -> "Address":
        """Another path on the same host."""
        return replace(self, target=target)

    def with_query(self, query: str) -> "Address":
        """The same with one more parameter."""
        return self.at(f"{self.target}{'&' if '?' in self.target else '?'}{query}")

    def resolved(self, reference: str) -> "Address":
        """Where a reference in a header leads, seen from here; `reference` as headers are decoded, in latin-1.

        Raises ValueError where it leads nowhere.
        """
        octets = reference.strip(" \t").encode("latin-1", "replace")
        return _parsed(urljoin(str(self), quote(octets, safe=_PLAIN)))

    def has(self, other: "Address") -> bool:
        """Whether another address is on the same host and port, or on its https."""
        if other.host != self.host:
            return False
        ways = ((self.scheme, self.port), (other.scheme, other.port))
        return ways[0] == ways[1] or ways == tuple(_PORTS.items())


def address(url: str) -> Address:
    """Take a URL apart; its fragment is left out. Raises NoScrapeError for anything that cannot be asked."""
    try:
        return _parsed(url)
    except ValueError as error:
        raise NoScrapeError(f"{url!r} cannot be asked: {error}") from None


def _parsed(url: str) -> Address:
    if any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("it has a space or a control character in it")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError("wanted a URL that begins with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("it has a user name or a password in it, and nothing is asked with these")
    try:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise ValueError("its port is no number from 1 to 65535")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = _address(parts.hostname or "") if "[" in parts.netloc else _name(parts.hostname or "")
    return Address(parts.scheme, host, port, quote(target, safe=_PLAIN))


def _address(text: str) -> str:
    """Within brackets."""
    if "%" in text:
        raise ValueError("an address with a zone belongs to this machine alone")
    return str(IPv6Address(text))


def _name(name: str) -> str:
    try:
        found = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        found = ""
    if not _HOST.fullmatch(found) or ".." in found:
        raise ValueError(f"{name!r} is no name of a host")
    return found
