"""A server for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared.server import Redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """One that runs."""
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()
