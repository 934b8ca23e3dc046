"""The log: events, written as JSON Lines by one thread, and read back."""

from noscrape.log.addresses import Addresses, shown_address
from noscrape.log.event import KEYS, PATH_KEPT, SCHEMA, Event
from noscrape.log.reader import BrokenLine, Chain, Follower, broken_links, chains, files_of, read
from noscrape.log.writer import LogWriter

__all__ = [
    "KEYS",
    "PATH_KEPT",
    "SCHEMA",
    "Addresses",
    "BrokenLine",
    "Chain",
    "Event",
    "Follower",
    "LogWriter",
    "broken_links",
    "chains",
    "files_of",
    "read",
    "shown_address",
]
