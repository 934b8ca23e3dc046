"""Who is stopped now, and who was before: stops that lengthen, and release by themselves."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from noscrape.patterns.stop import LASTS_SECONDS, Stop

#: A client that was not stopped for so long begins anew.
_REMEMBERED_SECONDS: Final = 7 * 86_400.0

#: How long a track that was playing when its client was stopped is let go on, from one piece to the next.
_HOUR_SECONDS: Final = 3_600.0


@dataclass(slots=True)
class _Active:
    """A stop in force. `budget` is what newcomers may still have; `told` whether anybody was refused."""

    stop: Stop
    enforced: bool
    budget: float
    filled: float
    told: bool = False


class Stops:
    """Stops by key. State: those in force and how often each key was stopped, at most `bound` of each."""

    def __init__(self, *, bound: int = 10_000) -> None:
        self._bound = bound
        self._active: OrderedDict[int, _Active] = OrderedDict()
        self._strikes: OrderedDict[int, tuple[int, float]] = OrderedDict()
        #: How often a stop began, and how often one was changed in any way.
        self.begun = 0
        self.changes = 0

    def __bool__(self) -> bool:
        return bool(self._active)

    def __len__(self) -> int:
        return len(self._active)

    def find(self, key: int, now: float) -> Stop | None:
        """The stop in force for a key. One that has run out is over."""
        active = self._active.get(key)
        if active is None:
            return None
        if now >= active.stop.until or now < active.stop.since - _REMEMBERED_SECONDS:
            self._end(key)
            return None
        return active.stop

    def enforced(self, key: int) -> bool:
        """Whether a stop in force has an effect, or is only watched."""
        active = self._active.get(key)
        return active is not None and active.enforced

    def first(self, key: int) -> bool:
        """Whether this is the first that is told of a stop in force."""
        active = self._active.get(key)
        if active is None or active.told:
            return False
        active.told = True
        return True

    def strikes(self, key: int, now: float) -> int:
        """How often a key was stopped of late."""
        strikes, last = self._strikes.get(key, (0, 0.0))
        return strikes if now - last < _REMEMBERED_SECONDS else 0

    def add(self, stop: Stop, *, enforced: bool, budget: float = 0.0) -> None:
        """Put a stop into force; of two for one key the longer one holds."""
        key = int(stop.key, 16)
        known = self._active.get(key)
        if known is not None and known.stop.until >= stop.until and known.enforced >= enforced:
            return
        self._active[key] = _Active(stop, enforced, budget, stop.since)
        self._active.move_to_end(key)
        self._strikes[key] = (max(stop.strikes, self._strikes.get(key, (0, 0.0))[0]), stop.since)
        self._strikes.move_to_end(key)
        for table in (self._active, self._strikes):
            if len(table) > self._bound:
                table.popitem(last=False)
        self.begun += 1
        self.changes += 1

    def spend(self, key: int, now: float, *, an_hour: float) -> bool:
        """Whether a newcomer under a stop may have one document more; an hour's worth comes back in an hour."""
        active = self._active.get(key)
        if active is None:
            return True
        gained = max(0.0, now - active.filled) * an_hour / _HOUR_SECONDS
        active.filled = now
        active.budget = min(an_hour, active.budget + gained)
        if active.budget < 1.0:
            return False
        active.budget -= 1.0
        return True

    def lift(self, target: str) -> list[Stop]:
        """End the stops that are meant, and forget that they were; those that were ended."""
        lifted = [(key, active.stop) for key, active in list(self._active.items()) if active.stop.named(target)]
        for key, _ in lifted:
            self._end(key)
            self._strikes.pop(key, None)
        return [stop for _, stop in lifted]

    def current(self, now: float) -> tuple[Stop, ...]:
        """All in force, the latest last."""
        return tuple(active.stop for active in list(self._active.values()) if now < active.stop.until)

    def _end(self, key: int) -> None:
        self._active.pop(key, None)
        self.changes += 1


def lasts(strikes: int) -> float:
    """How long a stop lasts that is the first, the second and so on of its key, in seconds."""
    return LASTS_SECONDS[min(max(strikes, 1), len(LASTS_SECONDS)) - 1]
