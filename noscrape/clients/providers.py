"""Proxies of others that may stand in front of a site, by name: their networks, and what they write into a request.

The file `providers.toml` beside this one is the built-in list.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network
from typing import Any

from noscrape.networks import Network


@dataclass(frozen=True, slots=True)
class Provider:
    """One operator of proxies.

    `header` is a field of its own that holds the client's address, which it writes whatever the client sent; "" for
    none. `writes` are the fields of forwarding, in lower case, that it writes itself: all others it passes on as the
    client sent them. Empty, they are those that the operator's own proxies write. `appends` is how many entries it adds
    to X-Forwarded-For, the client's first. `note` says what the operator has to see to.
    """

    name: str
    networks: tuple[Network, ...]
    header: str = ""
    page: str = ""
    checked: date | None = None
    writes: frozenset[str] = frozenset()
    appends: int = 1
    note: str = ""


def providers(text: bytes) -> Mapping[str, Provider]:
    """Read a list of `[[provider]]` entries, by name. Raises ValueError where it is none."""
    entries = tomllib.loads(text.decode("utf-8")).get("provider", [])
    found = [_provider(entry) for entry in entries]
    if len({provider.name for provider in found}) < len(found):
        raise ValueError("a provider stands in the list twice")
    return {provider.name: provider for provider in found}


def _provider(entry: Mapping[str, Any]) -> Provider:
    name = entry.get("name", "")
    unknown = sorted(entry.keys() - Provider.__dataclass_fields__.keys())
    if not name or unknown:
        raise ValueError(f"provider {name!r}: " + (f"unknown keys {unknown}" if unknown else "has no name"))
    networks = tuple(map(ip_network, entry.get("networks", ())))
    if not networks:
        raise ValueError(f"provider {name!r}: has no networks")
    if entry.get("appends", 1) < 1:
        raise ValueError(f"provider {name!r}: appends {entry['appends']}, wanted 1 or more")
    return Provider(
        name=name,
        networks=networks,
        header=entry.get("header", ""),
        page=entry.get("page", ""),
        checked=entry.get("checked"),
        writes=frozenset(field.lower() for field in entry.get("writes", ())),
        appends=entry.get("appends", 1),
        note=entry.get("note", ""),
    )
