"""The time of a log, so that it never runs backwards for those who count.

Servers write a line when a request ends and some give it the time when it began, so lines come late, by as much as a
download takes: late lines count as made now. Where a log goes back for good, since files were given in another order
or several servers' one after the other, it begins anew: as if so much time had passed that no window of any quota
reaches across.
"""

from typing import Final

#: Lines that are later than this may tell that the log has gone back.
LATE_SECONDS: Final = 600

#: So many different seconds in a row are late before a log is taken to have gone back.
TURNING_SECONDS: Final = 20

_DAY: Final = 86_400
#: Longer than twice any window that a quota may have.
_APART: Final = 800 * _DAY


class Timeline:
    """Turns the times of lines into a time that only grows. Whole days are added, so that windows start as they did."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.last: float | None = None
        self.turns = 0
        self._newest = float("-inf")
        self._ahead = 0
        self._late = 0

    def begin_file(self) -> None:
        """A file begins: it may well be older than the one before, which its first line tells."""
        self._late = TURNING_SECONDS - 1

    def now(self, time: float) -> float:
        """The time to count with, for a line of another time than the line before."""
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time
        if time >= self._newest - LATE_SECONDS:
            self._late = 0
            self._newest = max(self._newest, time)
        else:
            self._late += 1
            if self._late >= TURNING_SECONDS:
                self._ahead += (int(self._newest - time + _APART) // _DAY + 1) * _DAY
                self._newest, self._late = time, 0
                self.turns += 1
        return self._newest + self._ahead
