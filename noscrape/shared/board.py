"""A board in Redis, by which workers and hosts tell each other of scrapers: in a thread, so that no request waits."""

import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from math import isfinite
from threading import Event, Thread
from typing import Any, Final

from noscrape.errors import StoreError
from noscrape.patterns.stop import Stop
from noscrape.shared import client as store
from noscrape.shared.breaker import Breaker

#: How often the board is looked at, in seconds.
_LOOK_SECONDS: Final = 0.5

#: What may wait to be written, and suspects that are told of at once.
_QUEUE: Final = 2_000
_AT_ONCE: Final = 200

#: How long what was counted of a suspect is kept, in seconds.
_SUMS_SECONDS: Final = 43_200


class RedisBoard:
    """Publishes stops and lifts, and takes those of others; adds up what all have counted of a suspect.

    `on_stop`, `on_lift` and `on_sums` are called in the board's own thread. `warn` is told once for each outage.
    """

    def __init__(
        self,
        url: str,
        *,
        on_stop: Callable[[Stop], object],
        on_lift: Callable[[str], object],
        on_sums: Callable[[str, Sequence[float]], object],
        clock: Callable[[], float],
        counters: Counter[str],
        warn: Callable[[str], None],
        width: int,
        seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._url = url
        self._on_stop = on_stop
        self._on_lift = on_lift
        self._on_sums = on_sums
        self._clock = clock
        self._counters = counters
        self._warn = warn
        self._width = width
        self._seconds = seconds
        self._waiting: deque[tuple[str, Any]] = deque(maxlen=_QUEUE)
        self._suspects: deque[tuple[str, Sequence[float]]] = deque(maxlen=_QUEUE)
        self._breaker = Breaker()
        self._client: Any = None
        self._changes: object = None
        self._lifted: dict[str, float] = {}
        self._ending = Event()
        self._thread: Thread | None = None

    # ---- told by requests, which never wait

    def publish(self, stop: Stop) -> None:
        """A stop has begun here."""
        self._add(self._waiting, ("stop", stop))

    def lift(self, target: str) -> None:
        """A stop is over before its time."""
        self._add(self._waiting, ("lift", target))

    def suspect(self, key: str, sums: Sequence[float]) -> None:
        """What has been counted of a suspect since it was last told."""
        self._add(self._suspects, (key, tuple(sums)))

    def _add(self, queue: "deque[Any]", item: object) -> None:
        if len(queue) == queue.maxlen:
            self._counters["board_dropped"] += 1
        queue.append(item)

    # ---- the thread

    def start(self) -> None:
        """Begin to look."""
        self._ending.clear()
        self._thread = Thread(target=self._run, name="noscrape-board", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(5.0)
            self._thread = None

    def _run(self) -> None:
        while not self._ending.wait(self._seconds):
            self.look()
        self.look()

    def look(self) -> None:
        """Write what waits, and read what is new. Never raises: what fails is counted, told once and tried again."""
        now = self._clock()
        if self._breaker.open(now):
            return
        try:
            if self._client is None:
                self._client = store.connected(self._url)
            with store.asked("answer"):
                self._exchange(now)
        except StoreError as error:
            self._counters["store_failures"] += 1
            self._client = self._changes = None
            if self._breaker.failed(now):
                self._warn(f"{error}; until it is back each process decides by what it counts itself")
        else:
            if self._breaker.worked():
                self._warn("the store of [patterns] is back")

    def _exchange(self, now: float) -> None:
        while self._waiting:
            kind, item = self._waiting[0]
            if kind == "stop":
                store.write_stop(self._client, item)
            else:
                store.write_lift(self._client, item, now)
            self._waiting.popleft()
        self._add_up()
        changes = self._client.get(store.CHANGES)
        if changes == self._changes and changes is not None:
            return
        for target, time in store.read_lifts(self._client, now).items():
            if self._lifted.get(target) != time:
                self._lifted[target] = time
                self._on_lift(target)
        self._lifted = {target: time for target, time in self._lifted.items() if now - time < store.LIFT_SECONDS}
        for stop in store.read_stops(self._client, now, self._refused):
            if not any(stop.named(target) and time >= stop.since for target, time in self._lifted.items()):
                self._on_stop(stop)
        self._changes = changes

    def _add_up(self) -> None:
        """Send what was counted here, and take what all have counted together: one pipeline for many suspects."""
        batch = [self._suspects.popleft() for _ in range(min(_AT_ONCE, len(self._suspects)))]
        if not batch:
            return
        pipeline = self._client.pipeline(transaction=False)
        asked = []
        for key, sums in batch:
            name = store.SUMS + key
            for place, number in enumerate(sums):
                if number:
                    pipeline.hincrbyfloat(name, str(place), number)
                    asked.append("")
            pipeline.expire(name, _SUMS_SECONDS)
            pipeline.hgetall(name)
            asked += ["", key]
        for key, answer in zip(asked, pipeline.execute(), strict=True):
            if key and (merged := self._sums(answer)) is not None:
                self._on_sums(key, merged)

    def _sums(self, answer: object) -> Sequence[float] | None:
        """Sums as they must be, None for anything else."""
        sums = [0.0] * self._width
        try:
            for place, number in dict(answer).items():  # type: ignore[call-overload]  # whatever a server answers
                sums[int(place)] = float(number)
        except (TypeError, ValueError, IndexError):
            self._refused("sums of another form")
            return None
        return sums if all(isfinite(number) and 0 <= number < _MOST for number in sums) else None

    def _refused(self, problem: str) -> None:
        self._counters["board_refused"] += 1
        self._warn(f"the store holds what is no stop of ours, which is passed over: {json.dumps(problem[:120])}")


#: No sum of one client's requests reaches this.
_MOST: Final = 1e12
