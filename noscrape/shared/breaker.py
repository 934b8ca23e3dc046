"""A store that does not answer is left alone for a while, so that no request waits for it."""

#: How long it is left alone, in seconds.
SECONDS = 5.0


class Breaker:
    """Whether a store is to be asked. Time is an argument, in epoch seconds."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._failed: float | None = None

    @property
    def broken(self) -> bool:
        """Whether the last that was heard of the store is that it failed."""
        return self._failed is not None

    def open(self, now: float) -> bool:
        """Whether the store is not to be asked now. After a while one may try; the clock may jump."""
        return self._failed is not None and 0.0 <= now - self._failed < self._seconds

    def failed(self, now: float) -> bool:
        """The store has failed; whether that is news."""
        news = self._failed is None
        self._failed = now
        return news

    def worked(self) -> bool:
        """The store has answered; whether that is news."""
        news = self._failed is not None
        self._failed = None
        return news
