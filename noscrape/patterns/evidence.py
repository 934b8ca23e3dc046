"""The detectors: from what a record holds to points, natural logarithms of how much likelier a scraper makes it.

| family (cap)     | detector       | points |
|------------------|----------------|--------|
| headers (4)      | `client-hints` | to 2.5: a browser's name without the client hints or fetch metadata it sends |
|                  | `fetch-dest`   | 3: `sec-fetch-mode: navigate` without `sec-fetch-dest` |
|                  | `language`     | 1.5: a browser's name without `accept-language` |
|                  | `header-order` | 2: a browser's name over headers in an order that no good visitor of it has |
|                  | `tool`         | 3: an HTTP library, or no user agent |
|                  | `headless`     | 4: a browser that a program drives, and says so |
| navigation (4.5) | `assets`       | to 3: pages without the files that a page needs |
|                  | `links`        | to 2.5: pages that no link led to |
|                  | `data-alone`   | 2: data of many tracks, and no picture to show with it |
|                  | `unshown`      | 2: audio of many tracks, and never a page or data at that address |
| catalogue (7)    | `unplayed`     | grows to 6: tracks touched and not played |
|                  | `long-tail`    | to 3: tracks that nobody plays, more than the most curious listener touches |
|                  | `sequence`     | 1 to 4: runs of consecutive ids |
|                  | `breadth`      | 3 to 4: very many tracks that nobody plays, and that are not played |
|                  | `deep-links`   | 3 to 4: all tracks by links from nowhere, and none of them played |
|                  | `bulk`         | 1.5 to 4.5: many tracks that nothing has shown, faster than they can be heard |
| pace (4)         | `pace`         | 1 to 4: documents in a minute |
|                  | `media-pace`   | 2 to 3: audio delivered faster than it can be heard |
|                  | `clockwork`    | 2: the same time between one track and the next |
| policy (7)       | `trap`         | 4, then 1.5 each: the link that no person sees |
|                  | `robots`       | 4: robots.txt was read, and then what it closes, more than once |
|                  | `missing`      | 1.5: many paths that do not exist |
| identity (6)     | `engines`      | 5 or 6: several browsers' names under one order of headers |

Each is weighed by how rare it is among visitors in good standing of this very site (`Trust.factors`). A record is that
of a scraper where the capped families come to the limit and two of them give a point or more: a school makes pace and
nothing else, a text browser navigation and nothing else. The points follow the recommendations in the project's notes
on scraping; none was fitted to a trace.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import log, sqrt
from typing import Final

from noscrape.patterns.stop import Kind
from noscrape.patterns.trust import Trust


class Field(IntEnum):
    """What the numbers of a record count. All but the two rates halve in `half_life_seconds`."""

    DOCUMENTS = 0
    PAGES = 1
    UNLINKED = 2  # pages that came from elsewhere, as their headers say
    ASSETS = 3
    UNHINTED = 4
    NO_DEST = 5
    NO_LANGUAGE = 6
    TOOL = 7
    HEADLESS = 8
    TOLD = 9  # documents whose headers are known
    TOUCHED = 10
    PLAYED = 11
    ELSEWHERE = 12  # plays at one address by programs that only play
    COLD = 13
    RUN = 14
    LONGEST_RUN = 15
    RATE = 16
    AUDIO = 17
    GAPS = 18
    GAP_MEAN = 19
    GAP_SQUARES = 20
    TRAPS = 21
    DISOBEYED = 22
    MISSING = 23
    CHROMIUM = 24
    FIREFOX = 25
    SAFARI = 26
    MEMBERS = 27
    GOOD_MEMBERS = 28
    SECONDS = 29
    SENT = 30
    RANKED = 31  # touches of which it was known whether anybody plays that track
    STRANGE = 32  # documents whose order of headers no good visitor of that engine has
    UNSHOWN = 33  # tracks played where no document was asked for
    SILENT = 34  # pages whose headers say nothing of where they come from
    REFERRED = 35


WIDTH: Final = len(Field)

# Members of an enumeration are slow to look up, and these are looked up many times in each request.
(
    DOCUMENTS,
    PAGES,
    UNLINKED,
    ASSETS,
    UNHINTED,
    NO_DEST,
    NO_LANGUAGE,
    TOOL,
    HEADLESS,
    TOLD,
    TOUCHED,
    PLAYED,
    ELSEWHERE,
    COLD,
    RUN,
    LONGEST_RUN,
    RATE,
    AUDIO,
    GAPS,
    GAP_MEAN,
    GAP_SQUARES,
    TRAPS,
    DISOBEYED,
    MISSING,
    CHROMIUM,
    FIREFOX,
    SAFARI,
    MEMBERS,
    GOOD_MEMBERS,
    SECONDS,
    SENT,
    RANKED,
    STRANGE,
    UNSHOWN,
    SILENT,
    REFERRED,
) = map(int, Field)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on evidence counts. Every one is a setting of `[patterns.thresholds]`."""

    stop: float = 9.1
    tag: float = 4.6
    half_life_seconds: float = 43_200.0
    pages: int = 8
    asset_share: float = 0.05
    unlinked_share: float = 0.9
    touched: int = 12
    pace: tuple[float, float, float] = (25.0, 60.0, 200.0)
    real_time: tuple[float, float] = (10.0, 30.0)
    runs: tuple[int, int, int] = (40, 60, 150)
    cold: tuple[int, int] = (150, 400)
    deep: tuple[int, int] = (24, 100)
    bulk: tuple[int, int] = (30, 60)
    clockwork: float = 0.1
    documents_an_hour: int = 30


@dataclass(slots=True)
class Circumstances:
    """What evidence is weighed in: of whom the record is, what this site is known by, and what does not count now.

    `elsewhere` are tracks that were played at the same address by a program that only plays; `plain` tells a text
    browser; `hearing` somebody who plays what it touches, as fast as it can be heard: where its pages come from and
    which tracks they are says nothing then; `inert` that all visitors look like one proxy.
    """

    trust: Trust
    thresholds: Thresholds
    kind: Kind = Kind.CLIENT
    elsewhere: float = 0.0
    plain: bool = False
    declared: bool = False
    hearing: bool = False
    inert: bool = False


Record = Sequence[float]
Weigh = Callable[[Record, Circumstances], float]
Tell = Callable[[Record, Circumstances], str]


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of evidence. `points` before they are weighed; `eligible` whether a record can show it at all.

    `calibrated` tells that it weighs little until it was seen to be rare among good visitors.
    """

    name: str
    family: str
    most: float
    points: Weigh
    words: Tell
    eligible: Callable[[Record, Circumstances], bool]
    calibrated: bool = True


#: The most that each family may come to.
CAPS: Final[Mapping[str, float]] = {
    "headers": 4.0,
    "navigation": 4.5,
    "catalogue": 7.0,
    "pace": 4.0,
    "policy": 7.0,
    "identity": 6.0,
}

#: What navigation comes to at most until this site is known.
UNCALIBRATED_NAVIGATION: Final = 2.5

#: A share of requests from which on a trait of headers is a record's own.
_MOSTLY: Final = 0.5

#: Plays that make up for so many tracks touched: five of six may stay unplayed.
_TOUCHED_FOR_EACH_PLAYED: Final = 6.0
_UNPLAYED_POINTS: Final = 0.125

#: Pages, and files with each of them, from which on somebody loads what pages need.
_LOADED_PAGES, _FILES_OF_A_PAGE = 2.0, 0.2

#: So many times the tracks that say something must be asked for as data until it is told that no picture was.
_DATA_TIMES: Final = 2

#: Audio that counts as a play, in seconds, whatever track it was.
_SECONDS_OF_A_PLAY: Final = 60.0

_LN2: Final = log(2.0)


def _share(field: int, most: float) -> Weigh:
    def points(v: Record, c: Circumstances) -> float:
        told = v[TOLD]
        return most if told >= 3 and v[field] > _MOSTLY * told else 0.0

    return points


def _order(v: Record, c: Circumstances) -> float:
    """A rare browser has an order of its own; it also hears, or loads what pages need, which a library does not."""
    if c.hearing or _loads(v) or v[TOLD] < 3:
        return 0.0
    return 2.0 if v[STRANGE] > min(_MOSTLY * v[TOLD], 2 * c.thresholds.touched) else 0.0


def _told(v: Record, c: Circumstances) -> bool:
    return v[TOLD] >= 3


def _paged(v: Record, c: Circumstances) -> bool:
    return v[PAGES] >= c.thresholds.pages


def _touching(v: Record, c: Circumstances) -> bool:
    return v[TOUCHED] >= c.thresholds.touched


def _always(v: Record, c: Circumstances) -> bool:
    return True


def _assets(v: Record, c: Circumstances) -> float:
    pages = v[PAGES]
    if pages < c.thresholds.pages or c.plain or v[ASSETS] >= c.thresholds.asset_share * pages:
        return 0.0
    return min(3.0, 2.0 + pages / (4.0 * c.thresholds.pages))


def _asks_data(v: Record, c: Circumstances) -> bool:
    least = _DATA_TIMES * c.thresholds.touched
    return v[PAGES] < c.thresholds.pages and v[TOUCHED] >= least and v[DOCUMENTS] - v[PAGES] >= least


def _data(v: Record, c: Circumstances) -> float:
    """What shows data to somebody shows pictures too; a program that only reads it does not."""
    return 2.0 if _asks_data(v, c) and v[ASSETS] < c.thresholds.asset_share * v[TOUCHED] else 0.0


def _loads(v: Record) -> bool:
    """Whether somebody fetches what pages need, as far as it is not in a cache; the latest page has to come first."""
    return v[PAGES] > _LOADED_PAGES and v[ASSETS] >= _FILES_OF_A_PAGE * (v[PAGES] - 1.0)


def _unlinked(v: Record, c: Circumstances) -> float:
    """Pages that no link led to. Silence is telling only where links are seen, and of nobody who keeps it on purpose:
    a text browser, or one that loads all that pages need, may be set to say nothing.
    """
    return v[UNLINKED] + (0.0 if c.plain or not c.trust.referring or _loads(v) else v[SILENT])


def _links(v: Record, c: Circumstances) -> float:
    pages = v[PAGES]
    if pages < c.thresholds.pages or _unlinked(v, c) <= c.thresholds.unlinked_share * pages:
        return 0.0
    return min(2.5, 1.5 + pages / (4.0 * c.thresholds.pages))


def _unshown(v: Record, c: Circumstances) -> float:
    return 2.0 if v[UNSHOWN] >= c.thresholds.touched and v[DOCUMENTS] < 3 else 0.0


def _bulk(v: Record, c: Circumstances) -> float:
    """Tracks faster than they can be heard: those that nothing has shown, as a class at one address is shown what it
    plays; all, where it is an HTTP library that takes them, and nothing else.

    No more than makes up a long tail: with pace and `unshown` both would stop somebody who takes a library along.
    """
    if _speed(v, c) < c.thresholds.real_time[0]:
        return 0.0
    if v[TOOL] > _MOSTLY * v[TOLD] and v[ASSETS] < c.thresholds.asset_share * v[PLAYED]:
        return _step(v[PLAYED], c.thresholds.bulk, (2.0, 4.5))
    return max(0.0, _step(min(v[UNSHOWN], v[PLAYED]), c.thresholds.bulk, (1.5, 3.0)) - _long_tail(v, c))


def _unplayed(v: Record, c: Circumstances) -> float:
    touched = v[TOUCHED]
    if touched < c.thresholds.touched or not c.trust.playback:
        return 0.0
    excess = touched - _heard(v, c)
    return min(6.0, _UNPLAYED_POINTS * excess) if excess > 0 else 0.0


def _long_tail(v: Record, c: Circumstances) -> float:
    """A likelihood ratio: the share of unplayed tracks that was seen, against the most curious listeners' share."""
    ranked, usual = v[RANKED], c.trust.curious
    if ranked < c.thresholds.touched or usual >= 0.95:
        return 0.0
    share = min(1.0, v[COLD] / ranked)
    if share <= usual:
        return 0.0
    ratio = share * log(share / usual)
    if share < 1.0:
        ratio += (1.0 - share) * log((1.0 - share) / (1.0 - usual))
    return min(3.0, max(0.0, ranked * ratio - 1.0))


def _sequence(v: Record, c: Circumstances) -> float:
    return _step(v[LONGEST_RUN], c.thresholds.runs, (1.0, 2.5, 4.0))


def _breadth(v: Record, c: Circumstances) -> float:
    return _step(v[COLD] - _heard(v, c), c.thresholds.cold, (3.0, 4.0))


def _deep(v: Record, c: Circumstances) -> float:
    pages = v[PAGES]
    if not c.trust.playback or _unlinked(v, c) <= _ALMOST_ALL * pages:
        return 0.0
    return _step(min(pages, v[TOUCHED] - _heard(v, c)), c.thresholds.deep, (3.0, 4.0))


#: Of pages that no link led to.
_ALMOST_ALL: Final = 0.95


def _heard(v: Record, c: Circumstances) -> float:
    """Tracks that a client may touch for what it plays. A class that hears one track together has played it often."""
    return _TOUCHED_FOR_EACH_PLAYED * (max(v[PLAYED], v[SECONDS] / _SECONDS_OF_A_PLAY) + c.elsewhere)


def _pace(v: Record, c: Circumstances) -> float:
    if c.inert or c.kind is not Kind.CLIENT:
        return 0.0
    return _step(v[RATE] * _LN2, c.thresholds.pace, (1.0, 2.5, 4.0))


def _speed(v: Record, c: Circumstances) -> float:
    """Seconds of audio for each second that passes; 0 where clients cannot be told apart."""
    return 0.0 if c.inert or c.kind is not Kind.CLIENT else v[AUDIO] * _LN2 / MEDIA_HALF_LIFE


def _media_pace(v: Record, c: Circumstances) -> float:
    speed, (fast, faster) = _speed(v, c), c.thresholds.real_time
    return min(3.0, 2.0 + (speed - fast) / (faster - fast)) if speed >= fast else 0.0


def _clockwork(v: Record, c: Circumstances) -> float:
    if c.inert or c.kind is not Kind.CLIENT or v[GAPS] < 20 or v[GAP_MEAN] <= 0.0:
        return 0.0
    return 2.0 if sqrt(v[GAP_SQUARES] / v[GAPS]) < c.thresholds.clockwork * v[GAP_MEAN] else 0.0


def _trap(v: Record, c: Circumstances) -> float:
    if c.inert or v[TRAPS] < 0.5 or c.kind is not Kind.CLIENT:
        return 0.0
    return min(7.0, 4.0 + 1.5 * (round(v[TRAPS]) - 1))


def _robots(v: Record, c: Circumstances) -> float:
    return 4.0 if v[DISOBEYED] >= _DISOBEYED_LEAST and c.kind is Kind.CLIENT and not c.inert else 0.0


#: One look at what robots.txt closes is curiosity, and counted by the trap already.
_DISOBEYED_LEAST: Final = 1.5


def _missing(v: Record, c: Circumstances) -> float:
    return 1.5 if v[MISSING] >= 10 and v[MISSING] > 0.3 * v[DOCUMENTS] else 0.0


def _engines(v: Record, c: Circumstances) -> float:
    if c.kind is not Kind.FINGERPRINT or not c.trust.orders:
        return 0.0
    least = max(4.0, 0.1 * v[DOCUMENTS])
    engines = (v[CHROMIUM] >= least) + (v[FIREFOX] >= least) + (v[SAFARI] >= least)
    return {2: 5.0, 3: 6.0}.get(engines, 0.0)


def _step(value: float, steps: Sequence[float], points: Sequence[float]) -> float:
    reached = 0.0
    for least, worth in zip(steps, points, strict=True):
        if value >= least:
            reached = worth
    return reached


#: Seconds in which the rate of documents halves, and that of audio.
PACE_HALF_LIFE: Final = 60.0
MEDIA_HALF_LIFE: Final = 300.0


def _said(text: str) -> Tell:
    return lambda v, c: text


DETECTORS: Final = (
    Detector(
        "client-hints",
        "headers",
        2.5,
        _share(UNHINTED, 2.5),
        _said("a browser's name without what that browser sends"),
        _told,
    ),
    Detector("fetch-dest", "headers", 3.0, _share(NO_DEST, 3.0), _said("a navigation that says not where to"), _told),
    Detector("language", "headers", 1.5, _share(NO_LANGUAGE, 1.5), _said("a browser's name without a language"), _told),
    Detector(
        "header-order",
        "headers",
        2.0,
        _order,
        _said("a browser's name over headers in no order of that browser's"),
        _told,
    ),
    Detector(
        "tool",
        "headers",
        3.0,
        _share(TOOL, 3.0),
        _said("an HTTP library, or no user agent"),
        _told,
        calibrated=False,
    ),
    Detector(
        "headless",
        "headers",
        4.0,
        _share(HEADLESS, 4.0),
        _said("a browser that a program drives"),
        _told,
        calibrated=False,
    ),
    Detector(
        "assets",
        "navigation",
        3.0,
        _assets,
        lambda v, c: f"{v[ASSETS]:.0f} sub-resources with {v[PAGES]:.0f} pages",
        _paged,
    ),
    Detector(
        "data-alone",
        "navigation",
        2.0,
        _data,
        lambda v, c: f"data of {v[TOUCHED]:.0f} tracks with {v[ASSETS]:.0f} pictures",
        _asks_data,
    ),
    Detector(
        "links",
        "navigation",
        2.5,
        _links,
        lambda v, c: f"{_unlinked(v, c):.0f} of {v[PAGES]:.0f} pages that no link led to",
        _paged,
    ),
    Detector(
        "unshown",
        "navigation",
        2.0,
        _unshown,
        lambda v, c: f"{v[UNSHOWN]:.0f} tracks fetched that no page had shown",
        _touching,
    ),
    Detector(
        "unplayed",
        "catalogue",
        6.0,
        _unplayed,
        lambda v, c: f"{v[TOUCHED]:.0f} touched, {v[PLAYED] + c.elsewhere:.0f} played",
        _touching,
    ),
    Detector(
        "long-tail",
        "catalogue",
        3.0,
        _long_tail,
        lambda v, c: f"{v[COLD]:.0f} of {v[RANKED]:.0f} that hardly anybody plays",
        _touching,
    ),
    Detector(
        "sequence",
        "catalogue",
        4.0,
        _sequence,
        lambda v, c: f"{v[LONGEST_RUN]:.0f} consecutive ids",
        _touching,
        calibrated=False,
    ),
    Detector(
        "breadth",
        "catalogue",
        4.0,
        _breadth,
        lambda v, c: f"{v[COLD]:.0f} tracks that hardly anybody plays",
        _touching,
    ),
    Detector(
        "deep-links",
        "catalogue",
        4.0,
        _deep,
        lambda v, c: f"{v[TOUCHED]:.0f} tracks that no link led to",
        _paged,
    ),
    Detector(
        "bulk",
        "catalogue",
        4.5,
        _bulk,
        lambda v, c: f"{v[PLAYED]:.0f} tracks fetched, faster than they can be heard",
        _touching,
    ),
    Detector(
        "pace",
        "pace",
        4.0,
        _pace,
        lambda v, c: f"{v[RATE] * _LN2:.0f} documents a minute",
        _always,
        calibrated=False,
    ),
    Detector(
        "media-pace",
        "pace",
        3.0,
        _media_pace,
        lambda v, c: f"audio at {_speed(v, c):.0f} times the speed of hearing",
        lambda v, c: v[PLAYED] >= 2,
    ),
    Detector(
        "clockwork",
        "pace",
        2.0,
        _clockwork,
        lambda v, c: f"a track every {v[GAP_MEAN]:.1f} s, by the clock",
        lambda v, c: v[GAPS] >= 20,
    ),
    Detector(
        "trap",
        "policy",
        7.0,
        _trap,
        lambda v, c: f"{round(v[TRAPS])} of the links that no person sees",
        _always,
        calibrated=False,
    ),
    Detector(
        "robots",
        "policy",
        4.0,
        _robots,
        _said("read robots.txt, and went where it closes"),
        _always,
        calibrated=False,
    ),
    Detector(
        "missing",
        "policy",
        1.5,
        _missing,
        lambda v, c: f"{v[MISSING]:.0f} paths that do not exist",
        lambda v, c: v[DOCUMENTS] >= 10,
    ),
    Detector(
        "engines",
        "identity",
        6.0,
        _engines,
        _said("the names of several browsers under one order of headers"),
        lambda v, c: False,
        calibrated=False,
    ),
)

NAMES: Final = tuple(detector.name for detector in DETECTORS)

#: What a crawler that says who it is can still be stopped for.
_OF_DECLARED: Final = frozenset({"policy", "pace"})

#: What is no evidence against somebody who listens.
_NOT_OF_LISTENERS: Final = frozenset({"navigation", "catalogue"})


@dataclass(frozen=True, slots=True)
class Score:
    """What a record comes to: the sum of its capped families, and how many of them give a point or more by evidence
    that is known on this site.
    """

    total: float
    strong: int
    families: Mapping[str, float]

    def stops(self, limit: float) -> bool:
        """Whether it is enough: so many points, and two families that show it."""
        return self.strong >= 2 and self.total >= limit


class Scales:
    """Weighs records with some of the detectors, by their places in `DETECTORS`."""

    def __init__(self, names: Sequence[str] = NAMES) -> None:
        self._families = tuple(
            (
                family,
                cap,
                tuple(
                    (place, detector.points)
                    for place, detector in enumerate(DETECTORS)
                    if detector.family == family and detector.name in names
                ),
            )
            for family, cap in CAPS.items()
        )

    def score(self, v: Record, c: Circumstances) -> Score:
        """The score of a record."""
        factors, known = c.trust.factors, c.trust.known
        total, strong, found = 0.0, 0, {}
        for family, cap, members in self._families:
            if (c.declared and family not in _OF_DECLARED) or (c.hearing and family in _NOT_OF_LISTENERS):
                continue
            points, sure = 0.0, False
            for place, weigh in members:
                raw = weigh(v, c)
                if raw:
                    points += raw * factors[place]
                    sure = sure or known[place]
            if not points:
                continue
            points = min(points, cap)
            if family == "navigation" and points > UNCALIBRATED_NAVIGATION and not c.trust.warm:
                points = UNCALIBRATED_NAVIGATION
            total += points
            strong += sure and points >= 1.0
            found[family] = points
        return Score(total, strong, found)

    def words(self, v: Record, c: Circumstances) -> str:
        """The families of a record with their points, the largest first, and a few words each."""
        score = self.score(v, c)
        told = []
        for family, points in sorted(score.families.items(), key=lambda item: -item[1]):
            members = next(members for name, _, members in self._families if name == family)
            parts = [
                DETECTORS[place].words(v, c)
                for place, weigh in members
                if weigh(v, c) * c.trust.factors[place] >= _WORTH_TELLING
            ]
            told.append(f"{family} {points:.1f}" + (f" ({'; '.join(parts)})" if parts else ""))
        return "; ".join(told)


#: Points from which on a detector is named in words.
_WORTH_TELLING: Final = 0.25
