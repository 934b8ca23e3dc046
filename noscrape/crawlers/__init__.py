"""Crawlers: a catalog of those that are known, and the matcher that finds them in user agents."""

from noscrape.crawlers.catalog import Catalog, Crawler, Kind, Proof, RobotsStance, parse_catalog, unsafe
from noscrape.crawlers.matching import CAP_BYTES, Claim, Matcher

__all__ = [
    "CAP_BYTES",
    "Catalog",
    "Claim",
    "Crawler",
    "Kind",
    "Matcher",
    "Proof",
    "RobotsStance",
    "parse_catalog",
    "unsafe",
]
