"""noscrape makes a track's no-AI tag hold: AI crawlers are refused what its owner reserved, listeners never are."""

from noscrape import standards
from noscrape.config import Config
from noscrape.decision import Decision
from noscrape.errors import ConfigError, NoScrapeError
from noscrape.identity import Account, Partner
from noscrape.log import Event
from noscrape.middleware import NoScrape, declared, meta, trap_link
from noscrape.reservation import NO_SUCH_TRACK, Reservation, Terms
from noscrape.words import Purpose, Said, Serves

__all__ = [
    "NO_SUCH_TRACK",
    "Account",
    "Config",
    "ConfigError",
    "Decision",
    "Event",
    "NoScrape",
    "NoScrapeError",
    "Partner",
    "Purpose",
    "Reservation",
    "Said",
    "Serves",
    "Terms",
    "declared",
    "meta",
    "standards",
    "trap_link",
]
