"""Redis as stops are kept in it: a hash of stops, one of lifts, and a count of changes that tells when to look.

All keys stand in one slot of a cluster. `redis://`, `rediss://`, `redis+sentinel://`, `redis+cluster://` and `redis+unix://`
are spelled as the library `limits` spells them, and it makes the client.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from limits.storage import storage_from_string

from noscrape.errors import StoreError
from noscrape.patterns.stop import Stop
from noscrape.patterns.written import as_dict, stop_of

PREFIX: Final = "noscrape:{patterns}:"
STOPS: Final = PREFIX + "stops"
LIFTS: Final = PREFIX + "lifts"
CHANGES: Final = PREFIX + "changes"
SUMS: Final = PREFIX + "sums:"

#: Stops and lifts that are read at most; more of them are not ours.
MOST_READ: Final = 10_000

#: How long a lift is remembered, for processes that look later, in seconds.
LIFT_SECONDS: Final = 86_400.0

#: How long the command line and the background wait for an answer, in seconds.
_PATIENCE: Final = 1.0


def connected(url: str, *, seconds: float = _PATIENCE) -> Any:
    """A client for a store. Nothing is asked yet. Raises StoreError where the extra is missing or the URL is wrong."""
    try:
        storage: Any = storage_from_string(url, socket_timeout=seconds, socket_connect_timeout=seconds)
    except Exception as error:  # the library's own errors, of several kinds; none of them is a request's
        raise StoreError(
            f"the store cannot be used: {_words(error)}; wanted redis://host:port, and noscrape[redis]"
        ) from None
    return storage.get_connection()


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Whatever a store answers that is no answer becomes one error in words. Raises StoreError."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:  # redis-py's, the socket's, and those of a server of another kind
        raise StoreError(f"the store does not {what}: {_words(error)}") from None


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def write_stop(client: Any, stop: Stop) -> None:
    """Make a stop known."""
    pipeline = client.pipeline(transaction=False)
    pipeline.hset(STOPS, stop.key, json.dumps(as_dict(stop)))
    pipeline.incr(CHANGES)
    pipeline.execute()


def write_lift(client: Any, target: str, now: float) -> None:
    """Make a lift known."""
    pipeline = client.pipeline(transaction=False)
    pipeline.hset(LIFTS, target[:64], repr(now))
    pipeline.incr(CHANGES)
    pipeline.execute()


def read_lifts(client: Any, now: float) -> dict[str, float]:
    """The lifts of a day, by what was lifted. Old ones are removed."""
    found, old = {}, []
    for target, text in _items(client, LIFTS):
        try:
            time = float(text)
        except ValueError:
            time = 0.0
        if abs(now - time) < LIFT_SECONDS:
            found[target] = time
        else:
            old.append(target)
    if old:
        client.hdel(LIFTS, *old)
    return found


def read_stops(client: Any, now: float, refused: Callable[[str], None]) -> Iterator[Stop]:
    """The stops in force. What is none is told to `refused`; what has ended is removed."""
    over = []
    for key, text in _items(client, STOPS):
        try:
            stop = stop_of(json.loads(text), now)
        except (ValueError, RecursionError) as error:
            refused(str(error))
            continue
        if stop.until <= now or stop.key != key:
            over.append(key)
        else:
            yield stop
    if over:
        client.hdel(STOPS, *over)


def _items(client: Any, key: str) -> Iterator[tuple[str, str]]:
    for count, (name, value) in enumerate(client.hscan_iter(key, count=500)):
        if count >= MOST_READ:
            return
        yield name.decode("utf-8", "replace"), value.decode("utf-8", "replace")


def stops_in(url: str, now: float) -> list[Stop]:
    """The stops that all processes have made known. Raises StoreError."""
    client = connected(url)
    with asked("answer"):
        lifted = read_lifts(client, now)
        found = list(read_stops(client, now, lambda problem: None))
    return [
        stop for stop in found if not any(stop.named(target) for target, time in lifted.items() if time >= stop.since)
    ]


def lift_in(url: str, target: str, now: float) -> None:
    """Let all processes know that a stop is over. Raises StoreError."""
    client = connected(url)
    with asked("take it"):
        write_lift(client, target, now)
