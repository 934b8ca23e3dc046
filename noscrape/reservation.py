"""What is said about a track: for each purpose reserved, open or unstated, by whom, read where and when.

Two rules hold everywhere. Any statement that reserves wins over any that opens. What is unstated, unreadable or
missing is never open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from noscrape.errors import ReservationError
from noscrape.standards import content_usage, tdmrep, x_robots_tag
from noscrape.standards.content_usage import Preference
from noscrape.words import PURPOSES, TRAINING_PURPOSES, Purpose, Said, Voice


@dataclass(frozen=True, slots=True)
class Terms:
    """The purposes that are reserved and those that are open; the rest is unstated.

    `tdm_zero` tells that the owner said `tdm-reservation: 0` in so many words: only then may we repeat it.
    """

    reserved: frozenset[Purpose] = frozenset()
    open: frozenset[Purpose] = frozenset()
    tdm_zero: bool = False
    _hash: int = field(init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        return self._hash  # terms are looked up on every request, so it is computed once

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.reserved, self.open, self.tdm_zero)))
        if self.reserved & self.open:
            raise ValueError("a purpose cannot be reserved and open at once")
        if self.tdm_zero and self.reserved & TRAINING_PURPOSES:
            raise ValueError("tdm-reservation cannot be 0 where text and data mining is reserved")

    def said(self, purpose: Purpose) -> Said:
        """What is said about one purpose."""
        if purpose in self.reserved:
            return Said.RESERVED
        return Said.OPEN if purpose in self.open else Said.UNSTATED

    def combined(self, other: "Terms") -> "Terms":
        """Both statements at once, the more restrictive winning for each purpose."""
        reserved = self.reserved | other.reserved
        return Terms(
            reserved=reserved,
            open=(self.open | other.open) - reserved,
            tdm_zero=(self.tdm_zero or other.tdm_zero) and not reserved & TRAINING_PURPOSES,
        )

    def filled(self, default: Said) -> "Terms":
        """With what is unstated taken from a default."""
        unstated = PURPOSES - self.reserved - self.open
        if default is Said.RESERVED:
            return Terms(
                reserved=self.reserved | unstated,
                open=self.open,
                tdm_zero=self.tdm_zero and not (unstated & TRAINING_PURPOSES),
            )
        if default is Said.OPEN:
            return replace(self, open=self.open | unstated)
        return self


UNSTATED: Final = Terms()
RESERVED: Final = Terms(reserved=PURPOSES)
OPEN: Final = Terms(open=PURPOSES)
NO_TRAINING: Final = Terms(reserved=TRAINING_PURPOSES)
TRAINING_OPEN: Final = Terms(open=TRAINING_PURPOSES)
TDM_ZERO: Final = Terms(open=TRAINING_PURPOSES, tdm_zero=True)


#: The source of what nobody has said, so that the site's default fills it.
DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A statement with its source.

    `source` says where it was read ("sql", "header:tdm-reservation"), `DEFAULT` where nobody has said anything; times
    are epoch seconds.
    `missing` tells that the reader knows no such track, which is another answer than "nothing said", and never open.
    """

    terms: Terms
    source: str
    by: Voice = Voice.OWNER
    read_at: float | None = None
    declared_at: float | None = None
    missing: bool = False

    def combined(self, other: "Reservation") -> "Reservation":
        """Both statements at once: most restrictive terms, both sources, the older reading, any owner's voice."""
        times = [time for time in (self.read_at, other.read_at) if time is not None]
        declared = [time for time in (self.declared_at, other.declared_at) if time is not None]
        sources = dict.fromkeys((*self.source.split("+"), *other.source.split("+")))
        return Reservation(
            terms=self.terms.combined(other.terms),
            source="+".join(sources),
            by=Voice.OWNER if Voice.OWNER in (self.by, other.by) else Voice.SITE,
            read_at=min(times, default=None),
            declared_at=max(declared, default=None),
            missing=self.missing or other.missing,
        )


class NoSuchTrack:
    """What a reader returns for an id that it does not know; see `NO_SUCH_TRACK`."""

    def __repr__(self) -> str:
        return "NO_SUCH_TRACK"


NO_SUCH_TRACK: Final = NoSuchTrack()

#: A site's own words, as found in a column or returned by a callable. `no` and `0` deny the tag, they do not refuse AI.
_WORDS: Final[Mapping[str, Terms]] = {
    "": UNSTATED,
    "unstated": UNSTATED,
    "no-ai": RESERVED,
    "no_ai": RESERVED,
    "no ai": RESERVED,
    "reserved": RESERVED,
    "true": RESERVED,
    "t": RESERVED,
    "yes": RESERVED,
    "y": RESERVED,
    "on": RESERVED,
    "1": RESERVED,
    "noai": NO_TRAINING,
    "noimageai": UNSTATED,
    "no-training": NO_TRAINING,
    "open": OPEN,
    "false": OPEN,
    "f": OPEN,
    "no": OPEN,
    "n": OPEN,
    "off": OPEN,
    "0": OPEN,
}

#: Readable values: text, numbers, NULL, bytes of a BIT column, a finished reservation, or several of these.
Value = object


def reservation(value: Value, *, source: str, now: float | None = None) -> Reservation:
    """Read what a database or a callable answered about a track.

    True, 1 and the site's own words ("no-ai") reserve every purpose; False and 0 are the owner's settled no;
    None says nothing; a field ("train-ai=n", "tdm-reservation: 1", "noai, noimageai") says what its standard says.
    Several values combine, the more restrictive winning.

    Raises ReservationError for anything else: nonsense is a failure, and neither a yes nor a no.
    """
    if isinstance(value, Reservation):
        said = value if value.read_at is not None else replace(value, read_at=now)
        return said if said.missing or said.terms != UNSTATED else replace(said, source=DEFAULT)
    if isinstance(value, NoSuchTrack):
        return Reservation(UNSTATED, source, Voice.SITE, now, missing=True)
    return from_terms(_terms(value), source=source, now=now)


def from_terms(terms: Terms, *, source: str, now: float | None = None) -> Reservation:
    """What a reader found about a track. One that found nothing said is not named as the source of it."""
    if terms == UNSTATED:
        return Reservation(UNSTATED, DEFAULT, Voice.SITE, now)
    return Reservation(terms, source, Voice.OWNER, now)


def _terms(value: Value) -> Terms:
    if value is None:
        return UNSTATED
    if isinstance(value, Terms):
        return value
    if isinstance(value, bytes) and len(value) == 1 and value[0] in (0, 1):
        value = value[0]
    if isinstance(value, str | bytes):
        return from_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
    if isinstance(value, tuple | list | set | frozenset):
        return _all(_terms(item) for item in value)
    if not isinstance(value, complex) and value == 1:
        return RESERVED
    if not isinstance(value, complex) and value == 0:
        return OPEN
    raise ReservationError(
        f"cannot read {_short(value)} as a reservation: wanted True, False, None, a word such as 'no-ai' or 'open', "
        "or a field such as 'train-ai=n'"
    )


def _all(statements: Iterable[Terms]) -> Terms:
    total = UNSTATED
    for terms in statements:
        total = total.combined(terms)
    return total


def from_text(text: str) -> Terms:
    """Read a word ("no-ai") or a field ("train-ai=n", "tdm-reservation: 1", "noai, noimageai").

    Raises ReservationError for text that is none of them.
    """
    word = text.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    name, colon, rest = word.partition(":")
    name = name.rstrip()
    if not colon and "=" in word:
        name, _, rest = word.partition("=")
        name = name.rstrip()
    if name == "tdm-reservation":
        return from_tdm_reservation(rest)
    if name == "x-robots-tag":
        return from_robots_directives(rest)
    if name == "content-usage":
        return from_content_usage(text.partition(":")[2])
    if "=" in word and content_usage.well_formed(text.strip()):
        return from_content_usage(text)
    pieces = [piece.strip() for piece in word.split(",")]
    if len(pieces) > 1 and all(piece in ("noai", "noimageai") for piece in pieces):
        return NO_TRAINING if "noai" in pieces else UNSTATED
    raise ReservationError(
        f"cannot read {_short(text)} as a reservation: wanted a word such as 'no-ai' or 'open', "
        "or a field such as 'train-ai=n' or 'tdm-reservation: 1'"
    )


def from_tdm_reservation(value: str) -> Terms:
    """What a `tdm-reservation` field says; a value that counts as unset says nothing."""
    return _TDM_RESERVATION[tdmrep.field(value)]


_TDM_RESERVATION: Final[Mapping[int | None, Terms]] = {1: NO_TRAINING, 0: TDM_ZERO, None: UNSTATED}


def from_content_usage(value: str) -> Terms:
    """What a `Content-Usage` field says of `train-ai`; one that does not parse says nothing at all."""
    return _TRAIN_AI[content_usage.parse(value.strip())["train-ai"]]


_TRAIN_AI: Final[Mapping[Preference, Terms]] = {
    Preference.DISALLOWED: NO_TRAINING,
    Preference.ALLOWED: TRAINING_OPEN,
    Preference.UNKNOWN: UNSTATED,
}


def from_robots_directives(value: str) -> Terms:
    """One `X-Robots-Tag` line: `noai` for every agent reserves; for one agent it does not, and all else is search."""
    return NO_TRAINING if x_robots_tag.opts_out([value], "") else UNSTATED


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
