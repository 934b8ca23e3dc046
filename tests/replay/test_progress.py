"""The bar shows how far a replay has come, on a terminal alone."""

import io
from pathlib import Path

import pytest

from noscrape.replay import Progress, Source


class Screen(io.StringIO):
    """A terminal without a width of its own."""

    def isatty(self) -> bool:
        """It is one."""
        return True

    def fileno(self) -> int:
        """No file stands behind it."""
        raise OSError


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def file(tmp_path: Path) -> Source:
    """A file of 1000 bytes."""
    path = tmp_path / "access.log"
    path.write_bytes(b"x" * 1000)
    return Source(str(path))


def test_bar(file: Source) -> None:
    """Bytes done of all, lines, and the time that is left."""
    screen, clock = Screen(), Clock()
    bar = Progress([file], stream=screen, clock=clock)
    file.done, clock.seconds = 250, 35.0
    bar.show(1234)
    assert screen.getvalue() == "\r\x1b[K[######..................]  25%  1,234 lines  1:30 left"


def test_not_too_often(file: Source) -> None:
    """It is drawn a few times a second at most, however fast lines come, and taken away in the end."""
    screen, clock = Screen(), Clock()
    bar = Progress([file], stream=screen, clock=clock)
    for number in range(100):
        clock.seconds += 0.01
        bar.show(number)
    bar.clear()
    assert screen.getvalue().count("lines") == 5
    assert screen.getvalue().endswith("\r\x1b[K")


def test_size_not_known(file: Source) -> None:
    """Where one of the inputs has no size, lines alone are shown."""
    screen = Screen()
    Progress([file, Source("-", stdin=io.BufferedReader(io.BytesIO()))], stream=screen, clock=Clock()).show(1234)
    assert screen.getvalue() == "\r\x1b[K1,234 lines"


def test_empty_files(tmp_path: Path) -> None:
    """Files without anything in them divide nothing by zero."""
    (tmp_path / "empty").write_bytes(b"")
    screen = Screen()
    Progress([Source(str(tmp_path / "empty"))], stream=screen, clock=Clock()).show(0)
    assert screen.getvalue() == "\r\x1b[K0 lines"


def test_silent_elsewhere(file: Source) -> None:
    """In a file or a pipe there is no bar."""
    stream = io.StringIO()
    bar = Progress([file], stream=stream, clock=Clock())
    bar.show(1)
    bar.clear()
    assert stream.getvalue() == ""
