"""A reader that is a function of the app's: `(track_id, scope)`, sync or async."""

from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final

from noscrape.reservation import Reservation, Value, reservation

#: Calls of a sync reader that may run at once: it has threads of its own, so that a slow one starves nobody else.
THREADS: Final = 8

ReadReservation = Callable[[str, MutableMapping[str, Any]], Value | Awaitable[Value]]


class CallableReader:
    """Asks the app. A sync function runs in a thread, since it may wait for a database."""

    source = "reader"

    def __init__(self, function: ReadReservation) -> None:
        self._function = function
        self._async = iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__)
        self._threads: ThreadPoolExecutor | None = None

    async def read(self, track: str, scope: MutableMapping[str, Any], now: float) -> Reservation:
        """What the app says of a track. Raises whatever the function raises, and ReservationError for nonsense."""
        answer: Any
        if self._async:
            answer = self._function(track, scope)
        else:
            answer = await self._in_thread(track, scope)
        if isawaitable(answer):
            answer = await answer
        return reservation(answer, source=self.source, now=now)

    async def _in_thread(self, track: str, scope: MutableMapping[str, Any]) -> Any:
        if self._threads is None:  # made on the first call: workers fork after the constructor
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="noscrape-reader")
        return await get_running_loop().run_in_executor(self._threads, self._function, track, scope)

    async def close(self) -> None:
        """Let go of the threads; a call that hangs is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None  # an app that is started again, as tests do, gets new ones
