"""What a running app keeps of patterns beside it, and shares with others: threads that start with its first request."""

import logging
from collections import Counter
from collections.abc import Callable

from noscrape.kept import Keeper, Kept, read_learnt, read_stops
from noscrape.patterns import WIDTH
from noscrape.shared import RedisBoard
from noscrape.site import Site, patterns_folder, shared_store

logger = logging.getLogger("noscrape")


class Keeping:
    """Keeps what the watch of a site has learnt and found. `site` tells the one that is at work now."""

    def __init__(
        self,
        site: Callable[[], Site],
        *,
        clock: Callable[[], float],
        counters: Counter[str],
        warn: Callable[[str], None],
    ) -> None:
        self._site = site
        self._clock = clock
        self._counters = counters
        self._warn = warn
        self._keeper: Keeper | None = None
        self._board: RedisBoard | None = None

    def start(self) -> None:
        """Read what was kept, and begin. It reads files, and so it is called in a thread."""
        site = self._site()
        loaded, watch = site.loaded, site.watch
        if not loaded.config.patterns.enabled:
            return
        folder, store = patterns_folder(loaded), shared_store(loaded.config)
        if folder is not None:
            learnt, problem = read_learnt(folder)
            if learnt is not None and not watch.trust.good:
                try:
                    watch.trust.adopt(learnt)
                except ValueError as error:
                    problem = f"{folder}: what was learnt of this site is passed over: {error}; it is learnt anew"
            if problem:
                self._warn(problem)
            for stop in read_stops(folder, self._clock()).stops:
                watch.take(stop)
            self._keeper = Keeper(
                folder,
                state=lambda: Kept(watch.stops.current(self._clock()), watch.status(), watch.trust.as_dict()),
                changes=lambda: watch.stops.changes,
                on_lift=watch.lift,
                clock=self._clock,
                counters=self._counters,
            )
            self._keeper.start()
        if store:
            self._board = RedisBoard(
                store,
                on_stop=watch.take,
                on_lift=watch.lift,
                on_sums=watch.merge,
                clock=self._clock,
                counters=self._counters,
                warn=self._warn,
                width=WIDTH,
            )
            watch.board = self._board
            self._board.start()

    def stop(self) -> None:
        """Write what there is, and end the threads."""
        for one in (self._board, self._keeper):
            if one is not None:
                one.stop()
        self._board = self._keeper = None
