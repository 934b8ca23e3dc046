"""The summary of a replay: who would have been refused or throttled, who let through, and what could not be read.

What is counted by words that clients choose is bounded: a log of ten million lines takes no more memory than one of a
million. Where a bound was reached, the number is a lower one, and says so.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

from noscrape.crawlers import Claim
from noscrape.decision import Decision
from noscrape.errors import ReplayError
from noscrape.replay.formats import NoRequestError, UnreadLineError
from noscrape.replay.listeners import looks_like_listener
from noscrape.request import Facts
from noscrape.site import Judgement
from noscrape.words import Action

K = TypeVar("K", bound=Hashable)

#: Different clients that are told apart, over all rows.
CLIENTS_KEPT: Final = 200_000
#: Tracks, and user agents of listeners, that are counted one by one.
NAMES_KEPT: Final = 10_000
#: Clients that patterns would have stopped, which are shown.
SCRAPERS_SHOWN: Final = 50
#: Broken lines that are shown.
BROKEN_SHOWN: Final = 10
#: Decisions that are remembered with the row that they count in.
_DECISIONS_KEPT: Final = 4096
#: Characters of an id, and bytes of a user agent or a broken line, that are kept.
_LONGEST_ID: Final = 200
_LONGEST_AGENT: Final = 512
_LONGEST_EXCERPT: Final = 120


class Most(Generic[K]):
    """Counts what comes most often. Of more than `bound` names the rarer half is dropped, and may begin anew."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.dropped = False
        self._counts: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, name: K) -> None:
        """Count one."""
        counts = self._counts
        counts[name] = counts.get(name, 0) + 1
        if len(counts) > self.bound:
            self._counts = dict(self.top(self.bound // 2))
            self.dropped = True

    def count(self, name: K) -> int:
        """How often a name came; a lower bound where some were dropped."""
        return self._counts.get(name, 0)

    def top(self, number: int) -> list[tuple[K, int]]:
        """The names that came most often, with their counts."""
        return sorted(self._counts.items(), key=lambda item: -item[1])[:number]


@dataclass(slots=True, eq=False)
class Row:
    """Requests that got the same answer by the same rule, of crawlers of one name, or of none."""

    action: Action
    rule: str
    enforced: bool
    token: str = ""
    operator: str = ""
    crawler_class: str = ""
    purpose: str = ""
    requests: int = 0
    clients: set[str] = field(default_factory=set)
    more_clients: bool = False

    @property
    def stopped(self) -> bool:
        """Whether the requests would not have reached the app, or would not if the rule were enforced."""
        return self.action is not Action.ALLOW


class Listener(NamedTuple):
    """A user agent that looks like a person's, among those refused or throttled by a row."""

    row: Row
    user_agent: str
    requests: int


class Broken(NamedTuple):
    """A line of which no request could be told, and how it begins."""

    number: int
    problem: str
    excerpt: str


class Scraper(NamedTuple):
    """Somebody whom patterns would have stopped: what, after how many tracks, and why."""

    client: str
    kind: str
    touched: str
    seconds: str
    words: str
    enforced: bool
    user_agent: str


class Summary:
    """Keeps account of a replay, to tell of it when it is over. `client_of` says whom a request counts for."""

    def __init__(self, client_of: Callable[[Facts], str]) -> None:
        self._client_of = client_of
        self.requests = 0
        self.broken = 0
        self.without_request = 0
        self.first_broken: list[Broken] = []
        self.problems: dict[str, int] = {}
        self.failures: list[str] = []
        self.tracks: Most[str] = Most(NAMES_KEPT)
        self.stopped_tracks: Most[str] = Most(NAMES_KEPT)
        #: The first whom patterns would have stopped, and how many of them in all.
        self.scrapers: list[Scraper] = []
        self.scrapers_found = 0
        self._listeners: Most[tuple[Row, bytes]] = Most(NAMES_KEPT)
        self._rows: dict[tuple[Action, str, bool, str], Row] = {}
        self._rows_of: dict[int, tuple[Row, Decision]] = {}
        self._clients = 0

    @property
    def lines(self) -> int:
        """All lines that were gone through."""
        return self.requests + self.broken + self.without_request

    @property
    def listeners_dropped(self) -> bool:
        """Whether there were more user agents that look like listeners than are listed."""
        return self._listeners.dropped

    def rows(self, action: Action) -> list[Row]:
        """The rows of one action, the one of most requests first."""
        return sorted((row for row in self._rows.values() if row.action is action), key=lambda row: -row.requests)

    def listeners(self, number: int) -> list[Listener]:
        """The user agents that look like a person's among those refused or throttled, the most frequent first."""
        return [
            Listener(row, user_agent.decode("utf-8", "replace"), requests)
            for (row, user_agent), requests in self._listeners.top(number)
        ]

    def judged(self, number: int, facts: Facts, judgement: Judgement) -> None:
        """A request has been judged."""
        self.requests += 1
        decision = judgement.decision
        try:
            row = self._rows_of[id(decision)][0]
        except KeyError:
            row = self._row(judgement)
        row.requests += 1
        stopped = decision.action is not Action.ALLOW
        if stopped and "touched" in decision.evidence:
            self._scraper(facts, decision)
        tracks = judgement.place.tracks
        if tracks:
            track = tracks[0][:_LONGEST_ID]
            self.tracks.add(track)
            if stopped:
                self.stopped_tracks.add(track)
        if stopped or row.token:
            self._count_client(row, self._client_of(facts))
        if stopped and facts.user_agent:
            agent = facts.user_agent[:_LONGEST_AGENT]
            if _in_hand(agent, judgement.claim):
                self._listeners.add((row, agent))

    def _scraper(self, facts: Facts, decision: Decision) -> None:
        self.scrapers_found += 1
        if len(self.scrapers) >= SCRAPERS_SHOWN:
            return
        evidence = decision.evidence
        self.scrapers.append(
            Scraper(
                self._client_of(facts),
                evidence["kind"],
                evidence["touched"],
                evidence["seconds"],
                evidence["measured"],
                decision.enforced,
                (facts.user_agent or b"").decode("utf-8", "replace"),
            )
        )

    def unread(self, number: int, line: bytes, problem: UnreadLineError) -> None:
        """Of a line no request could be told."""
        if isinstance(problem, NoRequestError):
            self.without_request += 1
            return
        self.broken += 1
        words = str(problem)
        self.problems[words] = self.problems.get(words, 0) + 1
        if len(self.first_broken) < BROKEN_SHOWN:
            self.first_broken.append(Broken(number, words, line[:_LONGEST_EXCERPT].decode("utf-8", "replace")))

    def failed(self, problem: ReplayError) -> None:
        """A file could not be read to its end."""
        self.failures.append(str(problem))

    def batch_done(self) -> None:
        """Nothing is held back."""

    def _row(self, judgement: Judgement) -> Row:
        """The row that a decision counts in. A decision that is made once for many requests is looked up by itself."""
        decision = judgement.decision
        crawler = judgement.claim.crawler if judgement.claim is not None else None
        key = (decision.action, decision.rule, decision.enforced, crawler.token if crawler else "")
        row = self._rows.get(key)
        if row is None:
            row = Row(decision.action, decision.rule, decision.enforced)
            if crawler is not None:
                row.token, row.operator, row.crawler_class = crawler.token, crawler.operator, crawler.kind.value
                row.purpose = crawler.purpose.value if crawler.purpose else ""
            self._rows[key] = row
        if len(self._rows_of) >= _DECISIONS_KEPT:
            self._rows_of.clear()
        self._rows_of[id(decision)] = row, decision  # held, so that its id stays its own
        return row

    def _count_client(self, row: Row, client: str) -> None:
        if not client or client in row.clients:
            return
        if self._clients >= CLIENTS_KEPT:
            row.more_clients = True
            return
        self._clients += 1
        row.clients.add(client)


@lru_cache(maxsize=8192)
def _in_hand(user_agent: bytes, claim: Claim | None) -> bool:
    return looks_like_listener(user_agent.decode("latin-1"), claim)
