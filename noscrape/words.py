"""The closed vocabularies: every word that config, log, command line and code share, spelled once.

Beside `errors`, this is the only module that every room may import, whatever its floor.
"""

from enum import Enum


class Purpose(Enum):
    """What an AI agent fetches for."""

    TRAINING = "training"
    DATASET = "dataset"
    SEARCH = "search"
    ASSISTANT = "assistant"
    AGENT = "agent"
    UNDISCLOSED = "undisclosed"


PURPOSES = frozenset(Purpose)

#: What `noai`, `train-ai=n` and `tdm-reservation: 1` reserve.
TRAINING_PURPOSES = frozenset({Purpose.TRAINING, Purpose.DATASET, Purpose.UNDISCLOSED})


class Said(Enum):
    """What was said about one purpose; `UNSTATED` is never `OPEN`."""

    RESERVED = "reserved"
    OPEN = "open"
    UNSTATED = "unstated"


class Voice(Enum):
    """By whom it was said. Never confused, in a log or in evidence."""

    OWNER = "owner"
    SITE = "site"


class Stance(Enum):
    """Which reserved purposes are refused; the others are let through with signals."""

    NO_TRAINING = "no-training"
    NO_AI = "no-ai"
    SIGNAL_ONLY = "signal-only"


class Answer(Enum):
    """What the operator says of one crawler or one purpose."""

    ALLOW = "allow"
    ALLOW_VERIFIED = "allow-verified"
    SIGNAL = "signal"
    OBSERVE = "observe"
    REFUSE = "refuse"


class Action(Enum):
    """What a decision does."""

    ALLOW = "allow"
    REFUSE = "refuse"
    THROTTLE = "throttle"


class Mode(Enum):
    """Whether decisions change anything: `OBSERVE` decides and records, and changes no byte."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Verification(Enum):
    """Whether a crawler is who it says it is."""

    VERIFIED = "verified"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


class Serves(Enum):
    """Which representation of a work a path serves."""

    __hash__ = object.__hash__  # looked up in sets on every request, and an enumeration's own hash is slow

    PAGE = "page"
    DATA = "data"
    LIST = "list"
    SEARCH = "search"
    PLAY = "play"
    MEDIA = "media"
    PREVIEW = "preview"
    ARTWORK = "artwork"
    DOWNLOAD = "download"
    FEED = "feed"
    ASSET = "asset"


class Combine(Enum):
    """How several readers make one answer."""

    MOST_RESTRICTIVE = "most-restrictive"
    STRICT = "strict"
    FIRST = "first"


class RobotsTxt(Enum):
    """What becomes of the app's robots.txt."""

    MERGE = "merge"
    SERVE = "serve"
    OFF = "off"


class NewCrawlers(Enum):
    """What becomes of crawlers that came with an update."""

    ACT = "act"
    OBSERVE = "observe"
