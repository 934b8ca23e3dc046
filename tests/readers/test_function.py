"""A reader that is a function of the app's."""

import asyncio
import threading
from collections.abc import MutableMapping
from functools import partial
from typing import Any

import pytest

from noscrape import NO_SUCH_TRACK
from noscrape.errors import ReservationError
from noscrape.readers import CallableReader
from noscrape.readers.function import THREADS
from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, UNSTATED, Reservation, Terms
from noscrape.words import Voice

Scope = MutableMapping[str, Any]


def plain(answer: object, track: str, scope: Scope) -> object:
    return answer


async def later(answer: object, track: str, scope: Scope) -> object:
    await asyncio.sleep(0)
    return answer


class Plain:
    """An object that can be called."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __call__(self, track: str, scope: Scope) -> object:
        return self.answer


class Later(Plain):
    """An object that can be called and awaited."""

    async def __call__(self, track: str, scope: Scope) -> object:
        return self.answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (True, RESERVED),
        (False, OPEN),
        (None, UNSTATED),
        (1, RESERVED),
        ("no-ai", RESERVED),
        ("open", OPEN),
        ("train-ai=n", NO_TRAINING),
        ("tdm-reservation: 1", NO_TRAINING),
        (["open", "no-training"], Terms(reserved=NO_TRAINING.reserved, open=OPEN.open - NO_TRAINING.reserved)),
        (Reservation(NO_TRAINING, "mine"), NO_TRAINING),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [
        lambda answer: partial(plain, answer),
        lambda answer: partial(later, answer),
        lambda answer: lambda track, scope: answer,
        lambda answer: lambda track, scope: later(answer, track, scope),
        Plain,
        Later,
    ],
    ids=["function", "coroutine function", "lambda", "lambda that returns a coroutine", "object", "async object"],
)
async def test_whatever_it_is_and_answers(kind: Any, answer: object, expected: Terms) -> None:
    """Sync or async, in every shape that Python has for it."""
    reader = CallableReader(kind(answer))
    found = await reader.read("42", {}, 7.0)
    await reader.close()
    assert (found.terms, found.read_at) == (expected, 7.0)


async def test_it_is_given_the_track_and_the_scope() -> None:
    """The scope of the request that asks, so that a tenant can be told from another."""
    seen: list[tuple[str, Scope]] = []
    scope: Scope = {"type": "http", "path": "/tracks/42"}
    reader = CallableReader(lambda track, scope: seen.append((track, scope)))
    await reader.read("42", scope, 0.0)
    await reader.close()
    assert seen == [("42", scope)]


async def test_a_sync_one_runs_in_a_thread_of_its_own() -> None:
    """It may wait for a database, and must not stop the event loop meanwhile."""
    names: list[str] = []
    reader = CallableReader(lambda track, scope: names.append(threading.current_thread().name))
    await reader.read("42", {}, 0.0)
    await reader.close()
    assert names[0].startswith("noscrape-reader")


async def test_an_async_one_runs_on_the_loop() -> None:
    """Its connections belong there."""
    names: list[str] = []

    async def read(track: str, scope: Scope) -> None:
        names.append(threading.current_thread().name)

    await CallableReader(read).read("42", {}, 0.0)
    assert names == [threading.main_thread().name]


async def test_several_sync_calls_run_at_once() -> None:
    """One slow track does not hold up the others."""
    all_there = threading.Barrier(THREADS, timeout=30)
    reader = CallableReader(lambda track, scope: all_there.wait() >= 0)
    found = await asyncio.gather(*(reader.read(str(number), {}, 0.0) for number in range(THREADS)))
    await reader.close()
    assert {said.terms for said in found} == {RESERVED}


@pytest.mark.parametrize("answer", [7, 2.5, "perhaps", object(), {"no_ai": True}, b"\xff\xff"])
async def test_nonsense_is_neither_yes_nor_no(answer: object) -> None:
    """It raises, which is a failure of the reader."""
    reader = CallableReader(partial(plain, answer))
    with pytest.raises(ReservationError):
        await reader.read("42", {}, 0.0)
    await reader.close()


@pytest.mark.parametrize("kind", [False, True], ids=["sync", "async"])
async def test_what_it_raises_is_passed_on(kind: bool) -> None:
    """Its type and text are what the operator needs to see."""

    def broken(track: str, scope: Scope) -> object:
        raise LookupError("no such table")

    async def broken_later(track: str, scope: Scope) -> object:
        return broken(track, scope)

    reader = CallableReader(broken_later if kind else broken)
    with pytest.raises(LookupError, match="no such table"):
        await reader.read("42", {}, 0.0)
    await reader.close()


async def test_no_such_track_is_an_answer_of_its_own() -> None:
    """Not "nothing was said", and by nobody's voice but the site's."""
    reader = CallableReader(partial(plain, NO_SUCH_TRACK))
    found = await reader.read("42", {}, 0.0)
    await reader.close()
    assert (found.missing, found.terms, found.by) == (True, UNSTATED, Voice.SITE)


async def test_it_can_be_used_again_after_its_end() -> None:
    """An app is started and ended many times in a test suite."""
    reader = CallableReader(partial(plain, True))
    for _ in range(3):
        assert (await reader.read("42", {}, 0.0)).terms == RESERVED
        await reader.close()


async def test_its_end_does_not_wait_for_a_call_that_hangs() -> None:
    """And takes no new one from the queue."""
    released = threading.Event()
    reader = CallableReader(lambda track, scope: released.wait(30))
    reading = asyncio.create_task(reader.read("42", {}, 0.0))
    await asyncio.sleep(0)
    await reader.close()
    released.set()
    assert (await reading).terms == RESERVED


def test_nothing_starts_in_the_constructor() -> None:
    """Workers fork after it."""
    before = threading.active_count()
    CallableReader(partial(plain, True))
    assert threading.active_count() == before
