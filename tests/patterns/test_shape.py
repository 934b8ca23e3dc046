"""The shape of a request's headers."""

import pytest

from noscrape.patterns.shape import Shapes
from noscrape.request import Headers


def headers(*names: str) -> Headers:
    return [(name.encode(), b"x") for name in names]


BROWSER = ("host", "user-agent", "accept", "accept-language", "accept-encoding", "connection", "sec-fetch-site")


class TestOrder:
    """A number for the order of those names that are a client's own."""

    @pytest.mark.parametrize(
        "more", ["cookie", "referer", "x-forwarded-for", "cf-ray", "range", "if-none-match", "dnt", "sec-fetch-user"]
    )
    def test_what_comes_and_goes_is_left_out(self, more: str) -> None:
        """With one and the same client, or with a proxy."""
        shapes = Shapes()
        assert shapes.shape(headers(*BROWSER)).order == shapes.shape(headers(more, *BROWSER)).order

    def test_another_order_is_another_client(self) -> None:
        """Though the names are the same."""
        shapes = Shapes()
        assert shapes.shape(headers(*BROWSER)).order != shapes.shape(headers(*reversed(BROWSER))).order

    def test_it_is_the_same_in_every_process(self) -> None:
        """Processes tell each other of orders, and a restart keeps them."""
        assert 1_511_638_013_161_471_410 == Shapes().shape(headers(*BROWSER)).order

    def test_too_few_names_are_none(self) -> None:
        """Anybody sends `host` and `accept`."""
        assert 0 == Shapes().shape(headers("host", "user-agent", "accept")).order


def test_what_is_there() -> None:
    """And where, for those whose values are looked at."""
    shape = Shapes().shape(headers("referer", "sec-ch-ua", "sec-fetch-mode", "sec-fetch-dest", "accept-language"))
    assert (True, True, True, True) == (shape.hints, shape.metadata, shape.dest, shape.language)
    assert (-1, 2, 0, False) == (shape.site, shape.mode, shape.referer, shape.forwarded)


def test_forwarded() -> None:
    """Whether somebody says that it speaks for another."""
    assert Shapes().shape(headers("host", "x-forwarded-for")).forwarded


def test_a_client_that_changes_everything_fills_no_memory() -> None:
    """Shapes are kept up to a bound, and walls of names are cut."""
    shapes = Shapes()
    for number in range(10_000):
        shapes.shape(headers("host", f"x-{number}"))
    shapes.shape(headers(*(f"x-{number}" for number in range(5_000))))
    assert len(shapes._known) <= 4096
    assert max(map(len, shapes._known)) <= 64
