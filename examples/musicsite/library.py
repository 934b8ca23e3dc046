"""The label's library: a SQLite database with a row for each track."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Track:
    """One track. `no_ai` is what its artist said: True reserves it, False does not mind, None has not been asked."""

    id: int
    slug: str
    title: str
    artist: str
    seconds: int
    released: date
    no_ai: bool | None

    @property
    def artist_slug(self) -> str:
        """The artist, as the address of a page spells them."""
        return slug_of(self.artist)


_SCHEMA: Final = """
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    released TEXT NOT NULL,
    no_ai INTEGER
)
"""

_COLUMNS: Final = "id, slug, title, artist, seconds, released, no_ai"

#: What the label has released: title, artist, seconds, date, and the artist's word on AI.
_RELEASES: Final = (
    ("Tidal Glass", "Mira Solheim", 9, "2026-10-30", 1),
    ("Rain on a Tin Boat", "Mira Solheim", 8, "2026-10-30", 1),
    ("Letters to the Lighthouse", "Mira Solheim", 10, "2026-10-30", 1),
    ("Paper Boats, Paper Moons", "The Paper Harbour", 8, "2026-09-18", None),
    ("Small Hours", "The Paper Harbour", 9, "2026-09-18", None),
    ("Ferry Song", "The Paper Harbour", 7, "2026-09-18", 1),
    ("Open Window", "Otto Lindqvist Trio", 8, "2026-08-07", 0),
    ("Nine Steps Down", "Otto Lindqvist Trio", 9, "2026-08-07", 0),
    ("Blue Bicycle", "Otto Lindqvist Trio", 7, "2026-08-07", 1),
    ("Honey & Salt", "Juniper & Salt", 8, "2026-06-12", 1),
    ("Thistledown", "Juniper & Salt", 9, "2026-06-12", None),
    ("O'Malley's Lantern", "Juniper & Salt", 7, "2026-06-12", 1),
    ("Vesper", "Halden Chamber", 10, "2026-05-01", 1),
    ("Über den Dächern", "Halden Chamber", 9, "2026-05-01", 1),
    ("First Snow", "Halden Chamber", 8, "2026-05-01", None),
    ("Kestrel", "Low Meadow", 7, "2026-03-20", 0),
    ("Long Grass", "Low Meadow", 8, "2026-03-20", 1),
    ("Home by Seven", "Low Meadow", 9, "2026-03-20", None),
)


class Library:
    """Reads the database. Raises sqlite3.Error where there is none."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def created(cls, file: Path) -> "Library":
        """A new database with the label's releases; one that is there already is kept."""
        if not file.exists():
            with closing(sqlite3.connect(file)) as connection, connection:
                connection.execute(_SCHEMA)
                connection.executemany(
                    "INSERT INTO tracks (slug, title, artist, seconds, released, no_ai) VALUES (?, ?, ?, ?, ?, ?)",
                    ((slug_of(title), title, *rest) for title, *rest in _RELEASES),
                )
        return cls(file)

    def tracks(self) -> list[Track]:
        """All tracks, the newest release first."""
        return list(self._rows("ORDER BY id"))

    def track(self, slug: str) -> Track | None:
        """One track."""
        return next(self._rows("WHERE slug = ?", slug), None)

    def by_artist(self, artist_slug: str) -> list[Track]:
        """The tracks of an artist; none where nobody has that name."""
        return [track for track in self.tracks() if track.artist_slug == artist_slug]

    def _rows(self, clause: str, *values: str) -> Iterator[Track]:
        with closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM tracks {clause}", values).fetchall()
        for number, slug, title, artist, seconds, released, no_ai in rows:
            said = None if no_ai is None else bool(no_ai)
            yield Track(number, slug, title, artist, seconds, date.fromisoformat(released), said)


def slug_of(name: str) -> str:
    """A name as addresses spell it: `Honey & Salt` is `honey-salt`."""
    plain = name.lower().replace("'", "").translate(str.maketrans("äöü", "aou"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
