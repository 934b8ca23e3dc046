"""What is kept in a folder, and what of it is believed."""

import json
import logging
import os
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from noscrape.kept import Keeper, Kept, lift, read_learnt, read_lifts, read_stops, write_learnt, write_stops
from noscrape.patterns import NAMES, Stop, Trust
from tests.patterns.test_stops import NOW, STOP

KEPT = Kept((STOP,), {"good": 3}, Trust(NAMES).as_dict())


class TestLearnt:
    """What was learnt of a site."""

    def test_there_and_back(self, tmp_path: Path) -> None:
        """In a folder that is made for it."""
        write_learnt(tmp_path / "new", {"good": 5.0}, NOW)
        assert ({"good": 5.0}, "") == read_learnt(tmp_path / "new")

    def test_nothing_yet(self, tmp_path: Path) -> None:
        """Is no fault."""
        assert (None, "") == read_learnt(tmp_path)

    @pytest.mark.parametrize(
        "data", [b"", b"\xff\xfe", b"[1]", b'{"version": 1', b"{}", b'{"version": 9, "learnt": {}}', b"[" * 100_000]
    )
    def test_garbage_is_told_and_passed_over(self, tmp_path: Path, data: bytes) -> None:
        """With the file's name."""
        (tmp_path / "calibration.json").write_bytes(data)
        learnt, problem = read_learnt(tmp_path)
        assert learnt is None
        assert "calibration.json" in problem

    def test_one_who_has_learnt_less_does_not_overwrite(self, tmp_path: Path) -> None:
        """For a day; what is older is of another time."""
        write_learnt(tmp_path, {"good": 500.0}, NOW)
        write_learnt(tmp_path, {"good": 5.0}, NOW + 60)
        assert {"good": 500.0} == read_learnt(tmp_path)[0]
        write_learnt(tmp_path, {"good": 5.0}, NOW + 90_000)
        assert {"good": 5.0} == read_learnt(tmp_path)[0]


class TestStops:
    """Who is stopped, by all processes."""

    def test_those_in_force(self, tmp_path: Path) -> None:
        """Each once, the longest of several."""
        write_stops(tmp_path, KEPT, NOW)
        other = json.loads((file := next(tmp_path.glob("stops-*"))).read_text())
        other["stops"] = [{**other["stops"][0], "until": NOW + 100}]
        (tmp_path / "stops-other-1.json").write_text(json.dumps(other))
        found = read_stops(tmp_path, NOW)
        assert ((STOP,), 2, ()) == (found.stops, len(found.processes), found.problems)
        assert () == read_stops(tmp_path, NOW + 901).stops
        assert str(os.getpid()) in file.name

    def test_garbage_is_told_and_passed_over(self, tmp_path: Path) -> None:
        """And the others are read."""
        write_stops(tmp_path, KEPT, NOW)
        (tmp_path / "stops-a-1.json").write_bytes(b"\x00")
        (tmp_path / "stops-a-2.json").write_text('{"version": 1, "stops": [{"version": 1}, 5]}')
        found = read_stops(tmp_path, NOW)
        assert ((STOP,), 3) == (found.stops, len(found.problems))

    def test_what_was_lifted_is_left_out(self, tmp_path: Path) -> None:
        """Also where its process has not looked yet."""
        write_stops(tmp_path, KEPT, NOW)
        lift(tmp_path, STOP.id, NOW)
        assert () == read_stops(tmp_path, NOW).stops

    def test_processes_that_are_gone(self, tmp_path: Path) -> None:
        """Leave no files for ever."""
        old = tmp_path / "stops-old-1.json"
        old.write_text("{}")
        os.utime(old, (1_000, 1_000))
        write_stops(tmp_path, KEPT, NOW)
        assert not old.exists()


class TestLifts:
    """Lines that the command line appends."""

    def test_each_is_a_line(self, tmp_path: Path) -> None:
        """Garbage between them is passed over."""
        assert () == read_lifts(tmp_path)
        lift(tmp_path, "aa", NOW)
        with open(tmp_path / "lifts.jsonl", "ab") as file:
            file.write(b'\xff\n{"target": 5, "time": 1}\n{"target"\n[]\n')
        lift(tmp_path, "bb", NOW + 1)
        assert [("aa", NOW), ("bb", NOW + 1)] == read_lifts(tmp_path)
        assert 0o600 == stat.S_IMODE((tmp_path / "lifts.jsonl").stat().st_mode)


class Process:
    """A running app, as far as a keeper knows one."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.changes = 1
        self.lifted: list[str] = []
        self.stops: tuple[Stop, ...] = (STOP,)
        self.counters = Counter[str]()
        self.keeper = Keeper(
            folder,
            state=lambda: replace(KEPT, stops=self.stops),
            changes=lambda: self.changes,
            on_lift=self.lifted.append,
            clock=lambda: self.now,
            counters=self.counters,
        )


class TestKeeper:
    """Beside a running app."""

    def test_stops_are_written_when_they_change(self, tmp_path: Path) -> None:
        """And not otherwise."""
        process = Process(tmp_path)
        process.keeper.look()
        process.stops = ()
        process.keeper.look()
        assert (STOP,) == read_stops(tmp_path, NOW).stops
        process.changes += 1
        process.keeper.look()
        assert () == read_stops(tmp_path, NOW).stops

    def test_a_lift_is_handed_on_once(self, tmp_path: Path) -> None:
        """One from before this process is none of its."""
        lift(tmp_path, "old", NOW - 100)
        process = Process(tmp_path)
        lift(tmp_path, "new", NOW + 1)
        for _ in range(2):
            process.keeper.look()
        assert ["new"] == process.lifted

    def test_what_was_learnt_is_written_now_and_then_and_at_the_end(self, tmp_path: Path) -> None:
        """Every five minutes."""
        process = Process(tmp_path)
        process.keeper.look()
        assert read_learnt(tmp_path)[0] is None
        process.now += 301
        process.keeper.look()
        assert read_learnt(tmp_path)[0] is not None
        (tmp_path / "calibration.json").unlink()
        process.keeper.start()
        process.keeper.stop()
        assert read_learnt(tmp_path)[0] is not None

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Is told once and counted; the app goes on."""
        (tmp_path / "file").write_text("")
        process = Process(tmp_path / "file" / "folder")
        with caplog.at_level(logging.WARNING, "noscrape"):
            for _ in range(3):
                process.keeper.look()
        assert (1, 3) == (len(caplog.records), process.counters["patterns_unkept"])
        assert "cannot be written: Not a directory" in caplog.text
