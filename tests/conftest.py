"""What holds for all tests."""

from importlib.util import find_spec

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `sql` need the extra of that name; CI runs the others against the bare wheel too."""
    if find_spec("sqlalchemy") and find_spec("aiosqlite"):
        return
    skip = pytest.mark.skip(reason="needs the extra noscrape[sql]")
    for item in items:
        if item.get_closest_marker("sql"):
            item.add_marker(skip)
