"""Which client a request comes from: the address that a limit is kept by.

Forwarded headers are the client's own words until they pass a proxy that the operator named; so they are read from the
right, and only as far as every hop is trusted. A proxy passes on the fields that it does not write, so at each hop one
field is read: the one that the operator's proxies write, or the one that belongs to the provider.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from typing import Final, NamedTuple

from noscrape.clients import forwarded
from noscrape.clients.forwarded import Entry
from noscrape.clients.origin import Origin, authority, scheme
from noscrape.clients.providers import Provider
from noscrape.networks import Address, Network, NetworkTable, address, ordinary
from noscrape.request import Facts, Headers

#: Addresses kept with what is known of them, at some 400 bytes each; all go once as many have come.
CACHE_ENTRIES: Final = 16_384

#: Longer texts are not kept: no address is as long, and clients write them.
_LONGEST_KEPT: Final = 64

#: Characters of a stranger's text that are shown.
_SHOWN: Final = 60

_FORWARDED: Final = "forwarded"
_LIST: Final = "x-forwarded-for"
_PROTO: Final = "x-forwarded-proto"
_HOST: Final = "x-forwarded-host"

#: Fields by which somebody says that it speaks for another.
_FORWARDING: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"cf-connecting-ip", b"true-client-ip"})

#: The first 96 bits of 64:ff9b::/96, in which NAT64 writes the addresses of IPv4.
_NAT64: Final = int(IPv6Address("64:ff9b::")) >> 32

#: First numbers of IPv4 of which some addresses are ordinary and some are not, or none is.
_MIXED: Final = frozenset({0, 10, 100, 127, 169, 172, 192, 198})

#: How an IPv4 address begins that needs no second look, since all addresses of its first number are ordinary. No IPv6
#: address begins so: it has no dot among its first four characters.
_BEGINS_ORDINARY: Final = frozenset(
    f"{first}.{second}."[:4] for first in range(1, 224) if first not in _MIXED for second in range(256)
)


@dataclass(frozen=True, slots=True)
class Client:
    """Who is asking. `key` is what limits go by: an IPv4 address or an IPv6 prefix, "" where it must not be counted.

    `ordinary` tells an address of the public internet from a private one, a proxy's own and the like, of which nothing
    can be said. `forwarded_by_stranger` tells that the peer speaks for another, and is not trusted to.
    """

    key: str
    address: Address | None
    partner: bool = False
    ordinary: bool = True
    forwarded_by_stranger: bool = False


UNKNOWN: Final = Client(key="", address=None, ordinary=False)


class _Walk(NamedTuple):
    """The client, the trusted hops that lead to it, and what the last of them wrote into `Forwarded`.

    `unsaid` is the field in which that hop should have told whom it speaks for, "" where it did.
    """

    client: Client
    hops: tuple[Provider, ...] = ()
    entry: Entry = Entry("")
    unsaid: str = ""


class Clients:
    """Tells clients apart. State: a cache of addresses, bounded.

    `header` is the one field that the operator's own proxies write: X-Forwarded-For, Forwarded, or one that holds a
    single address. `host_header` is the one in which they tell the host, "" where they leave `Host` as it was: a proxy
    that does not write it passes on what the client put there.
    """

    def __init__(
        self,
        *,
        trusted_proxies: Iterable[Network] = (),
        providers: Iterable[Provider] = (),
        header: str = "X-Forwarded-For",
        partners: Iterable[Network] = (),
        ipv6_prefix: int = 64,
        host_header: str = "X-Forwarded-Host",
    ) -> None:
        self._header_name = header
        self._header = header.lower()
        self._host_header = host_header.lower()
        own = Provider(name="", networks=tuple(trusted_proxies), writes=self._written())
        hops = [provider if provider.writes else replace(provider, writes=own.writes) for provider in providers]
        # One's own come last: a network named twice is known better by the provider's entry.
        self._own = own
        self._trusted = tuple((NetworkTable(hop.networks), hop) for hop in (*hops, own) if hop.networks)
        self._partners = NetworkTable(partners)
        named = (self._header, *(hop.header.lower() for hop in hops if hop.header))
        self._forwarding = _FORWARDING | {name.encode("latin-1") for name in named}
        self._shift = 128 - ipv6_prefix
        self._suffix = f"/{ipv6_prefix}"
        self._known: dict[str, tuple[Client, Provider | None]] = {}
        #: Whether any client may be a partner.
        self.partnered = bool(self._partners)

    def _written(self) -> frozenset[str]:
        """The fields of forwarding that the operator's own proxies write."""
        if self._header == _FORWARDED:
            return frozenset({_FORWARDED})
        return frozenset({self._header, _PROTO, self._host_header})

    def key(self, facts: Facts) -> str:
        """The key alone, which is a look-up where no proxy stands between: a server spells IPv4 in one way."""
        if self._trusted:
            return self._walk(facts).client.key
        peer = facts.peer
        if not peer:
            return ""
        if peer[:4] in _BEGINS_ORDINARY:
            return peer
        return self._look(peer)[0].key

    def key_of(self, found: Address) -> str:
        """The key of an address that a person names."""
        return self._look(str(found))[0].key

    def client(self, facts: Facts) -> Client:
        """The client of a request: the peer, or behind trusted proxies the address that the outermost of them saw.

        Forwarded headers that a log does not record leave the peer, which is then what the log calls the client.
        """
        found = self._walk(facts)
        if not found.hops and self.forwarded(facts):
            return replace(found.client, forwarded_by_stranger=True)
        return found.client

    def public_address(self, facts: Facts) -> Address | None:
        """The address of the client, None where it is not one of the public internet. The quick way to `client`."""
        client = self._walk(facts).client
        return client.address if client.ordinary else None

    def unsaid(self, facts: Facts) -> str:
        """The field in which a trusted proxy should have told whom it speaks for, and did not; "" mostly.

        Then the client cannot be told from all others behind that proxy.
        """
        return self._walk(facts).unsaid

    def forwarded(self, facts: Facts) -> bool:
        """Whether a request has any field by which somebody says that it speaks for another, trusted or not."""
        return not self._forwarding.isdisjoint([name for name, _ in facts.headers or ()])

    def reached(self, facts: Facts) -> tuple[Client, tuple[str, ...]]:
        """The client, and in words how it was reached. The words hold what strangers wrote, cut and in ASCII."""
        steps: list[str] = []
        self._walk(facts, steps)
        client = self.client(facts)
        if client.forwarded_by_stranger:
            steps.append("it sends forwarded headers, which are not believed: it is not in [clients] trusted_proxies")
        if client.address is None:
            steps.append("no address is known, so it is never counted")
        elif not client.ordinary:
            steps.append(
                f"{client.address} is a proxy's own or not of the public internet, so it is never verified, "
                "never contradicted and never counted"
            )
        if client.partner:
            steps.append("it is a partner")
        return client, tuple(steps)

    def origin(self, facts: Facts) -> Origin:
        """The scheme and the host that the client used, by the word of the outermost proxy that writes them."""
        _, hops, entry, _ = self._walk(facts)
        headers = facts.headers or ()
        proto = self._said(_PROTO, hops, headers) or entry.proto
        host = self._said(self._host_header, hops, headers) or entry.host
        sent = facts.header(b"host") or b""
        return Origin(scheme(proto) or facts.scheme, authority(host) or authority(sent.decode("latin-1")))

    def _said(self, field: str, hops: tuple[Provider, ...], headers: Headers) -> str:
        """What the outermost hop that writes a field wrote there: each adds an entry, or replaces what was there."""
        writers = sum(field in hop.writes for hop in hops) if field else 0
        found = list(islice(forwarded.listed(forwarded.lines(headers, field.encode("latin-1"))), writers))
        return found[-1] if found else ""

    def _walk(self, facts: Facts, steps: list[str] | None = None) -> _Walk:
        """From the peer outwards, as far as every hop is trusted. `steps` are told in words where they are wanted."""
        client, hop = self._peer(facts.peer)
        _tell(steps, f"the peer of the connection is {_who(facts.peer, hop)}")
        if hop is None or facts.headers is None:
            return _Walk(client)
        hops, entries, entry, unsaid = [hop], self._entries(facts.headers), Entry(""), ""
        while True:
            name = hop.header or self._header_name
            seen: Entry | None
            if hop.header:
                seen = Entry(forwarded.last(facts.headers, hop.header.lower().encode("latin-1")))
            elif self._header not in hop.writes:
                _tell(steps, f"{hop.name} does not write {name}, so nothing is read there")
                break
            else:
                skipped = hop.appends - 1 if self._header == _LIST else 0
                seen = next(islice(entries, skipped, None), Entry(""))
                if seen is None:
                    _tell(steps, f"{name} is malformed (RFC 7239, section 4), so that it is read no further")
                    entry, unsaid = Entry(""), name
                    break
                entry = seen
            found, outer = self._look(seen.node)
            if found.address is None:
                said = f"says {seen.node[:_SHOWN]!a}, which is no address" if seen.node else "says nothing more"
                _tell(steps, f"{name} {said}")
                unsaid = name
                break
            client = found
            _tell(steps, f"{name} says {_who(seen.node, outer)}")
            if outer is None or hop.header:
                break
            hop = outer
            hops.append(hop)
        return _Walk(client, tuple(hops), entry, unsaid)

    def _peer(self, peer: str | None) -> tuple[Client, Provider | None]:
        """The peer of a connection. On a unix socket stands a proxy, where the operator has any."""
        if peer:
            return self._look(peer)
        return UNKNOWN, self._own if self._trusted else None

    def _entries(self, headers: Headers) -> Iterator[Entry | None]:
        """What the operator's proxies wrote, the last first."""
        found = forwarded.lines(headers, self._header.encode("latin-1"))
        if self._header == _FORWARDED:
            return islice(forwarded.elements(found), forwarded.MOST_ENTRIES)
        most = forwarded.MOST_ENTRIES if self._header == _LIST else 1
        return map(Entry, islice(forwarded.listed(found), most))

    def _look(self, text: str) -> tuple[Client, Provider | None]:
        """Who is at an address, and which trusted proxy it is; UNKNOWN and None where the text is no address."""
        known = self._known.get(text)
        if known is None:
            known = self._known_of(address(text))
            if len(text) <= _LONGEST_KEPT:
                if len(self._known) >= CACHE_ENTRIES:
                    self._known.clear()
                self._known[text] = known
        return known

    def _known_of(self, found: Address | None) -> tuple[Client, Provider | None]:
        if found is None:
            return UNKNOWN, None
        hop = self._hop(found)
        if hop is None and isinstance(found, IPv6Address):
            found = _untranslated(found)
            hop = self._hop(found)
        partner = found in self._partners
        if hop is not None or not ordinary(found):
            return Client(key="", address=found, partner=partner, ordinary=False), hop
        if isinstance(found, IPv6Address):
            prefix = IPv6Address(int(found) >> self._shift << self._shift)
            return Client(key=f"{prefix}{self._suffix}", address=found, partner=partner), None
        return Client(key=str(found), address=found, partner=partner), None

    def _hop(self, found: Address) -> Provider | None:
        return next((hop for table, hop in self._trusted if found in table), None)


def _untranslated(found: IPv6Address) -> Address:
    """The IPv4 address that NAT64 wrote into an IPv6 address of its well-known prefix (RFC 6052, 2.1).

    Only for addresses of the public internet: no other may be written so (3.1).
    """
    if int(found) >> 32 != _NAT64:
        return found
    inner = IPv4Address(int(found) & 0xFFFF_FFFF)
    return inner if ordinary(inner) else found


def _tell(steps: list[str] | None, text: str) -> None:
    if steps is not None:
        steps.append(text)


def _who(text: str | None, hop: Provider | None) -> str:
    place = f"{text[:_SHOWN]!a}" if text else "a unix socket"
    if hop is None:
        return f"{place}, which is not a trusted proxy"
    return f"{place}, a trusted proxy" + (f" ({hop.name})" if hop.name else "")
