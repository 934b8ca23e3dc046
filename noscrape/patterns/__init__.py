"""How a client has been behaving: detectors that count visits and report what crossed a threshold."""

from noscrape.patterns.quota import Counts, Per, Playing, Quota, Quotas
from noscrape.patterns.visit import Detector, Visit

__all__ = ["Counts", "Detector", "Per", "Playing", "Quota", "Quotas", "Visit"]
