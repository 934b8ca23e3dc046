"""Records of behaviour, packed: numbers in long arrays, one row for each key.

A row costs some 500 bytes with its key, where an object for each would cost thousands. When all rows are taken the
least recently used of a few goes, so that a spray of addresses costs time and memory of a known size.
"""

from array import array
from collections.abc import Sequence
from typing import Final

#: Works that a row remembers of those touched; further ones push the oldest out.
TOUCHED_KEPT: Final = 64

#: Media accesses that a row has in view at once.
MEDIA_KEPT: Final = 4

_HASH: Final = 4
_RING: Final = TOUCHED_KEPT * _HASH

#: Rows that are looked at to find an old one.
_LOOKED_AT: Final = 8

#: One step of a generator of numbers (Numerical Recipes): the choice is the same in each run.
_STEP, _SHIFT, _RANGE = 1_664_525, 1_013_904_223, 1 << 32


class Ledger:
    """Rows of `width` numbers by keys of 64 bits, at most `bound` of them.

    `numbers` holds `width` numbers for each row. Times are in epoch seconds: `seen` the latest of all, `first`, `last`
    of a document, `faded`, `turned` to another work, `played`. `works` are hashes of the works touched, in a ring;
    `media` hashes of the latest media, `media_sent` how much of each went out, and `media_time` when. `order`, `number`
    and `marks` are for whoever keeps the ledger.
    """

    def __init__(self, *, width: int, bound: int) -> None:
        self.width = width
        self.bound = bound
        self.evicted = 0
        self.rows: dict[int, int] = {}
        self.keys = array("Q")
        self.numbers = array("f")
        self.seen = array("d")
        self.faded = array("d")
        self.first = array("d")
        self.last = array("d")
        self.turned = array("d")
        self.played = array("d")
        self.works = bytearray()
        self.at = array("B")
        self.media = array("I")
        self.media_sent = array("f")
        self.media_time = array("d")
        self.media_at = array("B")
        self.order = array("Q")
        self.number = array("Q")
        self.marks = array("Q")
        self._zeros = array("f", bytes(4 * width))
        self._dice = 1

    def __len__(self) -> int:
        return len(self.rows)

    def opened(self, key: int, now: float) -> int:
        """A new row for a key that has none, all zeros."""
        count = len(self.keys)
        if count < self.bound:
            row = count
            self._grow()
        else:
            row = self._oldest()
            self.evicted += 1
            del self.rows[self.keys[row]]
            self._clear(row)
        self.rows[key] = row
        self.keys[row] = key
        for column in (self.seen, self.faded, self.first, self.last, self.turned, self.played):
            column[row] = now
        return row

    def closed(self, key: int) -> None:
        """Forget a key. Its row is the next that is taken, being the oldest."""
        row = self.rows.get(key)
        if row is not None:
            base = row * self.width
            self.numbers[base : base + self.width] = self._zeros
            self.seen[row] = 0.0
            self.marks[row] = 0

    def holds(self, row: int, work: bytes) -> bool:
        """Whether a row has touched a work, by a hash of 4 bytes, as far as it remembers."""
        end = row * _RING + _RING
        found = self.works.find(work, row * _RING, end)
        while found >= 0 and found % _HASH:
            found = self.works.find(work, found + 1, end)
        return found >= 0

    def touches(self, row: int, work: bytes) -> bool:
        """Remember a work; whether it is new to the row."""
        if self.holds(row, work):
            return False
        at = self.at[row]
        base = row * _RING + at * _HASH
        self.works[base : base + _HASH] = work
        self.at[row] = (at + 1) % TOUCHED_KEPT
        return True

    def touched(self, row: int) -> Sequence[bytes]:
        """The works that a row remembers, the oldest first."""
        base, at = row * _RING, self.at[row]
        ring = bytes(self.works[base : base + _RING])
        ring = ring[at * _HASH :] + ring[: at * _HASH]
        pieces = (ring[index : index + _HASH] for index in range(0, _RING, _HASH))
        return [piece for piece in pieces if piece != b"\0\0\0\0"]

    def playing(self, row: int, work: bytes, now: float, within: float) -> int:
        """Where a row has a medium in view that was fetched lately, -1 for nowhere."""
        number = int.from_bytes(work)
        for at in range(row * MEDIA_KEPT, row * MEDIA_KEPT + MEDIA_KEPT):
            if self.media[at] == number and abs(now - self.media_time[at]) < within:
                return at
        return -1

    def in_view(self, row: int, work: bytes, now: float, within: float) -> int:
        """The same, begun where it is nowhere."""
        at = self.playing(row, work, now, within)
        if at < 0:
            at = row * MEDIA_KEPT + self.media_at[row]
            self.media_at[row] = (self.media_at[row] + 1) % MEDIA_KEPT
            self.media[at], self.media_sent[at] = int.from_bytes(work), 0.0
        return at

    def _grow(self) -> None:
        self.keys.append(0)
        self.numbers.extend(self._zeros)
        for column in (self.seen, self.faded, self.first, self.last, self.turned, self.played):
            column.append(0.0)
        self.works.extend(bytes(_RING))
        self.at.append(0)
        self.media.extend([0] * MEDIA_KEPT)
        self.media_sent.extend([0.0] * MEDIA_KEPT)
        self.media_time.extend([0.0] * MEDIA_KEPT)
        self.media_at.append(0)
        self.order.append(0)
        self.number.append(0)
        self.marks.append(0)

    def _clear(self, row: int) -> None:
        base = row * self.width
        self.numbers[base : base + self.width] = self._zeros
        self.works[row * _RING : (row + 1) * _RING] = bytes(_RING)
        self.at[row] = self.media_at[row] = 0
        for at in range(row * MEDIA_KEPT, (row + 1) * MEDIA_KEPT):
            self.media[at], self.media_sent[at], self.media_time[at] = 0, 0.0, 0.0
        self.order[row] = self.number[row] = self.marks[row] = 0

    def _oldest(self) -> int:
        """The least recently used of a few rows."""
        seen, bound = self.seen, self.bound
        best, age = 0, float("inf")
        for _ in range(_LOOKED_AT):
            self._dice = (self._dice * _STEP + _SHIFT) % _RANGE
            row = self._dice * bound // _RANGE
            if seen[row] < age:
                best, age = row, seen[row]
        return best


class Doorkeeper:
    """Lets a key in when it comes for the second time. State: a table of one byte for each of `slots` slots.

    Two keys of one slot may push each other out, or one in 255 be taken for the other: a record too early or too late.
    """

    def __init__(self, *, slots: int = 1 << 20) -> None:
        self._slots = slots
        self._table = bytearray(slots)

    def knows(self, key: int) -> bool:
        """Whether a key of 64 bits has come before, as far as is remembered; it has now."""
        slot, mark = key % self._slots, (key >> 40) % 255 + 1
        known = self._table[slot] == mark
        self._table[slot] = mark
        return known
