"""Putting a file in the place of another in one step: whoever reads meanwhile gets the old one or the new one."""

import contextlib
import os
import tempfile
from pathlib import Path


def replace(file: Path, data: bytes) -> None:
    """Write a file, readable for everybody. Raises OSError, and then the old one is as it was."""
    handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        os.chmod(temporary, 0o644)  # who reads it may be another user than who wrote it
        os.replace(temporary, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
