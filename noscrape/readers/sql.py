"""A reader that is a query of the site's database. Needs the extra `noscrape[sql]`."""

from collections.abc import MutableMapping
from enum import Enum
from typing import Any

from noscrape.errors import ReaderError
from noscrape.reservation import NO_SUCH_TRACK, Reservation, reservation


class IdType(Enum):
    """What the column that ids are compared with holds."""

    TEXT = "text"
    INTEGER = "integer"


class SqlReader:
    """Runs a query with `:track_id` and reads every column of every row that it answers; no row: no such track.

    The engine is made on the first read, since workers fork after the constructor.
    Raises ReaderError where SQLAlchemy or the driver is missing, or the URL cannot be used.
    """

    source = "sql"

    def __init__(self, url: str, query: str, *, id_type: IdType = IdType.TEXT, timeout_seconds: float = 1.0) -> None:
        try:
            from sqlalchemy import text
            from sqlalchemy.engine import make_url
            from sqlalchemy.exc import ArgumentError, NoSuchModuleError
        except ImportError as error:
            raise ReaderError(
                "tracks.reader: reading a database needs SQLAlchemy: pip install 'noscrape[sql]'"
            ) from error
        try:
            self._url = make_url(url)
            self._url.get_dialect()
        except (ArgumentError, NoSuchModuleError) as error:
            raise ReaderError(f"tracks.reader.url: {error}") from error
        self._query = text(query)
        self._integer = id_type is IdType.INTEGER
        self._timeout = timeout_seconds
        self._engine: Any = None

    async def read(self, track: str, scope: MutableMapping[str, Any], now: float) -> Reservation:
        """What the database says of a track. Raises what SQLAlchemy raises, and ReservationError for nonsense."""
        wanted = _integer(track) if self._integer else track
        if wanted is None:
            return reservation(NO_SUCH_TRACK, source=self.source, now=now)
        async with self._connections().connect() as connection:
            rows = (await connection.execute(self._query, {"track_id": wanted})).fetchmany(1000)
        if not rows:
            return reservation(NO_SUCH_TRACK, source=self.source, now=now)
        return reservation([value for row in rows for value in row], source=self.source, now=now)

    def _connections(self) -> Any:
        if self._engine is None:
            from sqlalchemy.ext.asyncio import create_async_engine

            self._engine = create_async_engine(self._url, pool_pre_ping=True)
        return self._engine

    async def close(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None


#: More digits than any database's integers have.
_LONGEST_INTEGER = 19


def _integer(track: str) -> int | None:
    try:
        number = int(track) if len(track) <= _LONGEST_INTEGER else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 2**63 else None
