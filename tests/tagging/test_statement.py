"""What is written, and whether a file says it already."""

import pytest

from noscrape.tagging import Standing, fields, standing

ALL = {"content-usage": "train-ai=n", "tdm-reservation": "1"}


def test_the_fields() -> None:
    """Those of standards.md 8.1, with the URL of the terms where there is one."""
    assert ALL == fields()
    assert ALL | {"tdm-policy": "https://music.example/ai"} == fields(policy="https://music.example/ai")


@pytest.mark.parametrize(
    ("said", "missing", "contrary"),
    [
        ([], ["content-usage", "tdm-reservation"], []),
        ([("content-usage", "train-ai=n"), ("tdm-reservation", "1")], [], []),
        ([("content-usage", " train-ai = n"), ("tdm-reservation", " 1 ")], ["content-usage"], ["content-usage"]),
        ([("content-usage", "train-ai=n, search=n"), ("tdm-reservation", "1")], [], []),
        ([("content-usage", "train-ai=n")], ["tdm-reservation"], []),
        ([("content-usage", "train-ai=y"), ("tdm-reservation", "1")], ["content-usage"], ["content-usage"]),
        ([("content-usage", "search=n"), ("tdm-reservation", "1")], ["content-usage"], ["content-usage"]),
        ([("content-usage", "train-ai=n"), ("tdm-reservation", "0")], ["tdm-reservation"], ["tdm-reservation"]),
        (
            [("content-usage", "train-ai=n"), ("content-usage", "train-ai=y"), ("tdm-reservation", "1")],
            ["content-usage"],
            ["content-usage"],
        ),
        ([("no-ai", "1")], ["content-usage", "tdm-reservation"], []),
    ],
)
def test_standing(said: list[tuple[str, str]], missing: list[str], contrary: list[str]) -> None:
    """A field that says more than is wanted may stay; one that says less is contrary to it. (This is our choice.)"""
    found = standing(ALL, said)
    assert (missing, contrary) == (list(found.missing), [name for name, _ in found.contrary])


def test_the_policy_is_compared_as_it_is() -> None:
    """Another URL is contrary."""
    said = [*ALL.items(), ("tdm-policy", "https://music.example/old")]
    expected = Standing({"tdm-policy": "https://music.example/new"}, [("tdm-policy", "https://music.example/old")])
    assert expected == standing(fields(policy="https://music.example/new"), said)
    assert Standing({}, []) == standing(fields(policy="https://music.example/old"), said)
    assert Standing({}, []) == standing(fields(), said)
