"""A store that does not answer is left alone for a while."""

from noscrape.shared import Breaker


def test_open_for_a_while() -> None:
    """Then one may try."""
    breaker = Breaker(seconds=5.0)
    assert (False, True) == (breaker.open(0.0), breaker.failed(100.0))
    assert [True, True, False] == [breaker.open(now) for now in (100.0, 104.9, 105.0)]
    assert not breaker.failed(105.0)
    assert breaker.open(106.0)


def test_news_are_told_once() -> None:
    """Of an outage, and of its end."""
    breaker = Breaker()
    assert [True, False] == [breaker.failed(now) for now in (1.0, 2.0)]
    assert [True, False] == [breaker.worked() for _ in range(2)]


def test_a_clock_that_jumps_back_holds_nobody_up() -> None:
    """A failure in the future is over."""
    breaker = Breaker()
    breaker.failed(1e9)
    assert not breaker.open(0.0)
