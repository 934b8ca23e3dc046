"""Reading goes on, whatever it finds, and files may change meanwhile."""

import gzip
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.log import BrokenLine, Event, Follower, LogWriter, broken_links, chains, files_of, read
from noscrape.log.reader import LONGEST_LINE_BYTES
from tests.log.disk import NOW, event


def text_of(*numbers: int) -> str:
    """Lines of these events, without a chain."""
    return "".join(event(number).to_json() + "\n" for number in numbers)


def told(items: Iterable[Event | BrokenLine]) -> list[str]:
    """Ids of events, and what is said of broken lines without their folder."""
    return [
        item.id if isinstance(item, Event) else f"{Path(item.file).name}:{item.number} {item.problem}" for item in items
    ]


def written(folder: Path, count: int, **settings: Any) -> Path:
    """A log of so many events; its configured path."""
    path = folder / "noscrape.jsonl"
    writer = LogWriter(path, clock=lambda: NOW, **settings)
    for number in range(count):
        writer.record(event(number))
    writer.close()
    return path


def test_files_are_merged_by_time(tmp_path: Path) -> None:
    """Whatever their order and however they are compressed."""
    (tmp_path / "a.jsonl").write_text(text_of(1, 4, 6))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(text_of(2, 3).encode()))
    (tmp_path / "c.jsonl").write_text(text_of(0, 5))
    files = [tmp_path / name for name in ("c.jsonl", "b.jsonl.gz", "a.jsonl")]
    assert list("0123456") == told(read(files))


def test_rotated_files_come_first(tmp_path: Path) -> None:
    """Also where their times are all the same."""
    path = written(tmp_path, 30, max_bytes=500)
    assert 3 < len(files_of(path))
    assert [str(number) for number in range(30)] == told(read(files_of(path)))
    assert [str(number) for number in range(30)] == told(read(reversed(files_of(path))))


def test_broken_lines_are_told_with_their_place(tmp_path: Path) -> None:
    """And what stands around them is read."""
    good = text_of(1)
    (tmp_path / "a.jsonl").write_bytes(
        good.encode() + b"\x00\xff\x1b[2J\n" + b"\n" + good[:40].encode() + b"\n" + b'{"v":99}\n' + good.encode()
    )
    assert [
        "1",
        "a.jsonl:2 not text",
        "a.jsonl:4 not JSON, or cut off",
        "a.jsonl:5 written by a newer noscrape (shape 99, this one reads up to 1)",
        "1",
    ] == told(read([tmp_path / "a.jsonl"]))


def test_a_last_line_without_its_end_is_read_if_it_is_whole(tmp_path: Path) -> None:
    """And told where it is cut in half."""
    (tmp_path / "a.jsonl").write_text(text_of(1, 2)[:-1])
    (tmp_path / "b.jsonl").write_text(text_of(1, 2)[:-20])
    assert ["1", "2"] == told(read([tmp_path / "a.jsonl"]))
    assert ["1", "b.jsonl:2 not JSON, or cut off"] == told(read([tmp_path / "b.jsonl"]))


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """Nor does a compressed one."""
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "b.gz").write_bytes(gzip.compress(b""))
    assert [] == told(read([tmp_path / "a.jsonl", tmp_path / "b.gz"]))


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """The others are read."""
    (tmp_path / "a.jsonl").write_text(text_of(1))
    (tmp_path / "folder").mkdir()
    found = told(read([tmp_path / "missing", tmp_path / "folder", tmp_path / "a.jsonl"]))
    assert ["missing:0 No such file or directory", "folder:0 Is a directory", "1"] == found


def test_damaged_gzip_files_are_read_up_to_the_damage(tmp_path: Path) -> None:
    """Cut off, or with other bytes in the middle."""
    packed = gzip.compress(text_of(*range(2000)).encode())
    (tmp_path / "cut.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "changed.gz").write_bytes(packed[:5000] + bytes(100) + packed[5100:])
    (tmp_path / "tiny.gz").write_bytes(packed[:5])
    for name in ("cut.gz", "changed.gz", "tiny.gz"):
        *_, last = told(read([tmp_path / name]))
        assert "the gzip file is damaged or cut off here" in last


def test_an_endless_line_is_skipped(tmp_path: Path) -> None:
    """It is never held in memory, even where a small gzip file unpacks to it."""
    bomb = gzip.compress(text_of(1).encode() + b"x" * (5 * LONGEST_LINE_BYTES) + b"\n" + text_of(2).encode())
    (tmp_path / "a.gz").write_bytes(bomb)
    assert ["1", f"a.gz:2 longer than {LONGEST_LINE_BYTES} bytes", "2"] == told(read([tmp_path / "a.gz"]))


@settings(deadline=None)  # it touches the disk
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_to_the_end(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Binary garbage raises nothing, alone or beside a log, and following it raises nothing either."""
    file = tmp_path_factory.mktemp("log") / "a.jsonl"
    file.write_bytes(data + b"\n" + text_of(7).encode())
    if not data.startswith(b"\x1f\x8b"):
        assert "7" == told(read([file]))[-1]
        assert "7" == told(Follower(lambda: [file]).poll())[-1]
    file.write_bytes(b"\x1f\x8b" + data)
    assert all(isinstance(item, BrokenLine) for item in read([file]))


def test_files_of_long_ago_are_not_opened(tmp_path: Path) -> None:
    """What was last written before `since` holds nothing after it."""
    (tmp_path / "a.jsonl").write_text(text_of(1))
    (tmp_path / "b.jsonl").write_text(text_of(2))
    os.utime(tmp_path / "a.jsonl", (NOW, NOW))
    os.utime(tmp_path / "b.jsonl", (NOW + 100, NOW + 100))
    assert ["2"] == told(read([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], since=NOW + 50))


def test_stdin_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As "-"."""

    class Stdin:
        buffer = io.BytesIO(text_of(1, 2).encode())

    monkeypatch.setattr("sys.stdin", Stdin)
    assert ["1", "2"] == told(read(["-"]))


def test_a_pipe_is_read(tmp_path: Path) -> None:
    """As a shell's `<(...)` makes one, which cannot be opened twice."""
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(text_of(1, 2).encode()))
    os.close(writing)
    try:
        assert ["1", "2"] == told(read([f"/dev/fd/{reading}"]))
    finally:
        os.close(reading)


def test_rotation_while_reading_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """Files are known by what they are: renamed ones are found again."""
    path = tmp_path / "noscrape.jsonl"
    writer = LogWriter(path, clock=lambda: NOW, max_bytes=500, keep=100)
    for number in range(20):
        writer.record(event(number))
    writer.drain()
    reading = read(files_of(path))
    found = [next(reading)]
    for number in range(20, 60):
        writer.record(event(number))
    writer.close()
    found += reading
    assert len(found) >= 20
    assert [str(number) for number in range(len(found))] == told(found)


def test_a_file_that_is_removed_while_reading_is_told(tmp_path: Path) -> None:
    """`keep` was reached, or somebody cleaned up."""
    path = written(tmp_path, 12, max_bytes=500)
    files = files_of(path)
    reading = read(files)
    found = [next(reading)]
    files[1].unlink()
    found += reading
    assert [f"{files[1].name}:0 removed while it was to be read"] == [each for each in told(found) if ":" in each]


def test_a_whole_chain_has_no_broken_links(tmp_path: Path) -> None:
    """Through all its files."""
    path = written(tmp_path, 30, max_bytes=500)
    (chain,) = chains(files_of(path))
    assert (30, 1, 30, 0, ()) == (chain.lines, chain.first, chain.last, chain.faults, chain.broken)
    assert [] == list(broken_links(path))


def changed(path: Path, change: "dict[int, bytes | None]") -> list[str]:
    """What is said of a log of ten lines when some, by number, are replaced or (None) removed."""
    (file,) = files_of(path)
    lines = dict(enumerate(file.read_bytes().splitlines(keepends=True), 1)) | change
    file.write_bytes(b"".join(line for line in lines.values() if line is not None))
    return [f"{link.number}: {link.problem}" for link in broken_links(path)]


def test_an_edited_line_is_found(tmp_path: Path) -> None:
    """The line after it knows what it was."""
    path = written(tmp_path, 10)
    (file,) = files_of(path)
    edited = file.read_bytes().splitlines(keepends=True)[3].replace(b'"id":"3"', b'"id":"9"')
    assert ["5: line 4 is not what it was when line 5 was written"] == changed(path, {4: edited})


def test_removed_lines_are_found(tmp_path: Path) -> None:
    """By their numbers."""
    assert ["4: line 4 is missing"] == changed(written(tmp_path / "a", 10), {4: None})
    assert ["4: lines 4 to 6 are missing"] == changed(written(tmp_path / "b", 10), {4: None, 5: None, 6: None})


def test_renumbering_does_not_hide_a_removed_line(tmp_path: Path) -> None:
    """The digest still tells."""
    path = written(tmp_path, 3)
    (file,) = files_of(path)
    third = file.read_bytes().splitlines(keepends=True)[2]
    assert ["2: line 1 is not what it was when line 2 was written"] == changed(
        path, {2: None, 3: third.replace(b'"n":3', b'"n":2')}
    )


def test_a_broken_line_is_told_once(tmp_path: Path) -> None:
    """Not again for the line after it."""
    assert ["4: not JSON, or cut off"] == changed(written(tmp_path / "a", 10), {4: b'{"v":1,\n'})
    line = b'{"v":1,"time":"2026-11-22T22:27:31.000Z","kind":"request"}\n'
    assert ["4: the line has no number"] == changed(written(tmp_path / "b", 10), {4: line})


def test_a_repeated_line_is_found(tmp_path: Path) -> None:
    """A number is given once."""
    path = written(tmp_path, 10)
    (file,) = files_of(path)
    lines = file.read_bytes().splitlines(keepends=True)
    assert ["5: line 4 follows line 4"] == changed(path, {4: lines[3] + lines[3]})


def test_oldest_files_that_are_gone_break_nothing(tmp_path: Path) -> None:
    """`keep` removes them; that the chain starts later is to be seen."""
    path = written(tmp_path, 30, max_bytes=500, keep=2)
    (chain,) = chains(files_of(path))
    assert (True, 30, 0) == (chain.first > 1, chain.last, chain.faults)


def test_a_removed_file_in_the_middle_is_found(tmp_path: Path) -> None:
    """As missing lines."""
    path = written(tmp_path, 30, max_bytes=500)
    files_of(path)[2].unlink()
    (link,) = broken_links(path)
    assert link.problem.endswith("are missing")


def test_many_faults_are_counted_and_not_all_kept(tmp_path: Path) -> None:
    """A file of garbage does not fill the memory."""
    (tmp_path / "noscrape.jsonl").write_bytes(b"garbage\n" * 500)
    (chain,) = chains([tmp_path / "noscrape.jsonl"])
    assert (500, 100) == (chain.faults, len(chain.broken))


class Folder:
    """Files that grow, and somebody who follows them."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self.path = path
        self.follower = Follower(self.files, from_start=from_start)

    def files(self) -> Sequence[Path]:
        return files_of(self.path / "noscrape.jsonl")

    def add(self, name: str, text: str) -> None:
        with (self.path / name).open("a") as file:
            file.write(text)

    def new(self) -> list[str]:
        return told(self.follower.poll())


ONE, TWO = "noscrape-a-20261122T000000Z-1.jsonl", "noscrape-a-20261122T000000Z-2.jsonl"


def test_following_tells_each_line_once(tmp_path: Path) -> None:
    """As it comes, in the order of time across files."""
    folder = Folder(tmp_path)
    assert [] == folder.new()
    folder.add(ONE, text_of(1, 3))
    folder.add(TWO, text_of(2, 4))
    assert ["1", "2", "3", "4"] == folder.new()
    assert [] == folder.new()
    folder.add(TWO, text_of(5))
    assert ["5"] == folder.new()


def test_following_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    """Half a line is no fault while it may still be written."""
    folder = Folder(tmp_path)
    folder.add(ONE, text_of(1)[:30])
    assert [] == folder.new()
    folder.add(ONE, text_of(1)[30:] + "garbage\n")
    assert ["1", f"{ONE}:2 not JSON, or cut off"] == folder.new()


def test_following_goes_on_through_rotation(tmp_path: Path) -> None:
    """What was written last to the old file is not missed, and nothing is told twice."""
    folder = Folder(tmp_path)
    folder.add(ONE, text_of(1))
    assert ["1"] == folder.new()
    folder.add(ONE, text_of(2))
    (tmp_path / ONE).rename(tmp_path / f"{ONE}.1")
    folder.add(ONE, text_of(3))
    assert ["2", "3"] == folder.new()
    (tmp_path / f"{ONE}.1").rename(tmp_path / f"{ONE}.2")
    (tmp_path / ONE).rename(tmp_path / f"{ONE}.1")
    assert [] == folder.new()


def test_following_a_real_writer_tells_everything_once(tmp_path: Path) -> None:
    """With several rotations between two looks."""
    folder = Folder(tmp_path)
    writer = LogWriter(tmp_path / "noscrape.jsonl", clock=lambda: NOW, max_bytes=500, keep=100)
    found: list[str] = []
    for number in range(100):
        writer.record(event(number))
        if number % 17 == 0:
            writer.drain()
            found += folder.new()
    writer.close()
    found += folder.new()
    assert [str(number) for number in range(100)] == found


def test_a_file_that_is_out_of_sight_for_a_moment_is_not_told_again(tmp_path: Path) -> None:
    """A listing may miss a file that is being renamed."""
    folder = Folder(tmp_path)
    folder.add(ONE, text_of(1))
    folder.new()
    (tmp_path / ONE).rename(tmp_path / "hidden")
    assert [] == folder.new()
    (tmp_path / "hidden").rename(tmp_path / ONE)
    folder.add(ONE, text_of(2))
    assert ["2"] == folder.new()


def test_a_file_that_was_emptied_is_read_from_its_start(tmp_path: Path) -> None:
    """As some rotation programs do it."""
    folder = Folder(tmp_path)
    folder.add(ONE, text_of(1, 2))
    folder.new()
    (tmp_path / ONE).write_text(text_of(3))
    assert ["3"] == folder.new()


def test_following_starts_near_the_end_of_a_large_file(tmp_path: Path) -> None:
    """Nobody wants to see last month first, unless asked for."""
    lines = text_of(*range(5000))
    (tmp_path / ONE).write_text(lines)
    tail = Folder(tmp_path).new()
    assert (True, "4999") == (len(tail) < 5000, tail[-1])
    assert [] == [each for each in tail if ":" in each]
    assert 5000 == len(Folder(tmp_path, from_start=True).new())


def test_following_skips_an_endless_line(tmp_path: Path) -> None:
    """It is not held in memory until it ends."""
    folder = Folder(tmp_path, from_start=True)
    folder.add(ONE, "x" * (3 * LONGEST_LINE_BYTES) + "\n" + text_of(1))
    found = [each for _ in range(5) for each in folder.new()]
    assert [f"{ONE}:1 longer than {LONGEST_LINE_BYTES} bytes", "1"] == found
