"""What we say: a reservation as headers, and a refusal as an answer."""

from noscrape.signals.headers import SIGNALLED, Emission, RawHeaders, SharedCache, add, concerned, reserved_by_app
from noscrape.signals.refusal import Refusal, refusal, status_of

__all__ = [
    "SIGNALLED",
    "Emission",
    "RawHeaders",
    "Refusal",
    "SharedCache",
    "add",
    "concerned",
    "refusal",
    "reserved_by_app",
    "status_of",
]
