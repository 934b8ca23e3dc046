"""What visitors in good standing do on this very site: how much each kind of evidence is to be trusted here.

Whoever has played something, or fetched what pages need, is in good standing. How many of them show a trait says what
it is worth: a site behind a network that sorts headers, forbids referers or serves its images elsewhere makes whole
families meaningless, and then every good visitor shows them. Learning from everybody would let one campaign switch a
signal off; so it is from good visitors alone, of whom no network and no order of headers makes up more than a share.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, log
from typing import Any, Final, Self

from noscrape.patterns.popularity import WORKS_KEPT, Popularity

#: How common a trait is taken to be before anything is known, and how many visitors that opinion weighs.
_PRIOR: Final = 0.01
_PRIOR_WEIGHT: Final = 25.0

#: ln(0.9 / how common): the weight of a trait as rare as the prior, which counts in full.
_FULL: Final = log(0.9 / _PRIOR)

#: What is not calibrated yet counts this much.
UNCALIBRATED: Final = 0.35

#: Visitors that make one half of full confidence.
_HALF_KNOWN: Final = 8.0

#: Good visitors from which on a site is known.
WARM: Final = 50

#: Counts are halved when so many good visitors were counted, or so much time has passed: what changes on a site shows.
_HALVED_AT: Final = 4_000
_HALVED_SECONDS: Final = 7 * 86_400.0

#: The share of all that one network or one order of headers may be, and what is taken of each in any case.
_NETWORK_SHARE, _NETWORK_LEAST = 0.02, 3
_ORDER_SHARE, _ORDER_LEAST = 0.5, 60
_SOURCES_KEPT: Final = 20_000

#: The share of active visitors that play through the app, from which on not playing says something.
_PLAYING_SHARE: Final = 0.25
_ACTIVE_LEAST: Final = 20

#: The share of good visitors who tell by what links they came, below which silence says nothing.
_LINKED_SHARE: Final = 0.25
_PAGED_LEAST: Final = 20

#: Good visitors whose curiosity is known, from which on it is compared with; and the share of them that lies below.
_CURIOUS_LEAST: Final = 20
_CURIOUS_QUANTILE: Final = 0.97
_BINS: Final = 20

#: Good visitors who make an order of headers common; and of each of two engines, before orders say nothing here.
_SHARED_LEAST: Final = 3

#: Good visitors, and their share, from which on an HTTP library is this site's own app.
_AT_HOME_LEAST, _AT_HOME_SHARE = 5, 0.02
_TOOLS_KEPT: Final = 500

VERSION: Final = 2


class Trust:
    """How rare each trait is among good visitors. State: counts, all bounded.

    `names` are the detectors, in their order, and `absolute` those that count in full from the first.
    `factors` are what their points are multiplied by, 0.0 to 1.0.
    """

    def __init__(self, names: Sequence[str], *, absolute: frozenset[str] = frozenset()) -> None:
        self.names = tuple(names)
        self._tool = self.names.index("tool") if "tool" in self.names else -1
        self._absolute = tuple(name in absolute for name in names)
        self.good = 0.0
        self.tagged = 0
        self.counted = [0.0] * len(self.names)
        self.showing = [0.0] * len(self.names)
        self.factors = [0.0] * len(self.names)
        #: Whether each was seen among good visitors here, or counts without that.
        self.known = [False] * len(self.names)
        self.active = 0.0
        self.playing = 0.0
        self.paged = 0.0
        self.by_link = 0.0
        #: Whether not playing, no word of a link, and an order of headers say anything here.
        self.playback = False
        self.referring = True
        self.orders = True
        #: The share of hardly played works that the most curious of good visitors touch; 1.0 for not known.
        self.curious = 1.0
        #: What good visitors touch: documents, and media, of which there are many more.
        self.documents = Popularity()
        self.media = Popularity()
        #: HTTP libraries that this site's own apps are made with, by name.
        self.at_home: frozenset[str] = frozenset()
        self._tools: dict[str, int] = {}
        self._networks: dict[int, int] = {}
        self._by_order: dict[int, list[int]] = {}
        self._halved = 0.0
        self._orders_of: dict[int, int] = {}
        self._curiosity = [0.0] * _BINS
        for place in range(len(self.names)):
            self._weigh(place)

    @property
    def warm(self) -> bool:
        """Whether enough good visitors were seen to know this site."""
        return self.good >= WARM

    def admit(self, network: int, order: int, engine: int, now: float) -> bool:
        """Count one more good visitor; False where its network, or its order of headers, has had its share."""
        if now - self._halved > _HALVED_SECONDS:
            if self._halved:
                self._halve()
            self._halved = now
        of_network = self._networks.get(network, 0)
        orders = self._by_order.get(order)
        of_order = sum(orders) if orders else 0
        if of_network >= max(_NETWORK_LEAST, _NETWORK_SHARE * self.good):
            return False
        if of_order >= max(_ORDER_LEAST, _ORDER_SHARE * self.good):
            return False
        if len(self._networks) >= _SOURCES_KEPT:
            self._networks.clear()
        self._networks[network] = of_network + 1
        self.sends(order, engine)
        self.good += 1
        if self.good >= _HALVED_AT:
            self._halve()
        return True

    def sends(self, order: int, engine: int) -> None:
        """One more good visitor of an engine whose headers come in this order."""
        if not order:
            return
        if len(self._by_order) >= _SOURCES_KEPT:
            self._by_order.clear()
        counts = self._by_order.setdefault(order, [0, 0, 0, 0])
        counts[engine] += 1
        if engine and sum(count >= _SHARED_LEAST for count in counts[1:]) >= 2:
            self.orders = False

    def common(self, order: int) -> bool:
        """Whether several good visitors have this order of headers: then it is nobody's mark."""
        return sum(self._by_order.get(order, ())) >= _SHARED_LEAST

    def knows(self, order: int, engine: int) -> None:
        """A good visitor of an engine has sent headers in this order."""
        if order and not self._orders_of.get(order, 0) >> engine & 1:
            if len(self._orders_of) >= _SOURCES_KEPT:
                self._orders_of.clear()
            self._orders_of[order] = self._orders_of.get(order, 0) | 1 << engine

    def uses(self, tool: str) -> None:
        """One more good visitor by an HTTP library, "" for one without a name."""
        if tool in self._tools or len(self._tools) < _TOOLS_KEPT:
            self._tools[tool] = self._tools.get(tool, 0) + 1
            self._settle()

    def _settle(self) -> None:
        """Whose good visitors are many is at home here; the others show that they are tools."""
        least = max(_AT_HOME_LEAST, _AT_HOME_SHARE * self.good)
        self.at_home = frozenset(tool for tool, count in self._tools.items() if tool and count >= least)
        if self._tool >= 0:
            self.showing[self._tool] = sum(n for tool, n in self._tools.items() if tool not in self.at_home)
            self._weigh(self._tool)

    def strange(self, order: int, engine: int) -> bool:
        """Whether no good visitor of an engine has sent headers in this order, though many were seen."""
        return self.good >= WARM and not self._orders_of.get(order, 0) >> engine & 1

    def saw(self, place: int) -> None:
        """One more good visitor that could show a trait."""
        self.counted[place] += 1
        self._weigh(place)

    def shows(self, place: int) -> None:
        """And one of those does. Of tools it is told by `uses`."""
        if place == self._tool:
            return
        self.showing[place] += 1
        self._weigh(place)

    def came(self, *, plays: bool) -> None:
        """One more address with some documents, or the first play of one."""
        if plays:
            self.playing += 1
        else:
            self.active += 1
        self._see()

    def linked(self, *, referring: bool) -> None:
        """One more good visitor of some pages, and whether it told by what links it came to them."""
        self.paged += 1
        self.by_link += referring
        self._see()

    def curiosity(self, share: float) -> None:
        """The share of hardly played works that a good visitor has touched."""
        bins = self._curiosity
        bins[min(_BINS - 1, int(share * _BINS))] += 1.0
        known = sum(bins)
        if known < _CURIOUS_LEAST:
            return
        below = 0.0
        for place, count in enumerate(bins):
            below += count
            if below >= _CURIOUS_QUANTILE * known:
                self.curious = max(0.3, min(1.0, (place + 1.5) / _BINS))
                return

    def why(self, place: int) -> str:
        """In words, how far a detector is trusted."""
        if self._absolute[place] and not self.counted[place]:
            return "trusted from the first"
        counted, showing = self.counted[place], self.showing[place]
        if not counted:
            return "no good visitor yet who could show it"
        return f"{showing:.0f} of {counted:.0f} good visitors show it"

    def _see(self) -> None:
        """What is to be seen on this site at all."""
        self.playback = self.active >= _ACTIVE_LEAST and self.playing >= _PLAYING_SHARE * self.active
        self.referring = self.paged < _PAGED_LEAST or self.by_link >= _LINKED_SHARE * self.paged

    def _weigh(self, place: int) -> None:
        counted = self.counted[place]
        common = (self.showing[place] + _PRIOR * _PRIOR_WEIGHT) / (counted + _PRIOR_WEIGHT)
        rare = min(1.0, max(0.0, log(0.9 / common) / _FULL))
        known = 1.0 if self._absolute[place] else counted / (counted + _HALF_KNOWN)
        self.factors[place] = rare * max(UNCALIBRATED, known)
        self.known[place] = known > UNCALIBRATED

    def _halve(self) -> None:
        self.good /= 2
        self.active /= 2
        self.playing /= 2
        self.paged /= 2
        self.by_link /= 2
        self.counted = [count / 2 for count in self.counted]
        self.showing = [count / 2 for count in self.showing]
        self._curiosity = [count / 2 for count in self._curiosity]
        self._tools = {tool: count // 2 for tool, count in self._tools.items() if count > 1}
        self._settle()
        self._networks = {key: count // 2 for key, count in self._networks.items() if count > 1}
        self._by_order = {
            key: [count // 2 for count in counts] for key, counts in self._by_order.items() if sum(counts) > 1
        }
        for works in (self.documents, self.media):
            works.halve()

    # ---- kept across restarts

    def as_dict(self) -> dict[str, Any]:
        """What is worth keeping, as JSON has it."""
        return {
            "version": VERSION,
            "good": self.good,
            "active": self.active,
            "playing": self.playing,
            "paged": self.paged,
            "by_link": self.by_link,
            "orders": self.orders,
            "traits": {
                name: [counted, showing]
                for name, counted, showing in zip(self.names, self.counted, self.showing, strict=True)
            },
            "tools": dict(self._tools),
            "networks": {f"{key:016x}": count for key, count in list(self._networks.items())},
            "by_order": {f"{key:016x}": counts for key, counts in list(self._by_order.items())},
            "orders_of": {f"{key:016x}": engines for key, engines in list(self._orders_of.items())},
            "documents": _written(self.documents),
            "media": _written(self.media),
            "curiosity": list(self._curiosity),
        }

    def adopt(self, kept: Mapping[str, Any]) -> Self:
        """Take what was kept. Raises ValueError where it is not of this form, and then nothing is taken."""
        if kept.get("version") != VERSION:
            raise ValueError(f"of version {kept.get('version')!r}, wanted {VERSION}")
        good, active, playing, paged, by_link = (
            _count(kept.get(key)) for key in ("good", "active", "playing", "paged", "by_link")
        )
        traits = {name: _counts(pair, 2) for name, pair in _table(kept.get("traits")).items() if name in self.names}
        tools = {str(tool): int(_count(count)) for tool, count in _table(kept.get("tools")).items()}
        networks = {_key(key): int(_count(count)) for key, count in _table(kept.get("networks")).items()}
        by_order = {
            _key(key): [int(n) for n in _counts(counts, 4)] for key, counts in _table(kept.get("by_order")).items()
        }
        orders_of = {_key(key): int(_count(engines)) for key, engines in _table(kept.get("orders_of")).items()}
        documents, media = _works(kept.get("documents")), _works(kept.get("media"))
        curiosity = _counts(kept.get("curiosity"), _BINS)
        if max(len(networks), len(by_order), len(orders_of)) > _SOURCES_KEPT or len(tools) > _TOOLS_KEPT:
            raise ValueError("more sources than are kept")
        self.good, self.active, self.playing, self.paged, self.by_link = good, active, playing, paged, by_link
        self.orders = kept.get("orders") is not False
        self._tools = tools
        self._networks, self._by_order, self._orders_of = networks, by_order, orders_of
        self.documents.adopt(documents)
        self.media.adopt(media)
        self._curiosity = [0.0] * _BINS
        for place, count in enumerate(curiosity):
            self._curiosity[place] = count
        if sum(curiosity) >= 1:
            place = next(place for place, count in enumerate(curiosity) if count)
            self._curiosity[place] -= 1
            self.curiosity((place + 0.5) / _BINS)
        for place, name in enumerate(self.names):
            self.counted[place], self.showing[place] = traits.get(name, [0.0, 0.0])
            self._weigh(place)
        self._settle()
        self._see()
        return self


def _written(works: Popularity) -> dict[str, float]:
    return {work.hex(): count for work, count in list(works.works.items())}


def _works(value: object) -> dict[bytes, float]:
    works = {bytes.fromhex(work): _count(count) for work, count in _table(value).items()}
    if any(len(work) != _HASH for work in works) or len(works) > WORKS_KEPT:
        raise ValueError("works of another form")
    return works


_HASH: Final = 4


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a table is missing")
    return value


def _count(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not 0 <= value < 1e9:
        raise ValueError(f"{value!r} is no count")
    return float(value)


def _counts(value: object, length: int) -> list[float]:
    if not isinstance(value, list) or len(value) != length:
        raise ValueError(f"wanted {length} counts")
    return [_count(item) for item in value]


def _key(text: str) -> int:
    return int(text, 16)
