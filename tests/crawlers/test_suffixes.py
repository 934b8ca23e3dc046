"""Which suffixes of reverse names prove something."""

import pytest

from noscrape.crawlers.suffixes import suffix_problem


@pytest.mark.parametrize(
    "suffix",
    [".googlebot.com", ".crawl.amazonbot.amazon", ".gae.googleusercontent.com", ".Search.MSN.com"],
)
def test_suffixes_that_prove_something(suffix: str) -> None:
    """As operators publish them."""
    assert "" == suffix_problem(suffix)


@pytest.mark.parametrize(
    "suffix",
    [
        ".googleusercontent.com",
        ".bc.googleusercontent.com",
        ".AMAZONAWS.com",
        ".compute-1.amazonaws.com",
        ".westeurope.cloudapp.azure.com",
        ".1e100.net",
    ],
)
def test_suffixes_that_prove_nothing(suffix: str) -> None:
    """Whoever rents a machine there has such a name."""
    assert f"{suffix!r} proves nothing: anybody's machines carry such names" == suffix_problem(suffix)


@pytest.mark.parametrize("suffix", ["googlebot.com", ".com", ".", "", "..com", ".a.com.", ".*.google.com", ". a.b"])
def test_what_is_no_suffix(suffix: str) -> None:
    """A dot at its beginning, and one inside."""
    assert suffix_problem(suffix).startswith(f"got {suffix!r}, wanted a suffix with a dot at its beginning")
