"""The writer loses nothing silently, and harms nobody who records."""

import gc
import json
import logging
import os
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noscrape.log import Event, LogWriter, broken_links, files_of
from noscrape.log.event import digest
from noscrape.log.reader import LONGEST_LINE_BYTES
from tests.log.disk import NOW, SmallDisk, event, ids_of, lines_of

PLENTY = 10**9


class Log:
    """A writer in a folder, with a clock and a disk of the test's."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.path = folder / "noscrape.jsonl"
        self.disk = SmallDisk(PLENTY)
        self.writer = LogWriter(self.path, clock=lambda: NOW, disk=self.disk, **settings)

    def record(self, *numbers: int, **values: object) -> None:
        for number in numbers:
            self.writer.record(event(number, **values))

    @property
    def ids(self) -> list[str]:
        return ids_of(self.path)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path)
    yield log
    log.writer.close()


def threads() -> list[threading.Thread]:
    """Those of all writers."""
    return [thread for thread in threading.enumerate() if thread.name == "noscrape-log"]


def test_events_are_written_in_order(log: Log) -> None:
    """One line for each, and counted."""
    log.record(1, 2, 3)
    assert log.writer.drain()
    assert ["1", "2", "3"] == log.ids
    assert (3, 0) == (log.writer.written, log.writer.dropped)


def test_lines_are_numbered_and_chained(log: Log) -> None:
    """Each names the digest of the one before; the first names none."""
    log.record(1, 2, 3)
    log.writer.drain()
    found = [json.loads(line) for line in lines_of(log.path)]
    assert [1, 2, 3] == [line["n"] for line in found]
    digests = [digest(line.encode()) for line in lines_of(log.path)]
    assert [None, *digests[:2]] == [line.get("prev") for line in found]


def test_nothing_starts_before_the_first_event(tmp_path: Path) -> None:
    """Servers fork after the app was built: neither a thread nor a file may exist by then."""
    before = threads()
    writer = LogWriter(tmp_path / "noscrape.jsonl")
    assert (before, []) == (threads(), list(tmp_path.iterdir()))
    assert (0, 0) == (writer.written, writer.dropped)
    assert writer.drain()
    writer.close()
    assert before == threads()


def test_closing_writes_what_is_left_and_ends_the_thread(log: Log) -> None:
    """Without a drain before it."""
    before = len(threads())
    log.record(*range(1000))
    log.writer.close()
    assert [str(number) for number in range(1000)] == log.ids
    assert before == len(threads())


def test_an_event_after_closing_goes_on_with_the_same_chain(log: Log) -> None:
    """A lifespan that is started twice, as test clients do."""
    log.record(1)
    log.writer.close()
    log.record(2)
    log.writer.close()
    assert ["1", "2"] == log.ids
    assert 1 == len(files_of(log.path))
    assert [] == list(broken_links(log.path))


def test_a_writer_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    """Its events are written and its thread ends."""
    log, before = Log(tmp_path), len(threads())
    log.record(1)
    gone = weakref.ref(log.writer)
    path = log.path
    del log
    gc.collect()
    assert gone() is None
    assert ["1"] == ids_of(path)
    assert before == len(threads())


def test_events_are_flushed_at_the_end_of_the_interpreter(tmp_path: Path) -> None:
    """Where nobody closes the writer: some servers have no lifespan."""
    script = (
        "import sys; from noscrape.log import Event, LogWriter\n"
        "writer = LogWriter(sys.argv[1])\n"
        "for number in range(100): writer.record(Event(kind='request', time=number, id=str(number)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "noscrape.jsonl")], check=True, capture_output=True, text=True
    )
    assert "" == done.stderr
    assert [str(number) for number in range(100)] == ids_of(tmp_path / "noscrape.jsonl")


def test_a_dash_is_stdout() -> None:
    """For containers, whose stdout is collected."""
    script = (
        "from noscrape.log import Event, LogWriter\n"
        "writer = LogWriter('-')\n"
        "writer.record(Event(kind='request', time=1, id='a'))\n"
        "writer.record(Event(kind='request', time=2, id='b'))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ["a", "b"] == [Event.from_json(line).id for line in done.stdout.splitlines()]


# Python warns of a fork beside threads, which is what is tried out here.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_writes_a_file_of_its_own(log: Log) -> None:
    """What waits in the queue at the fork is the parent's to write, once; the child starts at line 1."""
    log.record(1)
    log.writer.drain()
    log.record(2)
    child = os.fork()
    if not child:
        status = 1
        try:
            fresh = (log.writer.written, log.writer.dropped) == (0, 0)
            log.record(3)
            log.writer.close()
            status = 0 if fresh and log.writer.written == 1 else 1
        finally:
            os._exit(status)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    log.writer.close()
    by_process = {
        re.findall(r"-(\d+)\.jsonl$", file.name)[0]: [
            Event.from_json(line).id for line in file.read_text().split("\n")[:-1]
        ]
        for file in files_of(log.path)
    }
    assert {str(os.getpid()): ["1", "2"], str(child): ["3"]} == by_process
    assert [] == list(broken_links(log.path))


def test_two_logs_of_one_process_have_two_files(tmp_path: Path) -> None:
    """Two apps with one configuration: one chain each."""
    one, other = Log(tmp_path), Log(tmp_path)
    for log in (one, other):
        log.record(1)
        log.writer.close()
    assert 2 == len(files_of(one.path))
    assert [] == list(broken_links(one.path))


def test_a_full_queue_drops_and_says_how_many(tmp_path: Path) -> None:
    """Nobody waits: what is too much is lost, and the number becomes an event."""
    log = Log(tmp_path, queue_size=3)
    log.disk.room = 0
    log.record(0)
    assert not log.writer.drain()
    # The thread holds the first one, which it could not write; three more fit.
    log.record(1, 2, 3, 4, 5)
    assert 2 == log.writer.dropped
    log.disk.room = PLENTY
    assert log.writer.drain()
    assert ["0", "1", "2", "3", "dropped"] == log.ids
    dropped = Event.from_json(lines_of(log.path)[-1])
    expected = Event(kind="dropped", time=NOW, reason="2 events could not be written", detail={"events": 2})
    assert expected == dropped
    log.writer.close()


def test_what_was_dropped_is_told_once(tmp_path: Path) -> None:
    """The next event says nothing of it again."""
    log = Log(tmp_path, queue_size=1)
    log.disk.room = 0
    log.record(0)
    log.writer.drain()
    log.record(1, 2)
    log.disk.room = PLENTY
    log.writer.drain()
    log.record(3)
    log.writer.close()
    assert ["0", "1", "dropped", "3"] == log.ids


@pytest.mark.parametrize("truncates", [True, False])
def test_a_full_disk_cuts_no_line(log: Log, caplog: pytest.LogCaptureFixture, truncates: bool) -> None:
    """Nothing is lost while the queue holds; a line that was cut off is taken back, or at least ended."""
    log.record(1)
    log.writer.drain()
    log.disk.room = len(lines_of(log.path)[0]) * 2
    log.disk.truncates = truncates
    log.record(2, 3, 4)
    assert not log.writer.drain()
    log.disk.room = PLENTY
    assert log.writer.drain()
    whole = [line for line in lines_of(log.path) if line.endswith("}")]
    assert ["1", "2", "3", "4"] == [Event.from_json(line).id for line in whole]
    assert (len(whole) + (not truncates), 4) == (len(lines_of(log.path)), log.writer.written)
    assert (not truncates) == bool(list(broken_links(log.path)))


def test_an_outage_is_told_once(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """One message when it begins, one when it ends; the request path hears nothing."""
    log.disk.room = 0
    for number in range(5):
        log.record(number)
        log.writer.drain()
    log.disk.room = PLENTY
    log.writer.drain()
    messages = [(record.levelno, record.getMessage()) for record in caplog.records if record.name == "noscrape"]
    (failed, first), (recovered, second) = messages
    assert (logging.ERROR, logging.WARNING) == (failed, recovered)
    assert first.endswith("cannot be written, requests go on: [Errno 28] No space left on device")
    assert second.endswith("is written again, 0 events were lost so far")


def test_a_folder_that_cannot_be_written_harms_nobody(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """And is written as soon as it can be."""
    log.disk.opens = False
    log.record(1)
    assert not log.writer.drain()
    assert "Permission denied" in caplog.text
    log.disk.opens = True
    assert log.writer.drain()
    assert ["1"] == log.ids


def test_a_file_in_place_of_the_folder_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With the operating system's own words."""
    (tmp_path / "logs").write_text("")
    writer = LogWriter(tmp_path / "logs" / "noscrape.jsonl")
    writer.record(event())
    assert not writer.drain()
    writer.close()
    assert 1 == writer.dropped
    assert "exists" in caplog.text


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    """Nobody reads the message in time, otherwise."""
    log = Log(tmp_path / "logs" / "web")
    log.record(1)
    log.writer.close()
    assert ["1"] == log.ids


def test_closing_with_a_full_disk_counts_what_is_lost(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """It does not wait for better times."""
    log.disk.room = 0
    log.record(1, 2, 3)
    log.writer.close()
    assert (0, 3) == (log.writer.written, log.writer.dropped)
    assert "was closed with 3 events unwritten" in caplog.text


def test_closing_has_a_time_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that hangs does not keep a server from ending."""
    hanging, release = threading.Event(), threading.Event()

    class HangingDisk(SmallDisk):
        def write(self, file: int, data: bytes) -> int:
            hanging.set()
            release.wait()
            return super().write(file, data)

    writer = LogWriter(tmp_path / "noscrape.jsonl", disk=HangingDisk(PLENTY))
    writer.record(event())
    assert hanging.wait(10)
    writer.close(timeout_seconds=0.01)
    assert "could not be finished in 0.01 s" in caplog.text
    assert not writer.drain(timeout_seconds=0.01)
    release.set()
    writer.close()


def test_a_file_that_is_full_is_rotated(tmp_path: Path) -> None:
    """None is larger than `max_bytes`, `keep` of them are kept, and the chain goes on through all."""
    log = Log(tmp_path, max_bytes=400, keep=2)
    log.record(*range(40))
    log.writer.close()
    files = files_of(log.path)
    assert [".2", ".1", ".jsonl"] == [file.suffix for file in files]
    assert all(file.stat().st_size <= 400 for file in files)
    assert [str(number) for number in range(40)][-len(log.ids) :] == log.ids
    assert 3 * (400 // 100) >= len(log.ids) > 2 * (400 // 120)
    assert [] == list(broken_links(log.path))


def test_the_first_line_of_a_new_file_links_to_the_last_of_the_old(tmp_path: Path) -> None:
    """So that nobody takes a whole file away unseen."""
    log = Log(tmp_path, max_bytes=1)
    log.record(1, 2)
    log.writer.close()
    old, new = [file.read_bytes() for file in files_of(log.path)]
    assert digest(old.rstrip(b"\n")) == json.loads(new)["prev"]


def test_a_line_larger_than_a_file_is_still_written(tmp_path: Path) -> None:
    """In a file of its own."""
    log = Log(tmp_path, max_bytes=10, keep=5)
    log.record(1, 2, 3)
    log.writer.close()
    assert (["1", "2", "3"], 3) == (log.ids, len(files_of(log.path)))


def test_a_file_that_cannot_be_renamed_grows_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Better one file too large than lines lost."""
    log = Log(tmp_path, max_bytes=200)
    log.disk.renames = False
    log.record(*range(20))
    log.writer.close()
    assert ([str(number) for number in range(20)], 1) == (log.ids, len(files_of(log.path)))
    assert "could not be rotated and grows on" in caplog.text


@pytest.mark.parametrize("how", ["removed", "moved"])
def test_a_file_that_somebody_took_away_is_made_anew(log: Log, how: str) -> None:
    """Otherwise all lines would go where nobody can ever read them."""
    log.record(1)
    log.writer.drain()
    (file,) = files_of(log.path)
    if how == "removed":
        file.unlink()
    else:
        file.rename(file.with_suffix(".old"))
    log.record(2)
    log.writer.drain()
    assert ["2"] == log.ids
    assert [] == list(broken_links(log.path))


def test_the_log_is_for_owner_and_group_only(log: Log) -> None:
    """It names people's addresses."""
    log.record(1)
    log.writer.drain()
    (file,) = files_of(log.path)
    assert 0 == file.stat().st_mode & 0o007


@pytest.mark.parametrize(
    ("action", "enforced", "client"),
    [
        ("allow", True, "203.0.113.0/24"),
        ("refuse", True, "203.0.113.77"),
        ("throttle", True, "203.0.113.77"),
        ("refuse", False, "203.0.113.0/24"),
    ],
)
def test_addresses_are_kept_as_configured(tmp_path: Path, action: str, enforced: bool, client: str) -> None:
    """More of those who were refused, if the operator says so; who only would have been refused may be a listener."""
    log = Log(tmp_path, addresses="prefix", refused_addresses="full")
    log.record(1, client="203.0.113.77", action=action, enforced=enforced)
    log.writer.close()
    assert client == Event.from_json(lines_of(log.path)[0]).client


def test_no_more_is_kept_of_the_refused_unless_told_so(tmp_path: Path) -> None:
    """`refused_addresses` unset is as `addresses`."""
    log = Log(tmp_path, addresses="none")
    log.record(1, client="203.0.113.77", action="refuse")
    log.writer.close()
    assert None is Event.from_json(lines_of(log.path)[0]).client


def test_a_hash_survives_a_full_disk(tmp_path: Path) -> None:
    """A second attempt does not hash the hash."""
    log = Log(tmp_path, addresses="keyed-hash", key="0123456789abcdef")
    log.record(0, client="203.0.113.77")
    log.writer.drain()
    log.disk.room = 0
    log.record(1, client="203.0.113.77")
    log.writer.drain()
    log.disk.room = PLENTY
    log.writer.close()
    first, second = (Event.from_json(line).client for line in lines_of(log.path))
    assert first == second
    assert 16 == len(first or "")


@pytest.mark.parametrize("setting", [{"addresses": "keyed-hash"}, {"refused_addresses": "keyed-hash"}])
def test_a_keyed_hash_needs_its_key_at_once(tmp_path: Path, setting: dict[str, Any]) -> None:
    """Not only when the first event is written."""
    with pytest.raises(ValueError, match="needs a key"):
        LogWriter(tmp_path / "noscrape.jsonl", **setting)


@pytest.mark.parametrize("wrong", [{"time": float("nan")}, {"detail": {(1, 2): 3}}, {"client": 5}])
def test_an_event_that_no_line_can_hold_is_counted(
    log: Log, caplog: pytest.LogCaptureFixture, wrong: dict[str, object]
) -> None:
    """The others around it are written."""
    log.record(1)
    log.record(2, **wrong)
    log.record(3)
    assert log.writer.drain()
    assert ["1", "3", "dropped"] == log.ids
    assert 1 == log.writer.dropped
    assert "cannot be written" in caplog.text


def test_an_overlong_event_is_shortened(log: Log) -> None:
    """A path of a megabyte makes no line that readers refuse."""
    log.record(1, path="/" + "\x00" * 1_000_000, evidence={"x" * 10**5: "y" * 10**5}, tracks=("z" * 10**5,) * 1000)
    log.writer.drain()
    (line,) = lines_of(log.path)
    assert len(line) < LONGEST_LINE_BYTES
    assert "/" + "\x00" * 511 == Event.from_json(line).path


def test_a_fault_of_ours_is_told_with_its_traceback(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """The thread lives on, and the events at hand are counted as lost."""

    class FaultyDisk(SmallDisk):
        def write(self, file: int, data: bytes) -> int:
            raise RuntimeError("a bug")

    writer = LogWriter(log.path, disk=FaultyDisk(0))
    writer.record(event(1))
    assert not writer.drain()
    writer.record(event(2))
    assert not writer.drain()
    writer.close()
    assert 2 <= writer.dropped
    assert 1 == caplog.text.count("Traceback")


@pytest.mark.parametrize(
    "hostile",
    ["\n", "\r\n", "\x1b[2J\x1b[H", "\x85", "\u2028", '"}\n{"v":1,"kind":"request"}', "\ud800", "\x00\x7f\xff"],
)
def test_strangers_text_forges_no_line(log: Log, hostile: str) -> None:
    """One event stays one line, and comes back as it was."""
    log.record(1, user_agent=hostile, path="/" + hostile, token=hostile)
    log.writer.drain()
    (line,) = lines_of(log.path)
    assert line.isprintable()
    assert (hostile, "/" + hostile) == (Event.from_json(line).user_agent, Event.from_json(line).path)


def test_many_threads_record_at_once(tmp_path: Path) -> None:
    """Each event is written once or counted as dropped, and the chain stays whole."""
    log = Log(tmp_path, queue_size=500, max_bytes=20_000, keep=100)
    workers = [threading.Thread(target=log.record, args=range(n, 8000, 8)) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    log.writer.close()
    ids = [each for each in log.ids if each != "dropped"]
    assert 8000 == len(ids) + log.writer.dropped
    assert len(ids) == len(set(ids))
    assert [] == list(broken_links(log.path))


def test_an_event_is_written_where_no_thread_can_start_only_later(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A system without threads left harms no request; the next event tries again."""

    def no_start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_start)
        log.record(1)
        log.record(2)
    assert 1 == caplog.text.count("can't start new thread")
    log.record(3)
    log.writer.close()
    assert ["1", "2", "3"] == log.ids


class Pipe(SmallDisk):
    """What goes to stdout, a piece for each call."""

    def __init__(self, room: int) -> None:
        super().__init__(room)
        self.pieces: list[bytes] = []

    def write(self, file: int, data: bytes) -> int:
        assert 1 == file
        if not self.room:
            raise BrokenPipeError(32, "Broken pipe")
        piece = data[: self.room]
        self.room -= len(piece)
        self.pieces.append(piece)
        return len(piece)


def test_stdout_gets_a_line_at_a_time() -> None:
    """Several processes share it, and their lines must not mix."""
    pipe = Pipe(PLENTY)
    writer = LogWriter("-", disk=pipe)
    for number in range(3):
        writer.record(event(number))
    writer.close()
    assert ["0", "1", "2"] == [Event.from_json(piece).id for piece in pipe.pieces]


def test_a_line_that_stdout_cut_off_is_ended_before_the_next() -> None:
    """What was written cannot be taken back there."""
    pipe = Pipe(40)
    writer = LogWriter("-", disk=pipe)
    writer.record(event(1))
    assert not writer.drain()
    pipe.room = PLENTY
    writer.record(event(2))
    writer.close()
    cut, *whole = b"".join(pipe.pieces).splitlines()
    assert (40, ["1", "2"]) == (len(cut), [Event.from_json(line).id for line in whole])


def test_a_link_in_place_of_the_file_is_not_followed(log: Log, tmp_path: Path) -> None:
    """Else whoever may write the folder could have our lines appended to any file of ours."""
    log.record(1)
    log.writer.drain()
    (file,) = files_of(log.path)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    file.unlink()
    file.symlink_to(victim)
    log.record(2)
    assert not log.writer.drain()
    assert "precious" == victim.read_text()
