"""What processes tell each other of scrapers."""

from collections.abc import Sequence
from typing import Protocol

from noscrape.patterns.stop import Stop


class Board(Protocol):
    """Where stops are made known. Nothing of it waits, and nothing of it raises."""

    def publish(self, stop: Stop) -> None:
        """A stop has begun here."""

    def lift(self, target: str) -> None:
        """A stop is over before its time: its id, or a digest that it is known by."""

    def suspect(self, key: str, sums: Sequence[float]) -> None:
        """What has been counted of a suspect since it was last told."""
