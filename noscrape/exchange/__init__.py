"""The wire: one question to another machine, bounded in time and bytes."""

from noscrape.exchange.address import Address, address
from noscrape.exchange.fetch import Fetched, fetch, public

__all__ = ["Address", "Fetched", "address", "fetch", "public"]
