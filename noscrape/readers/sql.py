"""A reader that is a query of the site's database. Needs the extra `noscrape[sql]`."""

import asyncio
import os
from collections.abc import MutableMapping
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

from noscrape.errors import ReaderError
from noscrape.reservation import NO_SUCH_TRACK, Reservation, reservation

#: Connections that may be open at once; a read beyond them waits, within its time limit.
CONNECTIONS: Final = 10


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
            self._url.get_dialect().import_dbapi()
        except (ArgumentError, NoSuchModuleError) as error:
            raise ReaderError(f"tracks.reader.url: {error}") from error
        except ImportError as error:
            raise ReaderError(f"tracks.reader.url: the driver is not installed: pip install {error.name}") from error
        self._query = text(query)
        self._integer = id_type is IdType.INTEGER
        self._timeout = timeout_seconds
        self._file = self._url.get_backend_name() == "sqlite" and self._url.database not in (None, "", ":memory:")
        self._engine: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def read(self, track: str, scope: MutableMapping[str, Any], now: float) -> Reservation:
        """What the database says of a track. Raises what SQLAlchemy raises, and ReservationError for nonsense."""
        wanted = _integer(track) if self._integer else track
        if wanted is None:
            return reservation(NO_SUCH_TRACK, source=self.source, now=now)
        engine = self._connections()
        async with self._room, engine.connect() as connection:
            rows = (await connection.execute(self._query, {"track_id": wanted})).fetchmany(1000)
        if not rows:
            return reservation(NO_SUCH_TRACK, source=self.source, now=now)
        return reservation([value for row in rows for value in row], source=self.source, now=now)

    def _connections(self) -> Any:
        """The engine of the running loop: connections cannot be carried from one to another, as tests would."""
        loop = asyncio.get_running_loop()
        if self._engine is None or self._loop is not loop:
            if self._engine is not None:
                self._engine.sync_engine.dispose(close=False)
            self._engine, self._loop, self._room = self._opened(), loop, asyncio.Semaphore(CONNECTIONS)
        return self._engine

    def _opened(self) -> Any:
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import NullPool

        if not self._file:
            return create_async_engine(self._url, pool_pre_ping=True)
        # Opened for each read, so that a file that was replaced is seen; and never made where there is none.
        path, url = str(self._url.database), self._url
        if not path.startswith("file:"):
            query = {"mode": "rw", **url.query, "uri": "true"}
            url = url.set(database="file:" + quote(os.path.abspath(path)), query=query)
        return create_async_engine(url, poolclass=NullPool, connect_args={"timeout": self._timeout})

    async def close(self) -> None:
        """Close the connections."""
        engine, self._engine = self._engine, None
        if engine is not None and self._loop is asyncio.get_running_loop():
            await engine.dispose()


#: More digits than any database's integers have.
_LONGEST_INTEGER = 19


def _integer(track: str) -> int | None:
    try:
        number = int(track) if len(track) <= _LONGEST_INTEGER else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 2**63 else None
