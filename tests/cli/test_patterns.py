"""`noscrape patterns`: who is stopped, why, and letting them go."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from noscrape.cli import main
from noscrape.cli.status import Status
from noscrape.kept import Kept, read_lifts, write_stops
from noscrape.log import Event, LogWriter
from noscrape.patterns import NAMES, Settings, Stop, Trust, Watch
from noscrape.patterns.visitor import digest
from noscrape.words import Action
from tests.patterns.test_stops import STOP

Captured = pytest.CaptureFixture[str]

AGENT = "python-requests/2.32\x1b[2J"


def stopped(**change: Any) -> Stop:
    now = time.time()
    address = f"{digest('203.0.113.7'):016x}"
    return replace(
        STOP,
        since=now - 60,
        until=now + 840,
        address=address,
        user_agent=AGENT.replace("\x1b", "?"),
        tracks=("track-1", "track-2"),
        touched=2,
        words="catalogue 6.0 (48 touched, 0 played; 40 of 48 rare); headers 3.0 (a library)",
        **change,
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with one client that is stopped."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noscrape.toml").write_text("")
    kept = tmp_path / "noscrape-patterns"
    write_stops(kept, Kept((stopped(),), Watch(Settings()).status(), Trust(NAMES).as_dict()), time.time())
    return kept


@pytest.mark.usefixtures("folder")
class TestList:
    """Who is stopped now."""

    def test_text(self, capsys: Captured) -> None:
        """Each with its reasons, and nothing that a terminal would act on."""
        assert Status.OK == main(["patterns", "list"])
        out = capsys.readouterr().out
        assert STOP.id in out
        assert "catalogue 6.0" in out
        assert "\x1b" not in out

    def test_json(self, capsys: Captured) -> None:
        """As the folder has it."""
        assert Status.OK == main(["patterns", "list", "--json"])
        (told,) = json.loads(capsys.readouterr().out)
        assert (STOP.id, ["track-1", "track-2"]) == (told["id"], told["tracks"])

    def test_a_file_that_cannot_be_read(self, folder: Path, capsys: Captured) -> None:
        """Is told, and the others are listed."""
        (folder / "stops-x-1.json").write_text("{")
        assert Status.OK == main(["patterns", "list"])
        out, err = capsys.readouterr()
        assert STOP.id in out
        assert "stops-x-1.json is no file of ours" in err


@pytest.mark.usefixtures("folder")
class TestExplain:
    """Why somebody is stopped."""

    @pytest.mark.parametrize("name", [STOP.id, STOP.key, "203.0.113.7"])
    def test_by_any_name(self, name: str, capsys: Captured) -> None:
        """An id, or an address."""
        assert Status.OK == main(["patterns", "explain", name])
        out = capsys.readouterr().out
        for part in ("for the first time", "because  catalogue 6.0", "headers 3.0", "track-2", "patterns lift"):
            assert part in out

    def test_by_the_support_id_of_a_refusal(self, tmp_path: Path, capsys: Captured) -> None:
        """As somebody writes who was turned away: the log knows which stop it was."""
        log = LogWriter(str(tmp_path / "noscrape.jsonl"))
        log.record(Event(kind="request", time=time.time(), id="feedbeef00000000", evidence={"stop": STOP.id}))
        log.close()
        assert Status.OK == main(["patterns", "explain", "feedbeef00000000"])
        assert STOP.id in capsys.readouterr().out

    @pytest.mark.parametrize("name", ["198.51.100.1", "nobody", "account 7"])
    def test_nobody(self, name: str, capsys: Captured) -> None:
        """Is something to look at."""
        assert Status.FOUND == main(["patterns", "explain", name])
        assert "is not stopped" in capsys.readouterr().err


class TestLift:
    """Letting a client go."""

    def test_by_its_address(self, folder: Path, capsys: Captured) -> None:
        """Every process reads it; and the list shows it no more."""
        assert Status.OK == main(["patterns", "lift", "203.0.113.7"])
        assert [STOP.id] == [target for target, _ in read_lifts(folder)]
        assert "lifted" in capsys.readouterr().out
        main(["patterns", "list"])
        assert "nobody is stopped" in capsys.readouterr().err

    def test_nobody(self, folder: Path) -> None:
        """Writes nothing."""
        assert Status.FOUND == main(["patterns", "lift", "198.51.100.1"])
        assert () == read_lifts(folder)

    def test_a_folder_that_cannot_be_written(self, folder: Path, capsys: Captured) -> None:
        """Is told with its name."""
        (folder / "lifts.jsonl").mkdir()
        assert Status.FAULT == main(["patterns", "lift", STOP.id])
        assert "cannot be written: Is a directory" in capsys.readouterr().err


class TestStatus:
    """What is trusted."""

    def test_text(self, folder: Path, capsys: Captured) -> None:
        """Each detector with its reason."""
        assert Status.OK == main(["patterns", "status"])
        out = capsys.readouterr().out
        assert "is not known yet" in out
        for name in NAMES:
            assert name in out
        assert folder.is_dir()

    def test_no_process(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
        """Is said, and is no fault."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "noscrape.toml").write_text("")
        assert Status.OK == main(["patterns", "status"])
        assert "no process has written its status" in capsys.readouterr().err

    def test_nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
        """Without a configuration nothing is kept."""
        monkeypatch.chdir(tmp_path)
        assert Status.FAULT == main(["patterns", "status"])
        assert "nothing is kept" in capsys.readouterr().err

    def test_a_store_that_does_not_answer(self, folder: Path, capsys: Captured) -> None:
        """Is a fault, in words."""
        (folder.parent / "noscrape.toml").write_text('[patterns]\nstore = "redis://127.0.0.1:1/0"\n')
        assert Status.FAULT == main(["patterns", "list"])
        assert "the store" in capsys.readouterr().err


def test_a_throttle_is_told_as_such(folder: Path, capsys: Captured) -> None:
    """429 and not 403."""
    kept = Kept((stopped(action=Action.THROTTLE),), {}, {})
    write_stops(folder, kept, time.time())
    main(["patterns", "explain", STOP.id])
    assert "429" in capsys.readouterr().out
