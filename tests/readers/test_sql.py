"""A reader that is a query, against real SQLite through aiosqlite."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from noscrape.errors import ReaderError, ReservationError
from noscrape.readers import IdType, Reservations, SqlReader
from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, UNSTATED, Terms
from noscrape.words import Said
from tests.asgi import Clock

exceptions = pytest.importorskip("sqlalchemy.exc", reason="needs noscrape[sql]")
pytest.importorskip("aiosqlite", reason="needs noscrape[sql]")

QUERY = "SELECT no_ai FROM tracks WHERE id = :track_id"

TRACKS = """
    CREATE TABLE tracks (id INTEGER PRIMARY KEY, slug TEXT, no_ai);
    INSERT INTO tracks VALUES (42, 'night-bus', 1), (7, 'open-sky', 0), (8, 'unsaid', NULL), (9, 'words', 'no-ai'),
        (10, 'field', 'train-ai=n'), (11, 'blank', ''), (12, 'nonsense', 'perhaps'), (13, 'bit', x'01');
    CREATE TABLE said (track INTEGER, word TEXT);
    INSERT INTO said VALUES (42, 'open'), (42, 'no-training'), (7, 'open'), (7, NULL);
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "my music #1?.db"
    connection = sqlite3.connect(file)
    connection.executescript(TRACKS)
    connection.close()
    return file


def reader_of(file: Path, query: str = QUERY, *, id_type: IdType = IdType.INTEGER, seconds: float = 5) -> SqlReader:
    from sqlalchemy.engine import URL

    url = URL.create("sqlite+aiosqlite", database=str(file)).render_as_string()
    return SqlReader(url, query, id_type=id_type, timeout_seconds=seconds)


def rewrite(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("track", "terms", "missing"),
    [
        ("42", RESERVED, False),
        ("7", OPEN, False),
        ("8", UNSTATED, False),
        ("9", RESERVED, False),
        ("10", NO_TRAINING, False),
        ("11", UNSTATED, False),
        ("13", RESERVED, False),
        ("99", UNSTATED, True),
    ],
    ids=["1", "0", "NULL", "word", "field", "empty", "BIT", "no row"],
)
async def test_what_the_column_holds(database: Path, track: str, terms: Terms, missing: bool) -> None:
    """NULL is "nothing was said", so that the database is not named for it; no row is another answer; neither opens."""
    reader = reader_of(database)
    found = await reader.read(track, {}, 7.0)
    await reader.close()
    source = "default" if terms == UNSTATED and not missing else "sql"
    assert (found.terms, found.missing, found.source, found.read_at) == (terms, missing, source, 7.0)


async def test_nonsense_raises(database: Path) -> None:
    """A value that cannot be read is neither a yes nor a no."""
    reader = reader_of(database)
    with pytest.raises(ReservationError, match="perhaps"):
        await reader.read("12", {}, 0.0)
    await reader.close()


@pytest.mark.parametrize(("track", "terms"), [("42", NO_TRAINING.reserved), ("7", frozenset())])
async def test_every_row_and_column_counts(database: Path, track: str, terms: frozenset[object]) -> None:
    """The most restrictive of them wins."""
    reader = reader_of(database, "SELECT word, NULL FROM said WHERE track = :track_id")
    found = await reader.read(track, {}, 0.0)
    await reader.close()
    assert found.terms.reserved == terms


@pytest.mark.parametrize(
    ("track", "missing"),
    [
        ("42", False),
        ("042", False),
        ("+42", False),
        (" 42", False),
        ("4_2", False),
        ("-42", True),
        ("42.0", True),
        ("night-bus", True),
        ("", True),
        ("9" * 19, True),
        ("9" * 5000, True),
        ("\x00", True),
        ("42\x00", True),
        ("٤٢", False),
        ("1 OR 1=1", True),
    ],
)
async def test_integer_ids(database: Path, track: str, missing: bool) -> None:
    """Whatever Python reads as the number; everything else is no such track, and no error of the database."""
    reader = reader_of(database)
    found = await reader.read(track, {}, 0.0)
    await reader.close()
    assert found.missing is missing


@pytest.mark.parametrize(
    ("track", "missing"),
    [("night-bus", False), ("Night-Bus", True), ("' OR ''='", True), ("%", True), ("\x00", True), ("\U0001f3b5", True)],
)
async def test_text_ids(database: Path, track: str, missing: bool) -> None:
    """Bound as a parameter, so that no id is ever a piece of SQL."""
    reader = reader_of(database, "SELECT no_ai FROM tracks WHERE slug = :track_id", id_type=IdType.TEXT)
    found = await reader.read(track, {}, 0.0)
    await reader.close()
    assert found.missing is missing


async def test_a_change_is_seen_by_the_next_read(database: Path) -> None:
    """Nothing is kept below the cache."""
    reader = reader_of(database)
    assert (await reader.read("7", {}, 0.0)).terms == OPEN
    rewrite(database, "UPDATE tracks SET no_ai = 1 WHERE id = 7")
    assert (await reader.read("7", {}, 0.0)).terms == RESERVED
    await reader.close()


async def test_a_file_that_is_gone_is_a_failure_and_no_new_file(database: Path, tmp_path: Path) -> None:
    """SQLite would make an empty one, in which no track is reserved."""
    reader = reader_of(database)
    assert (await reader.read("42", {}, 0.0)).terms == RESERVED
    away = move(database, tmp_path / "away.db")
    with pytest.raises(exceptions.OperationalError, match="unable to open"):
        await reader.read("42", {}, 0.0)
    assert not exists(database)
    move(away, database)
    assert (await reader.read("42", {}, 0.0)).terms == RESERVED
    await reader.close()


def move(file: Path, to: Path) -> Path:
    return file.rename(to)


def exists(file: Path) -> bool:
    return file.exists()


async def test_a_file_that_was_replaced_is_seen(database: Path, tmp_path: Path) -> None:
    """A deployment puts another file under the same name."""
    reader = reader_of(database)
    await reader.read("7", {}, 0.0)
    other = tmp_path / "other.db"
    rewrite(other, "CREATE TABLE tracks (id INTEGER, no_ai)")
    rewrite(other, "INSERT INTO tracks VALUES (7, 1)")
    move(other, database)
    assert (await reader.read("7", {}, 0.0)).terms == RESERVED
    await reader.close()


@pytest.mark.parametrize(
    "statement", ["DROP TABLE tracks", "ALTER TABLE tracks RENAME COLUMN no_ai TO ai"], ids=["table", "column"]
)
async def test_a_table_that_is_gone_is_a_failure(database: Path, statement: str) -> None:
    """And the site serves on, by the last known value."""
    clock = Clock()
    cache = Reservations(reader_of(database), clock=clock, ttl_seconds=60, timeout_seconds=30, on_failure=Said.RESERVED)
    assert (await cache.read("7", {})).terms == OPEN
    rewrite(database, statement)
    clock.forward(60)
    assert (await cache.read("7", {})).terms == OPEN
    assert (await cache.read("8", {})).terms == RESERVED
    await cache.close()


async def test_a_file_that_is_no_database_is_a_failure(database: Path) -> None:
    """Half a download, for one."""
    overwrite(database)
    reader = reader_of(database)
    with pytest.raises(exceptions.DatabaseError):
        await reader.read("42", {}, 0.0)
    await reader.close()


def overwrite(file: Path) -> None:
    file.write_bytes(b"this is no database" * 100)


async def test_a_locked_database_is_not_waited_for(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite's own five seconds are more than a request has."""
    lock = sqlite3.connect(database, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    reader = reader_of(database, seconds=0.01)
    cache = Reservations(reader, clock=Clock(), timeout_seconds=4)
    assert (await cache.read("7", {})).terms == RESERVED
    assert "database is locked" in caplog.text
    lock.close()
    await cache.close()


async def test_many_reads_at_once(database: Path) -> None:
    """More than there are connections."""
    reader = reader_of(database, seconds=30)
    found = await asyncio.gather(*(reader.read("42", {}, 0.0) for _ in range(50)))
    await reader.close()
    assert {said.terms for said in found} == {RESERVED}


def test_it_works_on_one_event_loop_after_another(database: Path) -> None:
    """As under a test client, which has a loop for each request, and ends none of them tidily."""
    reader = reader_of(database, seconds=30)

    async def several() -> set[Terms]:
        return {said.terms for said in await asyncio.gather(*(reader.read("42", {}, 0.0) for _ in range(20)))}

    for _ in range(3):
        assert asyncio.run(several()) == {RESERVED}


async def test_it_can_be_used_again_after_its_end(database: Path) -> None:
    """An app is started and ended many times in a test suite."""
    reader = reader_of(database)
    for _ in range(3):
        assert (await reader.read("42", {}, 0.0)).terms == RESERVED
        await reader.close()
    await reader.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("no url", "tracks.reader.url"),
        ("", "tracks.reader.url"),
        ("mystery+async://host/db", "tracks.reader.url"),
        ("sqlite+mystery:///music.db", "tracks.reader.url"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_at_once(url: str, problem: str) -> None:
    """With the key of the configuration."""
    with pytest.raises(ReaderError, match=problem):
        SqlReader(url, QUERY)


def test_nothing_is_opened_in_the_constructor(tmp_path: Path) -> None:
    """Workers fork after it; the database may come up later than the site."""
    reader_of(tmp_path / "later.db")
    assert list(tmp_path.iterdir()) == []
