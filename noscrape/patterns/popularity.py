"""Which works good visitors touch, and how often: what hardly anybody wants, a collector takes all the same."""

from collections.abc import Mapping
from typing import Final

#: Works that are kept; beyond them, those that were hardly touched are forgotten.
WORKS_KEPT: Final = 50_000

#: Touches from which on they say something.
_TOUCHES_LEAST: Final = 200.0

#: The share of touches that go to works never touched before, as works touched once tell it (Good and Turing), above
#: which nobody can say what is hardly wanted.
_UNSEEN_SHARE: Final = 0.35

#: A work is hardly wanted where it has less than this part of what the average one has.
_COLD_PART: Final = 0.25

_TWICE: Final = 2.0


class Popularity:
    """Counts of works by their hashes. State: at most `WORKS_KEPT` of them."""

    def __init__(self) -> None:
        self.works: dict[bytes, float] = {}
        self._touches = 0.0
        self._once = 0

    @property
    def known(self) -> bool:
        """Whether it is known which works are wanted."""
        return self._touches >= _TOUCHES_LEAST and self._once < _UNSEEN_SHARE * self._touches

    def touched(self, work: bytes) -> None:
        """A good visitor has touched a work."""
        before = self.works.get(work, 0.0)
        if not before and len(self.works) >= WORKS_KEPT:
            self.halve()
        self.works[work] = before + 1.0
        self._touches += 1.0
        self._once += (before < 1.0) - (1.0 <= before < _TWICE)

    def cold(self, work: bytes) -> bool:
        """Whether hardly any good visitor touches a work."""
        return self.works.get(work, 0.0) < max(1.0, _COLD_PART * self._touches / len(self.works))

    def halve(self) -> None:
        """Halve all counts, and forget what was touched once."""
        self.adopt({work: count / 2 for work, count in self.works.items() if count >= _TWICE})

    def adopt(self, works: Mapping[bytes, float]) -> None:
        """Take what was kept."""
        self.works = dict(works)
        self._touches = sum(self.works.values())
        self._once = sum(count < _TWICE for count in self.works.values())
