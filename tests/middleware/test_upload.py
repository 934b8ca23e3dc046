"""What an uploader says of a work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape import declared
from noscrape.reservation import NO_TRAINING, TRAINING_OPEN, Terms
from noscrape.words import Voice
from tests.asgi import scope_of, websocket_scope


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
@pytest.mark.parametrize(
    ("lines", "terms"),
    [
        ([b"train-ai=n"], NO_TRAINING),
        ([b"train-ai=y"], TRAINING_OPEN),
        ([b"search=y", b"train-ai=n"], NO_TRAINING),
    ],
)
def test_what_it_says(method: str, lines: list[bytes], terms: Terms) -> None:
    """All lines together, as one field (draft-ietf-aipref-attach-05: requests may carry it)."""
    said = declared(scope_of(method=method, headers=[(b"Content-Usage", line) for line in lines]))

    assert said is not None
    assert (terms, "upload:content-usage", Voice.OWNER) == (said.terms, said.source, said.by)


@pytest.mark.parametrize(
    "lines", [[], [b""], [b"train-ai=no"], [b"train-ai=n,"], [b"search=n"], [b"train-ai=n" + b" " * 9000]]
)
def test_what_says_nothing(lines: list[bytes]) -> None:
    """Nothing, something else, or nothing that parses: unknown, and never open."""
    assert declared(scope_of(method="PUT", headers=[(b"content-usage", line) for line in lines])) is None


def test_a_request_that_brings_nothing_says_nothing() -> None:
    """The field is about the content of its own message."""
    headers = [(b"content-usage", b"train-ai=n")]
    assert declared(scope_of(method="GET", headers=headers)) is None
    assert declared(websocket_scope()) is None


@given(st.binary(max_size=200))
def test_any_bytes(value: bytes) -> None:
    """Nothing that a client sends raises."""
    said = declared(scope_of(method="PUT", headers=[(b"content-usage", value)]))
    assert said is None or said.terms in (NO_TRAINING, TRAINING_OPEN)
