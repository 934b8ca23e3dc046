"""Replay: access logs of other servers through the same site, to see what would have been decided."""

from noscrape.replay.formats import LONGEST_LINE, NoRequestError, Parser, UnreadLineError
from noscrape.replay.listing import Listing
from noscrape.replay.progress import Progress
from noscrape.replay.run import Account, Replay
from noscrape.replay.source import Source
from noscrape.replay.summary import Broken, Listener, Row, Summary
from noscrape.replay.timeline import Timeline

__all__ = [
    "LONGEST_LINE",
    "Account",
    "Broken",
    "Listener",
    "Listing",
    "NoRequestError",
    "Parser",
    "Progress",
    "Replay",
    "Row",
    "Source",
    "Summary",
    "Timeline",
    "UnreadLineError",
]
