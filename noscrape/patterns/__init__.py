"""How a client has been behaving: detectors that watch visits, and quotas that count them."""

from noscrape.patterns.board import Board
from noscrape.patterns.evidence import DETECTORS, NAMES, WIDTH, Thresholds
from noscrape.patterns.quota import Counts, Due, Per, Playing, Quota, Quotas
from noscrape.patterns.stop import Kind, Stop
from noscrape.patterns.trust import Trust
from noscrape.patterns.visit import Visit, by_ending, credited
from noscrape.patterns.watch import Settings, Watch

__all__ = [
    "DETECTORS",
    "NAMES",
    "WIDTH",
    "Board",
    "Counts",
    "Due",
    "Kind",
    "Per",
    "Playing",
    "Quota",
    "Quotas",
    "Settings",
    "Stop",
    "Thresholds",
    "Trust",
    "Visit",
    "Watch",
    "by_ending",
    "credited",
]
