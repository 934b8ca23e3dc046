"""What is asked, by whom, and what comes back."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from noscrape.exchange.address import Address


class Asker(Enum):
    """As whom something is asked."""

    LISTENER = "listener"
    CRAWLER = "crawler"


class Outcome(Enum):
    """What an answer comes to."""

    SERVED = "served"
    MOVED = "moved"
    REFUSED = "refused"
    MISSING = "missing"
    FAILED = "failed"
    NONE = "none"
    """No answer at all."""


#: Other statuses are told by their hundreds.
_OUTCOMES: Final = {
    401: Outcome.REFUSED,
    402: Outcome.REFUSED,
    403: Outcome.REFUSED,
    406: Outcome.REFUSED,
    429: Outcome.REFUSED,
    451: Outcome.REFUSED,
    2: Outcome.SERVED,
    3: Outcome.MOVED,
    4: Outcome.MISSING,
}


@dataclass(frozen=True, slots=True)
class Question:
    """One GET. Of the body, `most_bytes` are read; with 0 the connection ends when the headers have come.

    That is asked instead of HEAD since crawlers do so, and since apps and caches answer HEAD in ways of its own.
    """

    address: Address
    asker: Asker
    agent: str
    most_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case, values in latin-1, each line by itself and in their order.

    `whole` tells that `body` is all of it. `problem` says in words why there is no answer (`status` is None), or why
    it is not complete; it may quote the other side, and has to be escaped where it is shown.
    """

    question: Question
    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    whole: bool = False
    problem: str = ""

    def values(self, name: str) -> tuple[str, ...]:
        """All lines of one header."""
        return tuple(value for key, value in self.headers if key == name)

    def value(self, name: str) -> str:
        """All lines of one header as one, "" where there is none."""
        return ", ".join(self.values(name))

    def words(self, name: str) -> frozenset[str]:
        """The members of a header that is a list, in lower case: `no-store`, `user-agent`."""
        return frozenset(word.strip().lower() for word in self.value(name).split(",")) - {""}

    @property
    def outcome(self) -> Outcome:
        """What it comes to."""
        if self.status is None:
            return Outcome.NONE
        return _OUTCOMES.get(self.status) or _OUTCOMES.get(self.status // 100, Outcome.FAILED)

    @property
    def leads_to_itself(self) -> bool:
        """Whether it is a redirect to the very address that was asked."""
        location = next(iter(self.values("location")), "")
        if self.outcome is not Outcome.MOVED or not location:
            return False
        try:
            return self.question.address.resolved(location) == self.question.address
        except ValueError:
            return False

    @property
    def media_type(self) -> str:
        """Without parameters, in lower case; "" where none is given."""
        return next(iter(self.values("content-type")), "").partition(";")[0].strip().lower()

    @property
    def is_html(self) -> bool:
        """Whether it is a page, by its type or by its first character."""
        return "html" in self.media_type or self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")

    @property
    def is_packed(self) -> bool:
        """Whether the body is compressed, although nobody asked for that."""
        return bool(self.words("content-encoding") - {"identity"})
