"""What we say: a reservation as headers, documents and elements of a page, and a refusal as an answer."""

from noscrape.signals import odrl, robots, rsl, tdmrep
from noscrape.signals.headers import SIGNALLED, Emission, RawHeaders, SharedCache, add, concerned, reserved_by_app
from noscrape.signals.html import Html, meta
from noscrape.signals.refusal import Refusal, refusal, status_of
from noscrape.signals.trap import closed, trap_link

__all__ = [
    "SIGNALLED",
    "Emission",
    "Html",
    "RawHeaders",
    "Refusal",
    "SharedCache",
    "add",
    "closed",
    "concerned",
    "meta",
    "odrl",
    "refusal",
    "reserved_by_app",
    "robots",
    "rsl",
    "status_of",
    "tdmrep",
    "trap_link",
]
