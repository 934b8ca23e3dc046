"""The files of folders, and the bar that shows how far a command has come."""

import io
import os
from pathlib import Path

import pytest

from noscrape.cli import folders
from noscrape.cli.folders import Bar, Walk


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(*paths: str) -> None:
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def walked(folder: str, walk: Walk | None = None) -> list[str]:
    return [path for path, problem in (walk or Walk({"mp3", "flac"})).files(folder) if not problem]


class TestWalk:
    """The files below a folder."""

    def test_in_order(self) -> None:
        """Sorted within each folder, with folders in their place among the files."""
        put("music/b/2.mp3", "music/b/1.flac", "music/c.mp3", "music/a.mp3", "music/b.mp3", "music/b/d/3.MP3")
        expected = ["a.mp3", "b/1.flac", "b/2.mp3", "b/d/3.MP3", "b.mp3", "c.mp3"]
        assert [f"music/{name}" for name in expected] == walked("music")
        assert [f"music/{name}" for name in expected] == walked("music/")

    def test_endings(self) -> None:
        """Only those asked for, in any case; not hidden files, nor what lies in hidden folders."""
        put("m/a.mp3", "m/b.txt", "m/mp3", "m/.c.mp3", "m/.git/d.mp3", "m/e.mp3.bak", "m/f.Flac", "m/.mp3")
        assert ["m/a.mp3", "m/f.Flac"] == walked("m")

    def test_links(self) -> None:
        """Those to files are files. Those to folders are left out and counted: they may lead back."""
        put("m/a.mp3", "elsewhere/b.mp3")
        Path("m/loop").symlink_to(".")
        Path("m/up").symlink_to("..")
        Path("m/elsewhere").symlink_to(Path("elsewhere").resolve())
        Path("m/self.mp3").symlink_to("self.mp3")
        Path("m/c.mp3").symlink_to("../elsewhere/b.mp3")
        Path("m/gone.mp3").symlink_to("nowhere")
        walk = Walk({"mp3"})
        assert ["m/a.mp3", "m/c.mp3", "m/gone.mp3", "m/self.mp3"] == walked("m", walk)
        assert 3 == walk.links

    def test_a_link_that_is_named(self) -> None:
        """Is followed."""
        put("m/a.mp3")
        Path("link").symlink_to("m")
        assert ["link/a.mp3"] == walked("link")

    @pytest.mark.parametrize("held", [1, 2, 3, 7, 8, 100])
    def test_large_folders(self, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """No more names are held at a time than so many, and none is lost or told twice."""
        put(*(f"m/{number}.mp3" for number in range(7)), "m/3/x.mp3")
        Path("m/loop").symlink_to(".")
        monkeypatch.setattr(folders, "_HELD", held)
        walk = Walk({"mp3"})
        expected = ["m/0.mp3", "m/1.mp3", "m/2.mp3", "m/3/x.mp3", *(f"m/{number}.mp3" for number in range(3, 7))]
        assert (expected, 1) == (walked("m", walk), walk.links)

    def test_deep_folders(self) -> None:
        """However deep: what is beyond the longest path is told."""
        start = os.open(".", os.O_RDONLY)
        for _ in range(20):
            os.mkdir("deep" * 60)
            os.chdir("deep" * 60)
        Path("a.mp3").touch()
        os.chdir(start)
        os.close(start)
        ((path, problem),) = Walk({"mp3"}).files("deep" * 60)
        assert ("file name too long", True) == (problem, len(path) > 3_800)

    def test_a_folder_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Is told, and the others are gone through."""
        put("m/a/1.mp3", "m/b/2.mp3", "m/c/3.mp3")
        known = os.scandir

        def scandir(path: str) -> object:
            if path == "m/b":
                raise PermissionError(13, "Permission denied", path)
            return known(path)

        monkeypatch.setattr(os, "scandir", scandir)
        expected = [("m/a/1.mp3", ""), ("m/b", "permission denied"), ("m/c/3.mp3", "")]
        assert expected == list(Walk({"mp3"}).files("m"))

    def test_names_that_are_no_text(self) -> None:
        """Come as they are."""
        Path("m").mkdir()
        Path(os.fsdecode(b"m/caf\xe9.mp3")).touch()
        assert [os.fsdecode(b"m/caf\xe9.mp3")] == walked("m")


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


CLEAR = "\r\x1b[K"


class TestBar:
    """Files done of all that there are."""

    def test_bar(self) -> None:
        """With the time that is left, as soon as it can be told, and the file in hand."""
        screen, clock = Screen(), Clock()
        bar = Bar(stream=screen, clock=clock)
        bar.show("music/one.mp3", done=0, total=10_000)
        assert f"{CLEAR}[........................]   0%  0 of 10,000  one.mp3" == screen.getvalue()
        screen.seek(0)
        screen.truncate()
        clock.seconds = 35.0
        bar.show("music/one.mp3", done=2_500, total=10_000)
        assert f"{CLEAR}[######..................]  25%  2,500 of 10,000  1:30 left  one.mp3" == screen.getvalue()

    def test_counting(self) -> None:
        """Is shown too, as it may take a while; the time that it takes is not counted."""
        screen, clock = Screen(), Clock()
        bar = Bar(stream=screen, clock=clock)

        def files() -> object:
            for number in range(1_000):
                clock.seconds += 0.001
                yield number

        assert 1_000 == bar.count(files())  # type: ignore[arg-type]  # any generator does
        assert f"{CLEAR}looking for files: 1" in screen.getvalue()
        clock.seconds += 1
        bar.show("x", done=1, total=2)
        assert screen.getvalue().endswith("50%  1 of 2  0:01 left  x")

    def test_not_too_often(self) -> None:
        """Ten times a second at most, and taken away for whatever else is printed."""
        screen, clock = Screen(), Clock()
        bar = Bar(stream=screen, clock=clock)
        for number in range(1, 101):
            clock.seconds += 0.005
            bar.show("x", done=number, total=100)
        bar.clear()
        bar.clear()
        assert 5 == screen.getvalue().count("left")
        assert 6 == screen.getvalue().count(CLEAR)
        assert screen.getvalue().endswith(CLEAR)

    def test_narrow_and_strange(self) -> None:
        """It stays on its line, whatever a file is called and however many come on top."""
        screen, clock = Screen(), Clock()
        Bar(stream=screen, clock=clock).show("x\n\x1b[2J" + "y" * 200, done=3, total=2)
        line = screen.getvalue().removeprefix(CLEAR)
        assert line.isprintable()
        assert len(line) < 80
        assert line.startswith("[########################] 100%  3 of 3")

    def test_silent_elsewhere(self) -> None:
        """Nothing of it in a file or a pipe."""
        stream = io.StringIO()
        bar = Bar(stream=stream, clock=Clock())
        bar.show("x", done=1, total=2)
        bar.clear()
        assert ("", False, 3) == (stream.getvalue(), bar.wanted, bar.count("abc"))
