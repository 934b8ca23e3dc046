"""What holds for all tests."""

from importlib.util import find_spec
from shutil import which
from typing import Final

import pytest

#: What the tests with a marker need; CI runs the others against the bare wheel too.
NEEDED: Final = {
    "sql": ("sqlalchemy", "aiosqlite"),
    "files": ("tinytag",),
    "c2pa": ("c2pa", "tinytag", "cryptography"),
    "dns": ("aiodns",),
    "signatures": ("http_message_signatures", "cryptography"),
    "mutagen": ("mutagen", "tinytag"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests whose extra is not installed."""
    for marker, modules in NEEDED.items():
        if all(find_spec(module) for module in modules):
            continue
        skip = pytest.mark.skip(reason=f"needs {' and '.join(modules)}")
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(skip)
    if find_spec("redis") is None or which("redis-server") is None:
        for item in items:
            if item.get_closest_marker("redis"):
                item.add_marker(pytest.mark.skip(reason="needs redis and redis-server"))
