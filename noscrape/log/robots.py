"""Which crawlers asked for robots.txt, and what they then did of what it told them not to.

A crawler is a product token; that the client tells the truth about it is unverified, unless the log says otherwise. A
request is held against it only where nothing excuses it:

- What was fetched under a token is known to all that go by it: crawlers share their copies. How many requests came from
  clients that had not fetched the file themselves is told.
- A copy holds until the next fetch, and may be used for 24 hours (RFC 9309, section 2.4). So the copy that was fetched
  last before the request must have forbidden it, and so must all those that were fetched in the 24 hours before it.
- 304 confirms the copy that is held. 400 to 499 allows everything. 500 to 599 forbids everything for 30 days, but a
  crawler that holds a copy may go on with it (section 2.3.1). Where a redirect leads, the log does not say.
- HEAD brings no text. robots.txt itself, and GET and HEAD of a site's other own documents, are never forbidden.
- Of what came before the first fetch nothing is said: the log may have begun later than the crawler.

Texts are found by their hash anywhere in the log, since a process writes each of them once, after it was first served.
The time of an event is that at which its answer was complete. And a log does not tell hosts apart, as robots.txt does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from noscrape.crawlers import Kind
from noscrape.log.addresses import Addresses, shown_address
from noscrape.log.copies import Copy, Told
from noscrape.log.event import Event
from noscrape.log.selection import Selection
from noscrape.standards.robots_txt import Access, RobotsTxt, access, parse
from noscrape.words import Verification

__all__ = ["Answer", "Conduct", "Conducts", "Offence"]

#: RFC 9309, sections 2.4 and 2.3.1.4.
_CACHED_SECONDS: Final = 24 * 3600
_UNREACHABLE_SECONDS: Final = 30 * 24 * 3600
#: Offences that are told one by one, and answers to fetches, of one crawler.
_OFFENCES_TOLD: Final = 5
_ANSWERS_TOLD: Final = 20

# Whatever a log holds, there is an end to what is kept of it.
_CRAWLERS_KEPT: Final = 2000
_CLIENTS_KEPT: Final = 5000
_COPIES_HELD: Final = 64
_TEXTS_KEPT: Final = 1000
_TEXT_CHARACTERS_KEPT: Final = 8_000_000
_WAITING_KEPT: Final = 200_000

_ALL: Final = Selection()
_ROBOTS_TXT: Final = "/robots.txt"
_EMPTY: Final = sha256(b"").hexdigest()[:16]
#: Stands for the hash of a text that was given instead of those in the log.
_GIVEN: Final = "given"

#: What a crawler goes by: a text, by its hash; what an answer without a text means; None where nobody knows.
_Held = str | Access | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a crawler got for some of its fetches: a status, and of a 200 the hash of the text.

    Times are epoch seconds. `recorded` tells whether the text is in the log.
    """

    status: int | None
    text: str | None
    first: float
    last: float
    times: int
    recorded: bool


@dataclass(frozen=True, slots=True)
class Offence:
    """A request for what the crawler had been told not to fetch, and the line that told it ("" for all of a site)."""

    time: float
    method: str
    path: str
    outcome: str
    status: int | None
    id: str
    verification: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Conduct:
    """What one crawler did: its fetches in the whole log, and its requests among those that were selected.

    `verifications` counts both by what is known of the name. `answers` are the latest, in the order of `last`. `now` is
    what the last fetch told, None where that is not known, and `text` the hash of the text, where it was one.

    `before` requests came before the first fetch. Of those after it `against` had been forbidden; `outcomes` says what
    was done with them, `by_others` how many came from clients that had not fetched the file themselves, and `offences`
    are the first few. Of `text_missing` the text is not in the log; `unclear` depend on what it leaves out of a path.
    """

    token: str
    operator: str | None
    robots_token: str
    verifications: Mapping[str, int]
    fetches: int
    first_fetch: float | None
    last_fetch: float | None
    answers: tuple[Answer, ...]
    now: Copy | Access | None
    text: str | None
    requests: int
    before: int
    against: int
    outcomes: Mapping[str, int]
    by_others: int
    text_missing: int
    unclear: int
    offences: tuple[Offence, ...]

    @property
    def after(self) -> int:
        """Requests after the first fetch."""
        return self.requests - self.before


class _Waiting(NamedTuple):
    """A request that may be an offence, as soon as the texts are found."""

    offence: Offence
    by_other: bool
    held: tuple[_Held, ...]


@dataclass(slots=True)
class _Fetches:
    """Equal answers to fetches."""

    first: float
    last: float
    times: int = 1


class _Clients:
    """Clients as the log shows them, some perhaps whole and some as networks: `[log] refused_addresses` is its own."""

    def __init__(self) -> None:
        self._shown: dict[str, None] = {}
        self._networks: dict[str, None] = {}

    def add(self, client: str) -> None:
        """Remember one, and forget the oldest where they are too many."""
        network = shown_address(client, Addresses.PREFIX)
        for kept, shown in ((self._shown, client), (self._networks, network)):
            if shown is not None:
                kept.pop(shown, None)
                kept[shown] = None
                if len(kept) > _CLIENTS_KEPT:
                    del kept[next(iter(kept))]

    def __contains__(self, client: str) -> bool:
        if client in self._shown:
            return True
        network = shown_address(client, Addresses.PREFIX)
        return network is not None and (network in self._shown or (network == client and network in self._networks))


@dataclass(slots=True)
class _Crawler:
    """What has been seen of one token. `held` are the copies that it may go by, each with its last fetch."""

    token: str
    robots_token: str
    operator: str | None = None
    shown: bool = False
    verifications: Counter[str] = field(default_factory=Counter)
    answers: dict[tuple[int | None, str | None], _Fetches] = field(default_factory=dict)
    fetches: int = 0
    first_fetch: float | None = None
    last_fetch: float | None = None
    clients: _Clients = field(default_factory=_Clients)
    held: dict[_Held, float] = field(default_factory=dict)
    #: Until then, copies that are no longer held here may be in use.
    unknown_until: float = float("-inf")
    requests: int = 0
    before: int = 0
    against: int = 0
    by_others: int = 0
    text_missing: int = 0
    unclear: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    offences: list[Offence] = field(default_factory=list)

    def answered(self, status: int | None, text: str | None, time: float) -> None:
        """A fetch had this answer."""
        self.fetches += 1
        self.first_fetch = time if self.first_fetch is None else min(time, self.first_fetch)
        self.last_fetch = time if self.last_fetch is None else max(time, self.last_fetch)
        same = self.answers.pop((status, text), None)
        if same is None:
            same = _Fetches(time, time, 0)
        same.first, same.last, same.times = min(time, same.first), max(time, same.last), same.times + 1
        self.answers[status, text] = same
        if len(self.answers) > _ANSWERS_TOLD:
            del self.answers[next(iter(self.answers))]

    def hold(self, copy: _Held, time: float) -> None:
        """Go by another copy, or again by one."""
        self.held.pop(copy, None)
        for old in [held for held, fetched in self.held.items() if fetched < time - _CACHED_SECONDS]:
            del self.held[old]
        self.held[copy] = time
        if len(self.held) > _COPIES_HELD:
            self.unknown_until = max(self.unknown_until, self.held.pop(next(iter(self.held))) + _CACHED_SECONDS)

    @property
    def latest(self) -> _Held:
        """The copy that was fetched last; there is one."""
        return next(reversed(self.held))

    def in_force(self, time: float) -> tuple[_Held, ...]:
        """The copies that a request may go by, the latest fetched last."""
        latest = self.latest
        if latest is Access.NOTHING and self.held[latest] < time - _UNREACHABLE_SECONDS:
            return (Access.EVERYTHING,)
        kept = [held for held, fetched in self.held.items() if fetched >= time - _CACHED_SECONDS or held == latest]
        return (*kept, None) if time <= self.unknown_until else tuple(kept)


class Conducts:
    """The conduct of each crawler, from the events of a log in the order of time.

    `robots_tokens` are the tokens that crawlers look for in robots.txt, by their product tokens, where they differ. A
    `text` stands in for all texts that were served. State: what crawlers did, within bounds.
    """

    def __init__(
        self,
        robots_tokens: Mapping[str, str],
        *,
        selection: Selection = _ALL,
        text: str | bytes | None = None,
    ) -> None:
        self._robots_tokens = robots_tokens
        self._selection = selection
        self._crawlers: dict[str, _Crawler] = {}
        self._given = text
        self._texts: dict[str, str] = {_EMPTY: ""}
        self._text_characters = 0
        self._waiting: list[tuple[_Crawler, _Waiting]] = []
        self._parsed = lru_cache(maxsize=8)(self._parse)
        self._copy = lru_cache(maxsize=256)(self._read)
        #: Events of crawlers that were too many.
        self.passed_over = 0

    def add(self, event: Event) -> None:
        """Take one event into account."""
        if event.kind == "served":
            self._served(event)
            return
        until = self._selection.until
        if event.kind not in ("request", "own-document") or (until is not None and event.time >= until):
            return
        crawler = self._crawler(event)
        if crawler is None:
            return
        fetch = event.kind == "own-document"
        if fetch and (event.path != _ROBOTS_TXT or event.method not in ("GET", None)):
            return
        selected = self._selection.holds(event)
        if selected:
            crawler.shown = True
            crawler.operator = event.operator or crawler.operator
            crawler.verifications[event.verification or Verification.UNKNOWN.value] += 1
        if fetch:
            self._fetched(crawler, event)
        elif selected:
            self._asked(crawler, event)

    def found(self) -> tuple[Conduct, ...]:
        """What each did, those who did most of what they were told not to first."""
        for crawler, waiting in self._waiting:
            self._judge(crawler, waiting)
        self._waiting.clear()
        conducts = (self._conduct(crawler) for crawler in self._crawlers.values() if crawler.shown)
        return tuple(sorted(conducts, key=lambda each: (-each.against, -each.requests, each.token)))

    def _served(self, event: Event) -> None:
        text, name = event.detail.get("text"), event.served_hash
        if event.path != _ROBOTS_TXT or name is None or name in self._texts or not isinstance(text, str):
            return
        if len(self._texts) < _TEXTS_KEPT and self._text_characters + len(text) <= _TEXT_CHARACTERS_KEPT:
            self._texts[name] = text
            self._text_characters += len(text)

    def _crawler(self, event: Event) -> _Crawler | None:
        token = event.token
        if token is None or event.crawler_class == Kind.PLAYER.value:
            return None
        crawler = self._crawlers.get(token)
        if crawler is None:
            if len(self._crawlers) >= _CRAWLERS_KEPT:
                self.passed_over += 1
                return None
            crawler = self._crawlers[token] = _Crawler(token, self._robots_tokens.get(token) or token)
        return crawler

    def _fetched(self, crawler: _Crawler, event: Event) -> None:
        if event.client is not None:
            crawler.clients.add(event.client)
        status = event.status
        # What a server sends past us was not hashed.
        whole = status is not None and status // 100 == 2 and event.delivery in (None, "body")
        text = event.served_hash if whole else None
        crawler.answered(status, text, event.time)
        held: _Held = text
        if status == 304:
            confirmed = crawler.latest if crawler.held else None
            held = confirmed if isinstance(confirmed, str) else None
        elif status is not None and status >= 400:
            held = access(status)
            if held is Access.NOTHING and crawler.held:
                return
        if self._given is not None and not isinstance(held, Access):
            held = _GIVEN
        crawler.hold(held, event.time)

    def _asked(self, crawler: _Crawler, event: Event) -> None:
        crawler.requests += 1
        if not crawler.held:
            crawler.before += 1
            return
        waiting = _Waiting(
            Offence(
                event.time,
                event.method or "",
                event.path or "",
                event.outcome,
                event.status,
                event.id,
                event.verification or Verification.UNKNOWN.value,
            ),
            by_other=event.client is not None and event.client not in crawler.clients,
            held=crawler.in_force(event.time),
        )
        if all(self._known(held) for held in waiting.held):
            self._judge(crawler, waiting)
        elif len(self._waiting) < _WAITING_KEPT:
            self._waiting.append((crawler, waiting))
        else:
            crawler.text_missing += 1

    def _known(self, held: _Held) -> bool:
        return not isinstance(held, str) or held == _GIVEN or held in self._texts

    def _judge(self, crawler: _Crawler, waiting: _Waiting) -> None:
        offence = waiting.offence
        match self._told(crawler, waiting.held, offence.path):
            case Told.UNRECORDED:
                crawler.text_missing += 1
            case Told.DEPENDS:
                crawler.unclear += 1
            case Told.MAY_NOT:
                crawler.against += 1
                crawler.by_others += waiting.by_other
                crawler.outcomes[offence.outcome] += 1
                crawler.offences.append(replace(offence, rule=self._rule(crawler, waiting.held, offence.path)))
                crawler.offences.sort(key=lambda each: (each.time, each.id))
                del crawler.offences[_OFFENCES_TOLD:]

    def _told(self, crawler: _Crawler, held: Iterable[_Held], path: str) -> Told:
        """What all the copies say of a path; one that allows it is enough."""
        if path == _ROBOTS_TXT:
            return Told.MAY
        told = {self._told_by(crawler, each, path) for each in held}
        return next(each for each in (Told.MAY, Told.UNRECORDED, Told.DEPENDS, Told.MAY_NOT) if each in told)

    def _told_by(self, crawler: _Crawler, held: _Held, path: str) -> Told:
        if isinstance(held, Access):
            return Told.MAY_NOT if held is Access.NOTHING else Told.MAY
        copy = self._copy_of(held, crawler)
        return Told.UNRECORDED if copy is None else copy.told(path)

    def _rule(self, crawler: _Crawler, held: tuple[_Held, ...], path: str) -> str:
        """The line of the latest copy."""
        latest = held[-1]
        copy = None if isinstance(latest, Access) else self._copy_of(latest, crawler)
        return copy.rule(path) if copy is not None else ""

    def _copy_of(self, held: str | None, crawler: _Crawler) -> Copy | None:
        return self._copy(held, crawler.robots_token) if held is not None and self._known(held) else None

    def _read(self, name: str, robots_token: str) -> Copy:
        return Copy(self._parsed(name), robots_token)

    def _parse(self, name: str) -> RobotsTxt:
        return parse(self._given if name == _GIVEN and self._given is not None else self._texts[name])

    def _conduct(self, crawler: _Crawler) -> Conduct:
        latest = crawler.latest if crawler.held else None
        return Conduct(
            token=crawler.token,
            operator=crawler.operator,
            robots_token=crawler.robots_token,
            verifications=dict(crawler.verifications),
            fetches=crawler.fetches,
            first_fetch=crawler.first_fetch,
            last_fetch=crawler.last_fetch,
            answers=tuple(
                Answer(status, text, each.first, each.last, each.times, text in self._texts)
                for (status, text), each in crawler.answers.items()
            ),
            now=latest if isinstance(latest, Access) else self._copy_of(latest, crawler),
            text=latest if isinstance(latest, str) else None,
            requests=crawler.requests,
            before=crawler.before,
            against=crawler.against,
            outcomes=dict(crawler.outcomes.most_common()),
            by_others=crawler.by_others,
            text_missing=crawler.text_missing,
            unclear=crawler.unclear,
            offences=tuple(crawler.offences),
        )
