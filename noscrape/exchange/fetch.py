"""Fetching what an operator publishes: over HTTPS, from the public internet, and not more than was asked for.

The URL may have come from a stranger. So the name is looked up once, each address that it leads to is vetted, and the
connection goes to one of those; redirects are followed only where that was asked for, and each is vetted anew.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Network
from typing import Final

from noscrape import networks
from noscrape.errors import FetchError, NoScrapeError
from noscrape.exchange.address import Address, address
from noscrape.exchange.connection import Reply, connected, received, told

_AGENT: Final = "noscrape (+list of networks and keys)"

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

#: Addresses of IPv6 that stand for others of IPv4: 6to4 (RFC 3056), Teredo (RFC 4380).
_TUNNELS: Final = tuple(map(IPv6Network, ("2002::/16", "2001::/32")))


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. Names of headers are in lower case, of several lines the first counts; `url` is where it came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


def public(place: str) -> bool:
    """Whether an address is one of the public internet, and stands for no other."""
    found = networks.address(place)
    if found is None or not networks.ordinary(found):
        return False
    return not any(found in tunnel for tunnel in _TUNNELS if found.version == tunnel.version)


def fetch(
    url: str,
    *,
    most_bytes: int,
    seconds: float,
    headers: Iterable[tuple[str, str]] = (),
    redirects: int = 0,
    vet: Callable[[str], bool] = public,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """Ask once, and wait: for a thread. `seconds` are for all of it, redirects included.

    Raises FetchError where there is no answer, or where it is longer than `most_bytes`. An answer of any status is one.
    """
    end = clock() + seconds

    def remaining() -> float:
        left = end - clock()
        if left <= 0:
            raise TimeoutError
        return left

    try:
        place = _https(url)
        for _ in range(redirects + 1):
            reply = _asked(place, headers, remaining, most_bytes=most_bytes, vet=vet, seconds=seconds)
            where = dict(reversed(reply.headers)).get("location", "")
            if redirects == 0 or reply.status not in _REDIRECTS or not where:
                return Fetched(reply.status or 0, dict(reversed(reply.headers)), reply.body, str(place))
            place = _https(str(place.resolved(where)))
    except FetchError as error:
        raise FetchError(f"{url} cannot be fetched: {error}") from None
    except (NoScrapeError, ValueError) as error:
        raise FetchError(f"{url} cannot be fetched: {error}") from None
    raise FetchError(f"{url} cannot be fetched: it leads on more than {redirects} times")


def _https(url: str) -> Address:
    found = address(url)
    if not found.secure:
        raise FetchError(f"{str(found)[:200]!r} is not https")
    return found


def _asked(
    place: Address,
    headers: Iterable[tuple[str, str]],
    remaining: Callable[[], float],
    *,
    most_bytes: int,
    vet: Callable[[str], bool],
    seconds: float,
) -> Reply:
    lines = [f"GET {place.target} HTTP/1.1", f"Host: {place.authority}", f"User-Agent: {_AGENT}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Accept-Encoding: identity", "Connection: close", "", ""]
    try:
        with connected(place, remaining, vet=vet) as connection:
            connection.settimeout(remaining())
            connection.sendall("\r\n".join(lines).encode("latin-1", "replace"))
            reply = received(connection, remaining, address=place, most_bytes=most_bytes)
    except TimeoutError:
        raise FetchError(f"no answer within {seconds:g} seconds") from None
    except (OSError, ValueError) as error:
        raise FetchError(told(error, place)) from None
    if reply.status is None or reply.problem:
        raise FetchError(reply.problem or "there is no answer")
    if not reply.whole and reply.status == 200:
        raise FetchError(f"it is longer than {most_bytes:,} bytes")
    return reply
