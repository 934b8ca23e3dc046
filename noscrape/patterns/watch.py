"""Watching visitors: each request is one step of a client, of its network, and of an order of headers.

A record is kept under each of the three. Requests for documents are evidence, and are what is weighed. Media and
sub-resources only add credit, but that the first piece of a track touches it. Downloads and feeds are neither: podcast
apps fetch a hundred back episodes at once.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from noscrape.decision import Finding
from noscrape.networks import Network
from noscrape.patterns.agent import Agent
from noscrape.patterns.board import Board
from noscrape.patterns.document import ODD, SAYS_SOMETHING, counted_by
from noscrape.patterns.evidence import (
    ASSETS,
    AUDIO,
    COLD,
    DETECTORS,
    DISOBEYED,
    DOCUMENTS,
    ELSEWHERE,
    GAP_MEAN,
    GAP_SQUARES,
    GAPS,
    GOOD_MEMBERS,
    LONGEST_RUN,
    MEDIA_HALF_LIFE,
    MEMBERS,
    MISSING,
    NAMES,
    PACE_HALF_LIFE,
    PAGES,
    PLAYED,
    RANKED,
    RATE,
    REFERRED,
    RUN,
    SECONDS,
    SENT,
    STRANGE,
    TOUCHED,
    TRAPS,
    UNSHOWN,
    WIDTH,
    Circumstances,
    Scales,
    Thresholds,
)
from noscrape.patterns.ledger import Doorkeeper, Ledger
from noscrape.patterns.shape import Shapes
from noscrape.patterns.stop import Kind, Stop, finding_of
from noscrape.patterns.stops import Stops, lasts
from noscrape.patterns.trust import Trust
from noscrape.patterns.visit import SUBRESOURCES, Visit, serves_of
from noscrape.patterns.visitor import Visitors, Who, digest
from noscrape.patterns.works import NO_WORK, Work, Works
from noscrape.request import Facts
from noscrape.words import Action, Serves

#: Where each class of requests belongs. What is not named is a document like others.
_MEDIA: Final = frozenset({Serves.MEDIA, Serves.PREVIEW, Serves.PLAY})
_NO_EVIDENCE: Final = frozenset({Serves.DOWNLOAD, Serves.FEED})
#: Methods that take something away. Others are for the app to bound.
_FETCHING: Final = frozenset({"GET", "HEAD"})

#: Orders of headers are told apart by what they ask for: a browser sends others with a page than with data.
_CLASS_OF_ORDER: Final = {Serves.PAGE: 0x9E37_79B9_7F4A_7C15}

#: A record fades once it has not been touched for so long; less is not worth the time.
_FADES_AFTER_SECONDS: Final = 300.0

#: Pieces of one track that follow each other within this are one access.
_GAP_SECONDS: Final = 600.0

#: A track is played from so many seconds, bytes or share of it on.
_PLAYED_SECONDS, _PLAYED_BYTES, _PLAYED_SHARE = 5.0, 65_536.0, 0.5

#: Bytes of a second of audio where nobody tells: at 128 kbit/s for what was heard, and for what was fetched too fast at
#: the 1,411 kbit/s of a CD, so that nobody who hears without loss is taken for a downloader.
_HEARD_BYTES, _FETCHED_BYTES = 16_000.0, 176_400.0

#: Good standing: so many tracks and seconds heard, or so many pages with twice as many files that they need.
_GOOD_PLAYED, _GOOD_SECONDS, _GOOD_PAGES = 2.0, 20.0, 2.0

#: Who hears: a track for each three that it touches, and no further ahead of the clock than players buffer.
_TOUCHED_FOR_EACH_HEARD, _AHEAD_SECONDS, _AHEAD_TIMES = 3.0, 300.0, 2.0

#: Documents at an address from which on something there has shown the tracks that are played.
_SHOWN_LEAST: Final = 3.0

#: From here on workers tell each other what they have counted, every so many documents.
_SUSPECT_POINTS, _SUSPECT_EVERY = 2.3, 16
_SUSPECTS_KEPT: Final = 2_000

#: Numbers of a record that cannot be added up over processes.
_NOT_SUMS: Final = frozenset({RUN, LONGEST_RUN, RATE, AUDIO, GAPS, GAP_MEAN, GAP_SQUARES})

#: Members from which on there is a group at all.
_MEMBERS_LEAST: Final = {Kind.NETWORK: 4.0, Kind.FINGERPRINT: 6.0}

#: An order of headers, or a network, with as large a part of good clients is nobody's mark: a fifth, since most members
#: are counted twice, at their first request and with their record.
_GOOD_SHARE: Final = 0.1

#: Where every fourth of a group plays something, people are among it, and its members are weighed one by one.
_PLAYS_OF_A_MEMBER: Final = 0.25

#: Longer pauses than this are no rhythm.
_LONGEST_GAP_SECONDS: Final = 1_800.0

#: Share of requests with forwarded headers from strangers from which on all visitors look like one proxy.
_PROXIED: Final = 0.8
_PROXIED_STEP: Final = 0.02

#: Documents from which on an address is active.
_ACTIVE_DOCUMENTS: Final = 4.0

# Marks of a record.
_ADMITTED, _DENIED, _TAGGED, _ROBOTS_READ, _CURIOUS, _ACTIVE, _PLAYS, _MEMBER = (1 << bit for bit in range(8))
_FIRST_TRAIT: Final = 8
_LINKED, _SENT_PAGE, _SENT_OTHER = 1 << 63, 1 << 62, 1 << 61

#: Pages from which on a good visitor tells whether links are seen here: all but the first come by one.
_LINKED_PAGES: Final = 3.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How behaviour is watched. `off` and `observed` name detectors; `trap` is a path that no person sees.

    `exempt` are networks of which nobody is watched, each until a time in epoch seconds. `by_path` takes paths for
    works where no route names any; `proxies` tells that the operator's proxies are known. `bounds` are the most
    clients, networks and orders of headers that are kept.
    """

    enabled: bool = True
    enforced: bool = True
    everywhere: bool = False
    thresholds: Thresholds = field(default_factory=Thresholds)
    off: frozenset[str] = frozenset()
    observed: frozenset[str] = frozenset()
    trap: str = ""
    exempt: tuple[tuple[Network, float], ...] = ()
    by_path: bool = False
    proxies: bool = False
    bounds: tuple[int, int, int] = (100_000, 25_000, 2_000)


_NOBODY: Final = Agent()


class _Silent:
    """Tells nobody."""

    def publish(self, stop: Stop) -> None: ...
    def lift(self, target: str) -> None: ...
    def suspect(self, key: str, sums: Sequence[float]) -> None: ...


class Watch:
    """All detectors of a site. State: records, what is trusted, and stops; all bounded, and handed from one
    configuration to the next.

    `unlisted` tells by what word an agent calls itself a robot that is in no catalog. `shown` is how a client's address
    is written where people read it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        unlisted: Callable[[str], str | None] = lambda agent: None,
        shown: Callable[[str], str] = str,
        counters: Counter[str] | None = None,
    ) -> None:
        clients, networks, orders = settings.bounds
        self.clients = Ledger(width=WIDTH, bound=clients)
        self.networks = Ledger(width=WIDTH, bound=networks)
        self.orders = Ledger(width=WIDTH, bound=orders)
        self.trust = Trust(NAMES, absolute=frozenset(one.name for one in DETECTORS if not one.calibrated))
        self.stops = Stops()
        self.board: Board = _Silent()
        self.counters = Counter[str]() if counters is None else counters
        self._door = Doorkeeper()
        self._shapes = Shapes()
        self._proxied = 0.0
        self._works = Works()
        self._pushed: OrderedDict[int, list[float]] = OrderedDict()
        self._others: OrderedDict[int, list[float]] = OrderedDict()
        self.configure(settings, unlisted=unlisted, shown=shown)

    def configure(
        self, settings: Settings, *, unlisted: Callable[[str], str | None], shown: Callable[[str], str]
    ) -> None:
        """Take other settings; what has been counted stays."""
        self.settings = settings
        self._shown = shown
        on = [name for name in NAMES if name not in settings.off]
        self._scales = Scales(on)
        self._acting = Scales([name for name in on if name not in settings.observed])
        self._visitors = Visitors(exempt=settings.exempt, unlisted=unlisted)

    # ---- a request comes in

    def observe(self, visit: Visit, now: float) -> Finding | None:
        """Count a request, and say what is found of its client; `now` is in epoch seconds."""
        who = self._visitors.who(visit)
        if now < who.exempt or not visit.client:
            return None
        facts, place = visit.facts, visit.place
        serves = visit.serves or serves_of(visit)
        agent, claimed = self._visitors.agent(visit)
        if agent.declared and not visit.trusted:
            agent = Agent(tool=True)
        if agent.tool and agent.name in self.trust.at_home:
            agent = agent._replace(tool=False)
        key = who.key(claimed)
        row = self.clients.rows.get(key)
        if serves in SUBRESOURCES:
            if row is not None:
                self._asset(row, who, now)
            return None
        if serves in _NO_EVIDENCE:
            return None
        if facts.method not in _FETCHING:
            held = self._stopped(key, row, who, 0, NO_WORK, now) if self.stops else 0
            return self._told(held, visit, now) if held else None
        if row is None and self._door.knows(key):
            row = self._open_client(key, now)
        work = self._works.work(place, serves, facts.path, by_path=self.settings.by_path)
        if serves in _MEDIA:
            if self.stops and (held := self._stopped(key, row, who, 0, work, now, media=True)):
                return self._told(held, visit, now)
            return self._medium(visit, who, agent, key, row, work, now) if row is not None else None
        return self._document(visit, who, agent, key, row, serves, work, now)

    def _medium(
        self, visit: Visit, who: Who, agent: Agent, key: int, row: int, work: Work, now: float
    ) -> Finding | None:
        """A piece of audio. A track that nothing at this address has shown is as telling as a document."""
        ledger = self.clients
        ledger.seen[row] = now
        if work is NO_WORK or not self._touch(ledger, row, work, now, media=True):
            return None
        network = self.networks.rows.get(who.address)
        base = row * WIDTH
        if ledger.numbers[base + DOCUMENTS] >= _SHOWN_LEAST or (
            network is not None and self.networks.numbers[network * WIDTH + DOCUMENTS] >= _SHOWN_LEAST
        ):
            return None
        if now - ledger.faded[row] > _FADES_AFTER_SECONDS:
            self._fade(ledger, row, now)
        headers = visit.facts.headers
        shape = self._shapes.shape(headers) if headers is not None else None
        for number in (*counted_by(agent, shape, headers, Serves.MEDIA)[1:], UNSHOWN):
            ledger.numbers[base + number] += 1.0
        return self._weigh(visit, who, agent, key, row, (network, None), 0, now, urgent=False)

    def _document(
        self,
        visit: Visit,
        who: Who,
        agent: Agent,
        key: int,
        row: int | None,
        serves: Serves,
        work: Work,
        now: float,
    ) -> Finding | None:
        headers = visit.facts.headers
        shape = self._shapes.shape(headers) if headers is not None else None
        order = 0  # of browsers alone: honest programs share that of their library
        if shape is not None and shape.order and agent.engine:
            order = shape.order ^ _CLASS_OF_ORDER.get(serves, 0)
        counted = counted_by(agent, shape, headers, serves, routed=visit.place.routed)
        if order and agent.engine and self.trust.strange(order, agent.engine):
            counted.append(STRANGE)
        if self.stops:
            clean, browser = self._clean(counted), bool(agent.engine)
            if held := self._stopped(key, row, who, order, work, now, clean=clean, browser=browser):
                return self._told(held, visit, now)
        if shape is not None and shape.prefetch and row is not None and self._good(row):
            return None  # its browser looks ahead, and nobody has asked for that
        if visit.facts.path == self.settings.trap:
            counted.append(TRAPS)
        trapped = TRAPS in counted
        if shape is not None:
            self._proxied += _PROXIED_STEP * (shape.forwarded - self._proxied)
        network = group = None
        if not agent.declared:
            network = self._row(self.networks, who.address, now)
            group = self._row(self.orders, order, now) if order else None
        if row is None or not self.clients.marks[row] & _MEMBER:
            counted.append(MEMBERS)
        if network is not None:
            self._count(self.networks, network, counted, work, now)
            self._active(network)
        if group is not None:
            self._count(self.orders, group, counted, work, now)
        if row is None:
            self._weigh_groups(visit, who, (network, group), order, now)
            return None
        if trapped and self.clients.marks[row] & _ROBOTS_READ:
            counted.append(DISOBEYED)
        if order and self.clients.marks[row] & _ADMITTED:
            self._knows(row, order, agent, group, page=serves is Serves.PAGE)
        self.clients.marks[row] |= _MEMBER
        self.clients.order[row] = order or self.clients.order[row]
        self._count(self.clients, row, counted, work, now)
        self._rhythm(row, now)
        finding = self._weigh(visit, who, agent, key, row, (network, group), order, now, urgent=trapped)
        if finding is None:
            self._weigh_groups(visit, who, (network, group), order, now)
        return finding

    # ---- and has been answered

    def delivered(
        self,
        visit: Visit,
        now: float,
        *,
        status: int | None,
        sent: int | None,
        seconds: float | None = None,
        whole: int | None = None,
    ) -> None:
        """Credit what went out: `sent` bytes of `whole`, `seconds` of audio; None for what is not known."""
        who = self._visitors.who(visit)
        if now < who.exempt or not visit.client:
            return
        facts = visit.facts
        serves = visit.serves or serves_of(visit)
        if serves in SUBRESOURCES:
            return
        _, claimed = self._visitors.agent(visit)
        key = who.key(claimed)
        row = self.clients.rows.get(key)
        if row is None:
            return
        base = row * WIDTH
        numbers = self.clients.numbers
        if sent:
            numbers[base + SENT] += sent
        if serves not in _MEDIA or serves is Serves.PLAY:
            if status in (404, 410) and serves not in _NO_EVIDENCE:
                numbers[base + MISSING] += 1.0
            return
        if status in (None, 200, 206):
            if sent is None:
                sent = _asked(facts)
            work = self._works.work(visit.place, serves, facts.path, by_path=self.settings.by_path)
            if self._hear(row, who, work, now, sent, seconds, whole) and visit.trusted:
                self._played(visit, who, row, now)

    def _hear(
        self, row: int, who: Who, work: Work, now: float, sent: int, seconds: float | None, whole: int | None
    ) -> bool:
        """Audio was delivered: one more piece of a track in view, or the first of another. Whether it is a play now."""
        ledger = self.clients
        base = row * WIDTH
        numbers = ledger.numbers
        heard = seconds if seconds is not None else sent / _HEARD_BYTES
        numbers[base + SECONDS] += heard
        dt = max(0.0, now - ledger.played[row])
        ledger.played[row] = now
        fetched = seconds if seconds is not None else sent / _FETCHED_BYTES
        numbers[base + AUDIO] = numbers[base + AUDIO] * 0.5 ** (dt / MEDIA_HALF_LIFE) + fetched
        at = ledger.in_view(row, work.hash, now, _GAP_SECONDS)
        before = ledger.media_sent[at]
        ledger.media_sent[at] = before + sent
        ledger.media_time[at] = now
        if before >= _PLAYED_BYTES:
            return False  # counted, when it came to be enough
        enough = before + sent >= _PLAYED_BYTES or (whole and before + sent >= _PLAYED_SHARE * whole)
        if not enough and (seconds is None or seconds < _PLAYED_SECONDS):
            return False
        ledger.media_sent[at] += _PLAYED_BYTES
        numbers[base + PLAYED] += 1.0
        network = self.networks.rows.get(who.address)
        if network is not None:
            self._played_at(network, by_player=numbers[base + DOCUMENTS] < 3)
        order = ledger.order[row]
        group = self.orders.rows.get(order) if order else None
        if group is not None:
            self.orders.numbers[group * WIDTH + PLAYED] += 1.0
        return True

    def _played(self, visit: Visit, who: Who, row: int, now: float) -> None:
        """A track was played: who listens from one page says as much of a site as who looks at many."""
        ledger = self.clients
        if ledger.marks[row] & (_ADMITTED | _DENIED) or not self._good(row):
            return
        order = ledger.order[row]
        agent, _ = self._visitors.agent(visit)
        network = self.networks.rows.get(who.address)
        c = self._circumstances(Kind.CLIENT, agent)
        v = ledger.numbers[row * WIDTH : row * WIDTH + WIDTH]
        if self._scales.score(v, c).total < self.settings.thresholds.tag:
            groups = network, self.orders.rows.get(order) if order else None
            self._learn(row, who, order, agent, v, c, groups, now, page=v[PAGES] >= 1.0)

    def _active(self, network: int) -> None:
        """One more address that asks for documents, of which some play."""
        ledger = self.networks
        if ledger.numbers[network * WIDTH + DOCUMENTS] >= _ACTIVE_DOCUMENTS and not ledger.marks[network] & _ACTIVE:
            ledger.marks[network] |= _ACTIVE
            self.trust.came(plays=False)

    def _played_at(self, network: int, *, by_player: bool) -> None:
        ledger = self.networks
        ledger.numbers[network * WIDTH + PLAYED] += 1.0
        if by_player:
            ledger.numbers[network * WIDTH + ELSEWHERE] += 1.0
        if not ledger.marks[network] & _PLAYS:
            if not ledger.marks[network] & _ACTIVE:
                self.trust.came(plays=False)
            self.trust.came(plays=True)
            ledger.marks[network] |= _PLAYS | _ACTIVE

    @property
    def proxied(self) -> bool:
        """Whether all visitors look like one proxy, which nobody has named."""
        return self._proxied > _PROXIED and not self.settings.proxies

    def read_robots(self, visit: Visit, now: float) -> None:
        """A client has read robots.txt: it knows from now on what is closed."""
        who = self._visitors.who(visit)
        if now < who.exempt or not visit.client:
            return
        _, claimed = self._visitors.agent(visit)
        key = who.key(claimed)
        row = self.clients.rows.get(key)
        if row is None:
            row = self._open_client(key, now)
        self.clients.marks[row] |= _ROBOTS_READ

    # ---- what others tell

    def take(self, stop: Stop) -> None:
        """A stop that began in another process."""
        self.stops.add(stop, enforced=self.settings.enforced, budget=self.settings.thresholds.documents_an_hour)

    def lift(self, target: str) -> tuple[Stop, ...]:
        """End stops before their time, and forget what led to them; those that were ended."""
        lifted = tuple(self.stops.lift(target))
        ledgers = {Kind.CLIENT: self.clients, Kind.NETWORK: self.networks, Kind.FINGERPRINT: self.orders}
        for stop in lifted:
            key = int(stop.key, 16)
            ledgers[stop.kind].closed(key)
            if stop.address:
                self.networks.closed(int(stop.address, 16))
            self._pushed.pop(key, None)
            self._others.pop(key, None)
        return lifted

    def merge(self, key: str, sums: Sequence[float]) -> None:
        """What all processes together have counted of a suspect."""
        number = int(key, 16)
        pushed = self._pushed.get(number)
        if pushed is None or len(sums) != WIDTH:
            return
        self._others[number] = [max(0.0, total - own) for total, own in zip(sums, pushed, strict=True)]
        if len(self._others) > _SUSPECTS_KEPT:
            self._others.popitem(last=False)

    def status(self) -> dict[str, Any]:
        """What is trusted on this site and why, and how much is kept; as JSON has it."""
        trust = self.trust
        playback = f"{trust.playing:.0f} of {trust.active:.0f} active addresses play through the app"
        links = f"{trust.by_link:.0f} of {trust.paged:.0f} good visitors of pages tell by what link they came"
        return {
            "enabled": self.settings.enabled,
            "mode": "enforce" if self.settings.enforced else "observe",
            "warm": trust.warm,
            "good": round(trust.good),
            "good_tagged": trust.tagged,
            "playback": playback + ("" if trust.playback else ", too few for silence to say anything"),
            "links": links + ("" if trust.referring else ", too few for silence to say anything"),
            "apps": f"with {', '.join(sorted(trust.at_home))}"
            if trust.at_home
            else "with no HTTP library that is known",
            "orders": "told apart" if trust.orders else "shared by several engines, so they say nothing here",
            "proxied": self.proxied,
            "traits": {
                detector.name: {
                    "family": detector.family,
                    "state": self._state(detector.name),
                    "good": round(trust.counted[place]),
                    "with": round(trust.showing[place]),
                    "points": round(detector.most * trust.factors[place], 2),
                    "of": detector.most,
                    "why": trust.why(place),
                }
                for place, detector in enumerate(DETECTORS)
            },
            "records": {
                Kind.CLIENT.value: len(self.clients),
                Kind.NETWORK.value: len(self.networks),
                Kind.FINGERPRINT.value: len(self.orders),
            },
            "evicted": self.clients.evicted + self.networks.evicted + self.orders.evicted,
            "stops": len(self.stops),
        }

    def _state(self, name: str) -> str:
        return "off" if name in self.settings.off else "observe" if name in self.settings.observed else "on"

    # ---- records

    def _open_client(self, key: int, now: float) -> int:
        return self.clients.opened(key, now)

    def _row(self, ledger: Ledger, key: int, now: float) -> int | None:
        """The row of a key, from its second request on."""
        row = ledger.rows.get(key)
        if row is None and self._door.knows(key):
            row = ledger.opened(key, now)
        return row

    def _count(self, ledger: Ledger, row: int, counted: Sequence[int], work: Work, now: float) -> None:
        """One document more."""
        ledger.seen[row] = now
        if now - ledger.faded[row] > _FADES_AFTER_SECONDS:
            self._fade(ledger, row, now)
        numbers, base = ledger.numbers, row * WIDTH
        for number in counted:
            numbers[base + number] += 1.0
        if work is not NO_WORK:
            self._touch(ledger, row, work, now)

    def _touch(self, ledger: Ledger, row: int, touched: Work, now: float, *, media: bool = False) -> bool:
        """A work is asked for; whether it is another than those before."""
        work = touched.hash
        if not ledger.touches(row, work):
            return False
        numbers, base = ledger.numbers, row * WIDTH
        numbers[base + TOUCHED] += 1.0
        if touched.number:
            step = touched.number - ledger.number[row]
            ledger.number[row] = touched.number
            run = numbers[base + RUN] + 1.0 if step in (1, -1, 2, -2) else 0.0
            numbers[base + RUN] = run
            numbers[base + LONGEST_RUN] = max(numbers[base + LONGEST_RUN], run)
        works = self.trust.media if media else self.trust.documents
        if works.known:
            numbers[base + RANKED] += 1.0
            if works.cold(work):
                numbers[base + COLD] += 1.0
        if ledger is not self.clients:
            return True
        if ledger.marks[row] & _ADMITTED:
            works.touched(work)
        gap = now - ledger.turned[row]
        ledger.turned[row] = now
        if 0.0 < gap < _LONGEST_GAP_SECONDS:
            count = numbers[base + GAPS] + 1.0
            delta = gap - numbers[base + GAP_MEAN]
            mean = numbers[base + GAP_MEAN] + delta / count
            numbers[base + GAPS] = count
            numbers[base + GAP_MEAN] = mean
            numbers[base + GAP_SQUARES] += delta * (gap - mean)
        return True

    def _rhythm(self, row: int, now: float) -> None:
        """The rate of documents, which halves in a minute."""
        ledger = self.clients
        base = row * WIDTH + RATE
        passed = now - ledger.last[row]
        ledger.last[row] = now
        rate = ledger.numbers[base]
        ledger.numbers[base] = (rate * 0.5 ** (passed / PACE_HALF_LIFE) if passed > 0.0 else rate) + 1.0

    def _fade(self, ledger: Ledger, row: int, now: float) -> None:
        """What has been counted is worth half after half a day."""
        left = 0.5 ** ((now - ledger.faded[row]) / self.settings.thresholds.half_life_seconds)
        ledger.faded[row] = now
        numbers = ledger.numbers
        for place in range(row * WIDTH, row * WIDTH + WIDTH):
            numbers[place] *= left
        numbers[row * WIDTH + GAP_MEAN] /= left or 1.0

    def _asset(self, row: int, who: Who, now: float) -> None:
        ledger = self.clients
        ledger.numbers[row * WIDTH + ASSETS] += 1.0
        network = self.networks.rows.get(who.address)
        if network is not None:
            self.networks.numbers[network * WIDTH + ASSETS] += 1.0
        order = ledger.order[row]
        group = self.orders.rows.get(order) if order else None
        if group is not None:
            self.orders.numbers[group * WIDTH + ASSETS] += 1.0

    # ---- stops

    def _stopped(
        self,
        key: int,
        row: int | None,
        who: Who,
        order: int,
        work: Work,
        now: float,
        *,
        clean: bool = True,
        browser: bool = False,
        media: bool = False,
    ) -> int:
        """The key by which a request is held by a stop; 0 where none is in force, or it lets this one through."""
        if self.stops.find(key, now) is None:
            if row is not None and self._good(row):
                return 0
            held = next((one for one in (who.address, order) if one and self.stops.find(one, now)), 0)
            if not held:
                return 0
            if work is NO_WORK:
                return 0  # what shows no work takes nothing
            if row is not None:
                first = self.clients.numbers[row * WIDTH + TOUCHED] < 1.0
                if (first and not browser) or self.clients.holds(row, work.hash):
                    return 0  # neither does what it has seen already; a monitor's first is free
            if clean and self.stops.spend(held, now, an_hour=self.settings.thresholds.documents_an_hour):
                return 0
            key = held
        if media and row is not None and self.clients.playing(row, work.hash, now, _GAP_SECONDS) >= 0:
            return 0  # a track that is playing already is never cut
        return key

    def _told(self, key: int, visit: Visit, now: float) -> Finding | None:
        """A stop holds where something is protected; elsewhere its client goes on, and that is no evidence."""
        stop = self.stops.find(key, now)
        if stop is None or not visit.protected:
            return None
        limit = f"{self.settings.thresholds.stop:g} points in two families"
        return finding_of(stop, now, limit, enforced=self.stops.enforced(key), begins=self.stops.first(key))

    def _clean(self, counted: Sequence[int]) -> bool:
        """Whether nothing about a request's headers is odd, as far as odd headers say anything on this site."""
        factors = self.trust.factors
        return not any(number in counted and factors[place] >= SAYS_SOMETHING for number, place in ODD)

    def _weigh(
        self,
        visit: Visit,
        who: Who,
        agent: Agent,
        key: int,
        row: int,
        groups: tuple[int | None, int | None],
        order: int,
        now: float,
        *,
        urgent: bool,
    ) -> Finding | None:
        """Weigh a client's record, every second document, and then what it is a part of."""
        ledger = self.clients
        base = row * WIDTH
        documents = int(ledger.numbers[base + DOCUMENTS] + ledger.numbers[base + UNSHOWN])
        if documents & 1 and not urgent:
            return None
        network, _ = groups
        c = self._circumstances(Kind.CLIENT, agent)
        if network is not None:
            c.elsewhere = self.networks.numbers[network * WIDTH + ELSEWHERE]
        c.hearing = self._hearing(row, c.elsewhere, now)
        good = self._good(row)
        v: Sequence[float] = ledger.numbers[base : base + WIDTH]
        if (others := self._others.get(key)) is not None:
            v = [own + other for own, other in zip(v, others, strict=True)]
        score = self._scales.score(v, c)
        if score.total >= _SUSPECT_POINTS and not documents % _SUSPECT_EVERY:
            self._tell(key, ledger.numbers[base : base + WIDTH])
        if score.stops(limit := self.settings.thresholds.stop):
            self._begin(Kind.CLIENT, key, row, v, c, visit, who, now, limit=limit)
            return self._told(key, visit, now)
        if score.strong < 2 or score.total < self.settings.thresholds.tag:
            if good and (documents <= 2 or not documents % 4):
                page = (visit.serves or serves_of(visit)) is Serves.PAGE
                self._learn(row, who, order, agent, v, c, groups, now, page=page)
        elif not ledger.marks[row] & _TAGGED:
            ledger.marks[row] |= _TAGGED
            if good:
                self.trust.tagged += 1
            self.counters["patterns_suspects"] += 1
            return Finding(
                name="pattern:suspect",
                measured=self._scales.words(v, c),
                threshold=f"{self.settings.thresholds.tag:g} points, from which on it is watched",
                action=Action.REFUSE,
                enforced=False,
                setting="patterns",
            )
        return None

    def _weigh_groups(
        self, visit: Visit, who: Who, groups: tuple[int | None, int | None], order: int, now: float
    ) -> None:
        """Weigh an address of several user agents, and an order of headers of several clients.

        Whose request tipped the scales may be innocent: so it goes on, and the next are held to the stop.
        """
        network, group = groups
        for kind, ledger, row, key in (
            (Kind.NETWORK, self.networks, network, who.address),
            (Kind.FINGERPRINT, self.orders, group, order),
        ):
            if row is None:
                continue
            base = row * WIDTH
            if int(ledger.numbers[base + DOCUMENTS]) % 4:
                continue
            v = ledger.numbers[base : base + WIDTH]
            members = v[MEMBERS]
            if members < _MEMBERS_LEAST[kind] or v[GOOD_MEMBERS] >= _GOOD_SHARE * members:
                continue
            if v[PLAYED] >= _PLAYS_OF_A_MEMBER * members:
                continue
            if kind is Kind.FINGERPRINT and (not self.trust.warm or not self.trust.orders or self.trust.common(key)):
                continue
            c = self._circumstances(kind)
            score, limit = self._scales.score(v, c), self.settings.thresholds.stop
            if self.stops.strikes(key, now):
                limit *= _AGAIN
            if score.stops(limit) and not self.stops.find(key, now):
                self._begin(kind, key, row, v, c, visit, who, now, limit=limit)

    def _begin(
        self,
        kind: Kind,
        key: int,
        row: int,
        v: Sequence[float],
        c: Circumstances,
        visit: Visit,
        who: Who,
        now: float,
        *,
        limit: float,
    ) -> None:
        """Stop a client, a network or an order of headers."""
        ledger = {Kind.CLIENT: self.clients, Kind.NETWORK: self.networks, Kind.FINGERPRINT: self.orders}[kind]
        enforced = self.settings.enforced and self._acting.score(v, c).stops(limit)
        score = self._scales.score(v, c)
        strikes = self.stops.strikes(key, now) + 1
        agent = visit.facts.user_agent or b""
        stop = Stop(
            id=f"{digest(f'{key:016x} {now}'):016x}",
            kind=kind,
            key=f"{key:016x}",
            address=f"{who.client:016x}" if kind is not Kind.FINGERPRINT else "",
            client=self._shown(visit.client) if kind is not Kind.FINGERPRINT else "",
            user_agent=agent.decode("latin-1")[:_AGENT_SHOWN] if kind is Kind.CLIENT else "",
            since=now,
            until=now + lasts(strikes),
            strikes=strikes,
            action=Action.THROTTLE if max(score.families, key=score.families.__getitem__) == "pace" else Action.REFUSE,
            score=round(score.total, 1),
            words=self._scales.words(v, c),
            tracks=tuple(map(self._works.name, ledger.touched(row))),
            touched=round(v[TOUCHED]),
            sent=int(v[SENT]),
            first=ledger.first[row],
            last=now,
        )
        self.stops.add(stop, enforced=enforced, budget=0.0 if kind is Kind.CLIENT else _FIRST_BUDGET)
        self.counters["patterns_stops"] += 1
        base = row * WIDTH
        if kind is Kind.CLIENT:
            for place in range(WIDTH):
                ledger.numbers[base + place] *= _KEPT_AT_A_STOP
        if enforced:
            self.board.publish(stop)

    def _tell(self, key: int, numbers: Sequence[float]) -> None:
        """Tell other processes what was counted here since they were last told."""
        before = self._pushed.get(key) or [0.0] * WIDTH
        sums = [0.0 if place in _NOT_SUMS else number for place, number in enumerate(numbers)]
        self.board.suspect(f"{key:016x}", [max(0.0, now - old) for now, old in zip(sums, before, strict=True)])
        self._pushed[key] = sums
        self._pushed.move_to_end(key)
        if len(self._pushed) > _SUSPECTS_KEPT:
            gone, _ = self._pushed.popitem(last=False)
            self._others.pop(gone, None)

    # ---- good visitors

    def _good(self, row: int) -> bool:
        """Whether a client has played something, or fetched what pages need."""
        numbers, base = self.clients.numbers, row * WIDTH
        if numbers[base + PLAYED] >= _GOOD_PLAYED and numbers[base + SECONDS] >= _GOOD_SECONDS:
            return True
        pages = numbers[base + PAGES]
        return pages >= _GOOD_PAGES and numbers[base + ASSETS] >= 2 * pages

    def _hearing(self, row: int, elsewhere: float, now: float) -> bool:
        """Whether a client plays what it touches, and no faster than it can be heard."""
        numbers, base = self.clients.numbers, row * WIDTH
        played = numbers[base + PLAYED] + elsewhere
        if played < _GOOD_PLAYED or _TOUCHED_FOR_EACH_HEARD * played < numbers[base + TOUCHED]:
            return False
        return numbers[base + SECONDS] <= _AHEAD_SECONDS + _AHEAD_TIMES * max(0.0, now - self.clients.first[row])

    def _learn(
        self,
        row: int,
        who: Who,
        order: int,
        agent: Agent,
        v: Sequence[float],
        c: Circumstances,
        groups: tuple[int | None, int | None],
        now: float,
        *,
        page: bool,
    ) -> None:
        """Learn from a good visitor what is usual here: each trait of it once."""
        ledger, trust = self.clients, self.trust
        marks, sent = ledger.marks[row], _SENT_PAGE if page else _SENT_OTHER
        if marks & _DENIED or agent.declared or (trust.playback and v[PLAYED] < _GOOD_PLAYED):
            return
        if not marks & _ADMITTED:
            if not trust.admit(who.around, order, agent.engine, now):
                ledger.marks[row] |= _DENIED
                return
            marks |= _ADMITTED | sent
            if agent.tool or agent.name:
                trust.uses(agent.name)
            for work in ledger.touched(row):
                trust.documents.touched(work)
            for other, place in zip((self.networks, self.orders), groups, strict=True):
                if place is not None:
                    other.numbers[place * WIDTH + GOOD_MEMBERS] += 1.0
        for place, detector in enumerate(DETECTORS):
            could, does = _FIRST_TRAIT + 2 * place, _FIRST_TRAIT + 2 * place + 1
            if not marks >> could & 1 and detector.eligible(v, c):
                marks |= 1 << could
                trust.saw(place)
            if marks >> could & 1 and not marks >> does & 1 and detector.points(v, c) >= max(1.0, detector.most / 2):
                marks |= 1 << does
                trust.shows(place)
        if not marks & _LINKED and v[PAGES] >= _LINKED_PAGES:
            marks |= _LINKED
            trust.linked(referring=v[REFERRED] >= _LINKED_PAGES - 1.0)
        if not marks & _CURIOUS and v[RANKED] >= self.settings.thresholds.touched:
            marks |= _CURIOUS
            trust.curiosity(v[COLD] / v[RANKED])
        ledger.marks[row] = marks
        trust.knows(order, agent.engine)

    def _knows(self, row: int, order: int, agent: Agent, group: int | None, *, page: bool) -> None:
        """A good visitor has sent headers in this order: with pages, or with what is none, each counted once."""
        self.trust.knows(order, agent.engine)
        sent = _SENT_PAGE if page else _SENT_OTHER
        if not self.clients.marks[row] & sent:
            self.clients.marks[row] |= sent
            self.trust.sends(order, agent.engine)
            if group is not None:
                self.orders.numbers[group * WIDTH + GOOD_MEMBERS] += 1.0

    def _circumstances(self, kind: Kind, agent: Agent = _NOBODY) -> Circumstances:
        return Circumstances(
            self.trust,
            self.settings.thresholds,
            kind,
            plain=agent.plain,
            declared=agent.declared,
            inert=self.proxied,
        )


#: Documents that newcomers may have at once when a network or an order of headers is stopped.
_FIRST_BUDGET: Final = 10.0

#: The part of the limit at which a network or an order of headers is stopped again.
_AGAIN: Final = 0.75

#: What is left of a client's evidence when a stop begins: after it, more has to come before the next.
_KEPT_AT_A_STOP: Final = 0.5

_AGENT_SHOWN: Final = 200


def _asked(facts: Facts) -> int:
    """The bytes that were delivered where nobody has counted: all, or what a short range asks for."""
    asked = facts.header(b"range")
    if asked is not None and (found := _RANGE(asked)):
        return min(int(_PLAYED_BYTES), max(0, int(found[2]) - int(found[1]) + 1))
    return int(_PLAYED_BYTES)


_RANGE: Final = re.compile(rb"bytes=(\d{1,15})-(\d{1,15})").fullmatch
