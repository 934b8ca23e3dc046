"""What has been read of tracks: how long it is kept, what stands in for it, and that nobody waits too long."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from noscrape.readers import NOTHING, Reservations
from noscrape.readers.cache import FAILURE_SECONDS
from noscrape.reservation import NO_TRAINING, OPEN, RESERVED, UNSTATED, Reservation, Terms
from noscrape.words import PURPOSES, Said, Voice
from tests.asgi import Clock

Answer = Callable[[str], Awaitable[Terms]]


class Reader:
    """A reader whose answers a test decides; it counts what it was asked."""

    source = "test"

    def __init__(self, terms: Terms | Exception | None = RESERVED, answer: Answer | None = None) -> None:
        self.terms = terms
        self.answer = answer
        self.asked = Counter[str]()
        self.closed = 0

    async def read(self, track: str, scope: MutableMapping[str, Any], now: float) -> Reservation:
        self.asked[track] += 1
        if self.answer is not None:
            return Reservation(await self.answer(track), self.source, read_at=now)
        if isinstance(self.terms, Exception):
            raise self.terms
        return Reservation(self.terms or UNSTATED, self.source, read_at=now)

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def terms(cache: Reservations, track: str = "42", *, clock: Clock) -> Terms:
    """What a request for a track would be told."""
    return (cache.known(track, clock()) or await cache.read(track, {})).terms


class TestKeeping:
    """Values live for their time, and there is a bound on how many."""

    async def test_a_value_lives_for_its_time(self, clock: Clock) -> None:
        """Up to its end, and not at its end."""
        reader = Reader()
        cache = Reservations(reader, clock=clock, ttl_seconds=60)
        await terms(cache, clock=clock)
        for seconds, reads in ((0, 1), (59.9, 1), (0.1, 2), (59.9, 2), (1, 3)):
            clock.forward(seconds)
            await terms(cache, clock=clock)
            assert reader.asked["42"] == reads

    async def test_without_a_time_each_request_reads(self, clock: Clock) -> None:
        """`cache_seconds = 0`."""
        reader = Reader()
        cache = Reservations(reader, clock=clock, ttl_seconds=0)
        for _ in range(3):
            await terms(cache, clock=clock)
        assert reader.asked["42"] == 3

    async def test_the_time_of_reading_is_kept(self, clock: Clock) -> None:
        """So that evidence can say how old a value was."""
        cache = Reservations(Reader(), clock=clock)
        assert (await cache.read("42", {})).read_at == clock.now

    async def test_it_is_bounded(self, clock: Clock) -> None:
        """What was read longest ago goes first, and is counted."""
        reader, counters = Reader(), Counter[str]()
        cache = Reservations(reader, clock=clock, bound=3, counters=counters)
        for track in "12345":
            await terms(cache, track, clock=clock)
        assert (len(cache), counters["reservations_evicted"]) == (3, 2)
        assert [cache.known(track, clock()) is not None for track in "12345"] == [False, False, True, True, True]

    async def test_what_is_heard_is_bounded_too(self, clock: Clock) -> None:
        """An app that says `noai` on every address cannot fill the memory."""
        cache = Reservations(None, clock=clock, bound=10)
        for track in range(1000):
            cache.heard(str(track), NO_TRAINING, "header:x-robots-tag", clock())
        assert len(cache) == 10

    async def test_without_a_reader_nothing_is_said(self, clock: Clock) -> None:
        """And nothing is kept for it."""
        cache = Reservations(None, clock=clock)
        assert cache.known("42", clock()) is NOTHING
        assert await cache.read("42", {}) is NOTHING
        assert len(cache) == 0


class TestForgetting:
    """`forget()` makes a change hold with the next request."""

    async def test_one_track(self, clock: Clock) -> None:
        """The others stay."""
        reader = Reader()
        cache = Reservations(reader, clock=clock)
        for track in ("42", "7"):
            await terms(cache, track, clock=clock)
        cache.forget("42")
        for track in ("42", "7"):
            await terms(cache, track, clock=clock)
        assert reader.asked == {"42": 2, "7": 1}

    async def test_all(self, clock: Clock) -> None:
        """Also one that was never known."""
        reader = Reader()
        cache = Reservations(reader, clock=clock)
        await terms(cache, clock=clock)
        cache.forget()
        cache.forget("unknown")
        await terms(cache, clock=clock)
        assert reader.asked["42"] == 2

    @pytest.mark.parametrize("everything", [False, True])
    async def test_a_read_that_was_under_way_is_not_kept(self, clock: Clock, everything: bool) -> None:
        """It may have seen the value from before the change; the next request reads anew, and does not share it."""
        proceed = asyncio.Event()
        answers = [OPEN, RESERVED]

        async def answer(track: str) -> Terms:
            found = answers.pop(0)
            await proceed.wait()
            return found

        cache = Reservations(Reader(answer=answer), clock=clock)
        early = asyncio.create_task(cache.read("42", {}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        cache.forget(None if everything else "42")
        late = asyncio.create_task(cache.read("42", {}))
        await asyncio.sleep(0)
        proceed.set()
        assert ((await early).terms, (await late).terms) == (OPEN, RESERVED)
        known = cache.known("42", clock())
        assert known is not None
        assert known.terms == RESERVED

    async def test_nor_if_it_ends_after_the_new_one(self, clock: Clock) -> None:
        """The older answer does not take the place of the newer."""
        proceed = asyncio.Event()
        answers = [OPEN, RESERVED]

        async def answer(track: str) -> Terms:
            found = answers.pop(0)
            if found is OPEN:
                await proceed.wait()
            return found

        cache = Reservations(Reader(answer=answer), clock=clock)
        early = asyncio.create_task(cache.read("42", {}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        cache.forget("42")
        assert (await cache.read("42", {})).terms == RESERVED
        proceed.set()
        assert (await early).terms == OPEN
        assert await terms(cache, clock=clock) == RESERVED


class TestSingleFlight:
    """Requests that miss the same track share one read."""

    async def test_one_read_for_all(self, clock: Clock) -> None:
        """Each track is read once, however many ask for it."""
        reader = Reader(answer=lambda track: asyncio.sleep(0, RESERVED))
        cache = Reservations(reader, clock=clock)
        await asyncio.gather(*(cache.read(str(number % 3), {}) for number in range(300)))
        assert reader.asked == {"0": 1, "1": 1, "2": 1}

    async def test_several_tracks_are_read_at_once(self, clock: Clock) -> None:
        """Those that are known are not read."""
        all_there = asyncio.Barrier(3)

        async def answer(track: str) -> Terms:
            await all_there.wait()
            return RESERVED

        cache = Reservations(reader := Reader(answer=answer), clock=clock)
        first = await cache.read_all(("1", "2", "3"), {})
        all_there = asyncio.Barrier(1)
        second = await cache.read_all(("1", "4"), {})
        assert [said.terms for said in (*first, *second)] == [RESERVED] * 5
        assert reader.asked == {"1": 1, "2": 1, "3": 1, "4": 1}

    async def test_a_read_of_another_event_loop_is_not_shared(self, clock: Clock) -> None:
        """Tests, and some servers, run one app on several loops; one cannot wait for another."""
        begun, proceed = threading.Event(), threading.Event()

        async def answer(track: str) -> Terms:
            if not begun.is_set():
                begun.set()
                await asyncio.to_thread(proceed.wait, 30)
            return RESERVED

        cache = Reservations(Reader(answer=answer), clock=clock, timeout_seconds=60)
        other = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(cache.read("42", {}))))
        await asyncio.to_thread(begun.wait, 30)
        here = await cache.read("42", {})
        proceed.set()
        assert (here.terms, (await other).terms) == (RESERVED, RESERVED)


class TestFailure:
    """A reader that fails: the last known value, then `on_failure`."""

    @pytest.mark.parametrize(("on_failure", "expected"), [(Said.RESERVED, RESERVED), (Said.OPEN, OPEN)])
    async def test_without_an_earlier_value_the_operator_has_said_what_holds(
        self, clock: Clock, on_failure: Said, expected: Terms
    ) -> None:
        """It is the site's word, and never taken for the owner's."""
        cache = Reservations(Reader(OSError("gone")), clock=clock, on_failure=on_failure)
        said = await cache.read("42", {})
        assert (said.terms, said.source, said.by) == (expected, "on-failure", Voice.SITE)

    async def test_the_last_known_value_goes_on(self, clock: Clock) -> None:
        """However often the reader fails, with its own source and time."""
        reader = Reader(OPEN)
        cache = Reservations(reader, clock=clock, ttl_seconds=60)
        first = await cache.read("42", {})
        reader.terms = OSError("gone")
        for _ in range(5):
            clock.forward(60)
            assert await cache.read("42", {}) == first

    async def test_a_database_that_is_gone_is_not_asked_for_every_request(self, clock: Clock) -> None:
        """A failure is kept for some seconds, and then tried again."""
        reader = Reader(OSError("gone"))
        cache = Reservations(reader, clock=clock, ttl_seconds=3600)
        await terms(cache, clock=clock)
        clock.forward(FAILURE_SECONDS - 0.1)
        await terms(cache, clock=clock)
        assert reader.asked["42"] == 1
        clock.forward(0.1)
        reader.terms = OPEN
        assert await terms(cache, clock=clock) == OPEN

    async def test_it_is_counted_each_time_and_told_once_until_it_works_again(
        self, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A log that is full of the same traceback is read by nobody."""
        counters = Counter[str]()
        reader = Reader(OSError("gone"))
        cache = Reservations(reader, clock=clock, counters=counters)
        for track in "123":
            await terms(cache, track, clock=clock)
        assert (counters["reader_failures"], len(caplog.records)) == (3, 1)
        reader.terms = OPEN
        await terms(cache, "4", clock=clock)
        reader.terms = OSError("gone again")
        await terms(cache, "5", clock=clock)
        assert [("gone" in record.getMessage()) for record in caplog.records] == [True, True]

    async def test_one_that_cancels_itself_is_a_failure(self, clock: Clock) -> None:
        """A driver's own cancellation must not end the request."""
        cache = Reservations(Reader(answer=self.cancelled), clock=clock)
        assert await terms(cache, clock=clock) == RESERVED

    @staticmethod
    async def cancelled(track: str) -> Terms:
        raise asyncio.CancelledError

    async def test_one_that_is_too_slow_is_told_as_such(self, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
        """With the limit that it missed."""
        forever = asyncio.Event()

        async def answer(track: str) -> Terms:
            await forever.wait()
            return OPEN

        cache = Reservations(Reader(answer=answer), clock=clock, timeout_seconds=0.001)
        assert await terms(cache, clock=clock) == RESERVED
        assert "no answer within 0.001 s" in caplog.text

    async def test_one_that_will_not_be_cancelled_is_not_waited_for(self, clock: Clock) -> None:
        """Drivers may take long to let go: a locked SQLite file takes five seconds."""
        proceed = asyncio.Event()
        ended = asyncio.Event()

        async def answer(track: str) -> Terms:
            while not proceed.is_set():
                try:
                    await proceed.wait()
                except asyncio.CancelledError:
                    continue
            ended.set()
            raise LookupError("too late to be of interest")

        cache = Reservations(Reader(answer=answer), clock=clock, timeout_seconds=0.001)
        assert await terms(cache, clock=clock) == RESERVED
        proceed.set()
        await ended.wait()
        await asyncio.sleep(0)


class TestHeard:
    """What the app's own answer reserved is kept beside what was read."""

    async def test_it_adds_to_what_is_read(self, clock: Clock) -> None:
        """Both sources are named."""
        cache = Reservations(Reader(OPEN), clock=clock)
        await cache.read("42", {})
        cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        said = cache.known("42", clock())
        assert said is not None
        assert (said.terms.reserved, said.source) == (NO_TRAINING.reserved, "test+header:x-robots-tag")

    async def test_it_survives_reading_anew(self, clock: Clock) -> None:
        """Only `forget()` lifts it."""
        cache = Reservations(Reader(OPEN), clock=clock, ttl_seconds=60)
        await cache.read("42", {})
        cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        clock.forward(60)
        assert (await terms(cache, clock=clock)).reserved == NO_TRAINING.reserved
        cache.forget("42")
        assert await terms(cache, clock=clock) == OPEN

    async def test_it_survives_a_failure_of_the_reader(self, clock: Clock) -> None:
        """Also where a failure counts as open."""
        reader = Reader(OSError("gone"))
        cache = Reservations(reader, clock=clock, on_failure=Said.OPEN)
        await cache.read("42", {})
        cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        clock.forward(60)
        assert (await terms(cache, clock=clock)).reserved == NO_TRAINING.reserved

    async def test_heard_while_the_reader_was_asked(self, clock: Clock) -> None:
        """Neither takes the place of the other."""
        proceed = asyncio.Event()

        async def answer(track: str) -> Terms:
            await proceed.wait()
            return OPEN

        cache = Reservations(Reader(answer=answer), clock=clock)
        reading = asyncio.create_task(cache.read("42", {}))
        await asyncio.sleep(0)
        cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        proceed.set()
        assert (await reading).terms.reserved == NO_TRAINING.reserved

    async def test_it_does_not_stand_in_for_the_reader(self, clock: Clock) -> None:
        """The reader may reserve more, so it is asked."""
        reader = Reader(RESERVED)
        cache = Reservations(reader, clock=clock)
        cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        assert (await terms(cache, clock=clock)).reserved == PURPOSES

    async def test_without_a_reader_it_is_all_there_is(self, clock: Clock) -> None:
        """And lasts."""
        cache = Reservations(None, clock=clock)
        cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        clock.forward(1e6)
        assert await terms(cache, clock=clock) == NO_TRAINING


class TestChanges:
    """Changes are told as they are seen."""

    async def test_each_change_once(self, clock: Clock) -> None:
        """The first reading is none, and a failure is none."""
        told: list[tuple[str, Terms, Terms]] = []
        reader = Reader(OPEN)
        cache = Reservations(
            reader,
            clock=clock,
            ttl_seconds=60,
            on_change=lambda track, before, after, now: told.append((track, before.terms, after.terms)),
        )
        for answer in (OPEN, OPEN, RESERVED, OSError("gone"), RESERVED, UNSTATED):
            reader.terms = answer
            await cache.read("42", {})
            clock.forward(60)
        assert told == [("42", OPEN, RESERVED), ("42", RESERVED, UNSTATED)]

    @pytest.mark.parametrize("everything", [False, True])
    async def test_one_that_comes_by_forgetting(self, clock: Clock, *, everything: bool) -> None:
        """`forget()` is how an app makes a new tag hold, so the change that it brings is told like any other."""
        told: list[tuple[Terms, Terms]] = []
        reader = Reader(OPEN)
        cache = Reservations(
            reader, clock=clock, on_change=lambda track, before, after, now: told.append((before.terms, after.terms))
        )
        await cache.read("42", {})
        reader.terms = RESERVED
        cache.forget(None if everything else "42")
        assert cache.known("42", clock()) is None
        assert (await cache.read("42", {})).terms == RESERVED
        assert told == [(OPEN, RESERVED)]

    async def test_what_is_heard_is_one(self, clock: Clock) -> None:
        """Once, and not each time that it is heard."""
        told: list[str] = []
        cache = Reservations(None, clock=clock, on_change=lambda track, before, after, now: told.append(after.source))
        for _ in range(3):
            cache.heard("42", NO_TRAINING, "header:x-robots-tag", clock())
        assert told == ["header:x-robots-tag"]


async def test_close_ends_what_is_under_way(clock: Clock) -> None:
    """Nothing keeps a server from ending."""
    forever = asyncio.Event()

    async def answer(track: str) -> Terms:
        await forever.wait()
        return OPEN

    reader = Reader(answer=answer)
    cache = Reservations(reader, clock=clock, timeout_seconds=60)
    reading = asyncio.create_task(cache.read("42", {}))
    for _ in range(3):
        await asyncio.sleep(0)
    await cache.close()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert reader.closed == 1
