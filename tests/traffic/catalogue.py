"""The shop: releases with tracks, opaque ids, and a popularity as skewed as music's is."""

from dataclasses import dataclass
from itertools import accumulate
from random import Random

RELEASES = 5_000


@dataclass(frozen=True, slots=True)
class Release:
    """One release: its slug, its id for the API, a number for the legacy route, and its tracks with their seconds."""

    slug: str
    uuid: str
    number: int
    tracks: tuple[tuple[str, float], ...]


class Catalogue:
    """All releases, the most popular first."""

    def __init__(self, seed: int, releases: int = RELEASES) -> None:
        draw = Random(f"catalogue {seed}")
        numbers = list(range(1, releases + 1))
        draw.shuffle(numbers)
        self.releases = tuple(_release(draw, number) for number in numbers)
        weights = sorted((draw.lognormvariate(0.0, 1.6) for _ in range(releases)), reverse=True)
        self._weights = list(accumulate(weights))

    def popular(self, draw: Random) -> Release:
        """One as people choose."""
        return draw.choices(self.releases, cum_weights=self._weights)[0]

    def any(self, draw: Random) -> Release:
        """One as a shelf of unsold records has it."""
        return draw.choice(self.releases)

    def by_number(self) -> list[Release]:
        """All, in the order of the legacy route."""
        return sorted(self.releases, key=lambda release: release.number)


def _release(draw: Random, number: int) -> Release:
    tracks = tuple(
        (f"{draw.getrandbits(64):016x}", min(900.0, max(40.0, draw.lognormvariate(5.3, 0.4))))
        for _ in range(draw.randint(1, 15))
    )
    return Release(f"{draw.getrandbits(40):010x}-{number % 97}", f"{draw.getrandbits(96):024x}", number, tracks)
