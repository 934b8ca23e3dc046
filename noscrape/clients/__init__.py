"""Which client a request comes from, and by which address it reached the site."""

from noscrape.clients.client import CACHE_ENTRIES, UNKNOWN, Client, Clients
from noscrape.clients.origin import Origin
from noscrape.clients.providers import Provider, providers

__all__ = ["CACHE_ENTRIES", "UNKNOWN", "Client", "Clients", "Origin", "Provider", "providers"]
