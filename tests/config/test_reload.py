"""A changed file is taken when it is whole and good; until then the last good one stays."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from noscrape.config import Loaded, Reloader, load
from noscrape.errors import ConfigError, Fault
from noscrape.words import Stance


@dataclass
class Scene:
    """A file, its reloader, and what it told."""

    file: Path
    changes: list[Stance] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    refuse: Exception | None = None
    tick: int = 1_000_000_000

    def __post_init__(self) -> None:
        told = self.faults
        loaded = load(str(self.file))
        self.reloader = Reloader(
            self.file, loaded, self.taken, lambda error: told.append(str(error)), tokens={"GPTBot"}
        )

    def write(self, text: str) -> None:
        """Write in place, at a time of its own whatever the file system's clock."""
        self.file.write_text(text)
        self.tick += 1_000_000_000
        os.utime(self.file, ns=(self.tick, self.tick))

    def poll(self, times: int = 2) -> None:
        for _ in range(times):
            self.reloader.poll()

    def taken(self, loaded: Loaded) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.changes.append(loaded.config.stance)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A good file that was loaded, and looked at."""
    monkeypatch.chdir(tmp_path)
    file = Path("noscrape.toml")
    file.write_text('stance = "no-ai"\n')
    scene = Scene(file)
    scene.poll(3)
    return scene


def test_a_file_that_stays_is_left_alone(scene: Scene) -> None:
    """Also when it is touched, or written again with the same content."""
    scene.write('stance = "no-ai"\n')
    scene.poll(4)

    assert ([], []) == (scene.changes, scene.faults)


def test_a_change_is_taken_when_it_was_read_twice_alike(scene: Scene) -> None:
    """Not on the first look, once on the second, and never again."""
    scene.write('stance = "signal-only"\n')

    scene.poll(1)
    assert [] == scene.changes
    scene.poll(1)
    assert [Stance.SIGNAL_ONLY] == scene.changes
    scene.poll(3)
    assert [Stance.SIGNAL_ONLY] == scene.changes
    assert Stance.SIGNAL_ONLY is scene.reloader.current.config.stance


def test_a_file_that_is_still_being_written_is_waited_for(scene: Scene) -> None:
    """Every look finds more of it: none is taken and none is complained of until it rests."""
    for part in ('stance = "sig', 'stance = "signal', 'stance = "signal-only"\n'):
        scene.write(part)
        scene.poll(1)
    assert ([], []) == (scene.changes, scene.faults)

    scene.poll(1)

    assert ([Stance.SIGNAL_ONLY], []) == (scene.changes, scene.faults)


def test_a_change_between_load_and_the_first_look_is_seen(tmp_path: Path) -> None:
    """The first looks compare with what was loaded, and not with what lies there."""
    file = tmp_path / "noscrape.toml"
    file.write_text('stance = "no-ai"\n')
    loaded = load(file)
    file.write_text('stance = "signal-only"\n')
    changes: list[Loaded] = []
    reloader = Reloader(file, loaded, changes.append, lambda error: None)

    reloader.poll()
    reloader.poll()

    assert [Stance.SIGNAL_ONLY] == [change.config.stance for change in changes]


def test_another_file_put_in_its_place_is_seen(scene: Scene) -> None:
    """Editors and deployments rename; size and time may be those of before, the inode is not."""
    before = scene.file.stat()
    other = Path("other.toml")
    other.write_text('stance = "no-ai"#')
    os.truncate(other, before.st_size)
    other.write_text('stance= "no-ai" \n')
    assert before.st_size == other.stat().st_size
    os.utime(other, ns=(before.st_mtime_ns, before.st_mtime_ns))
    other.replace(scene.file)

    scene.poll()

    assert [Stance.NO_AI] == scene.changes


_EMPTY = "noscrape.toml: is empty, so what it said before stays in force"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", _EMPTY),
        (" \n", _EMPTY),
        ("= 1", "noscrape.toml:1: is not TOML, column 1: neither a key, a [table] nor a # comment"),
        ("\nstanse = 1", "noscrape.toml:2: stanse: unknown key, did you mean 'stance'?"),
        (
            '[crawlers.agents]\nGPTBto = "allow"',
            "noscrape.toml:2: crawlers.agents.GPTBto: unknown crawler, did you mean 'GPTBot'?",
        ),
    ],
)
def test_a_bad_file_changes_nothing_and_is_told_once(scene: Scene, text: str, told: str) -> None:
    """The last good one stays in force, however often one looks."""
    scene.write(text)
    scene.poll(5)

    assert ([], [told]) == (scene.changes, scene.faults)
    assert Stance.NO_AI is scene.reloader.current.config.stance


def test_the_same_failure_again_is_not_told_again(scene: Scene) -> None:
    """Each distinct failure is told when it comes, until a good file has been there."""
    for text in ("a = 1", "a = 2", "b = 1", 'stance = "no-ai"\n', "b = 1"):
        scene.write(text)
        scene.poll()

    assert ["a", "b", "b"] == [fault.split(": ")[1] for fault in scene.faults]


def test_a_file_that_goes_is_told_once_and_taken_when_it_comes_back(scene: Scene) -> None:
    """A moment without a file, as in a deployment, is not even told."""
    text = scene.file.read_text()
    scene.file.unlink()
    scene.poll(1)
    scene.write(text)
    scene.poll()
    assert [] == scene.faults

    scene.file.unlink()
    scene.poll(4)
    assert ["noscrape.toml: no such file; `noscrape config init` writes one to start from"] == scene.faults

    scene.write('stance = "signal-only"\n')
    scene.poll()
    assert [Stance.SIGNAL_ONLY] == scene.changes


def test_settings_that_cannot_be_put_to_use_are_told_and_not_current(scene: Scene) -> None:
    """Whoever builds from them may refuse; the next good file is taken as ever."""
    scene.refuse = ConfigError((Fault("catalog", "", "no such file"),))
    scene.write('stance = "signal-only"\n')
    scene.poll(4)
    assert ["catalog: no such file"] == scene.faults
    assert Stance.NO_AI is scene.reloader.current.config.stance

    scene.refuse = None
    scene.write('stance = "no-training"\n')
    scene.poll()
    assert [Stance.NO_TRAINING] == scene.changes


def test_a_failure_of_the_apps_own_code_is_told_by_its_kind_alone(scene: Scene) -> None:
    """Its words may hold a password; it never ends the watching."""
    scene.refuse = RuntimeError("postgresql://music:hunter2@db")
    scene.write('stance = "signal-only"\n')
    scene.poll(4)

    assert ["noscrape.toml: is valid, but could not be put to use (RuntimeError)"] == scene.faults


def test_a_thread_polls_until_it_is_stopped(tmp_path: Path) -> None:
    """Started twice it is one, and stopped it is gone."""
    file = tmp_path / "noscrape.toml"
    file.write_text('stance = "no-ai"\n')
    loaded = load(file)
    file.write_text('stance = "signal-only"\n')
    changed = Event()
    reloader = Reloader(file, loaded, lambda loaded: changed.set(), lambda error: None, interval_seconds=0.001)

    reloader.start()
    reloader.start()
    assert changed.wait(10)
    reloader.stop()
    reloader.stop()

    assert Stance.SIGNAL_ONLY is reloader.current.config.stance


def test_a_thread_can_be_started_again(tmp_path: Path) -> None:
    """A server that reloads its app stops and starts."""
    file = tmp_path / "noscrape.toml"
    file.write_text("")
    loaded = load(file)
    changed = Event()
    reloader = Reloader(file, loaded, lambda loaded: changed.set(), lambda error: None, interval_seconds=0.001)
    reloader.start()
    reloader.stop()
    file.write_text('stance = "signal-only"\n')

    reloader.start()

    assert changed.wait(10)
    reloader.stop()


# ---- files beside it


def test_a_file_beside_it_that_changes_is_taken(tmp_path: Path) -> None:
    """The same settings are handed on again, once, when the other file has come to rest."""
    file, list_ = tmp_path / "noscrape.toml", tmp_path / "list.toml"
    file.write_text('stance = "no-ai"\n')
    list_.write_text("one")
    os.utime(list_, ns=(3, 3))
    changes: list[Stance] = []
    reloader = Reloader(
        file,
        load(str(file)),
        lambda loaded: changes.append(loaded.config.stance),
        lambda error: None,
        beside=lambda loaded: [list_, tmp_path / "none"],
    )
    for content in ("one", "one", "one, two", "one, two"):
        list_.write_text(content)
        os.utime(list_, ns=(len(content), len(content)))
        for _ in range(3):
            reloader.poll()
    assert [Stance.NO_AI] == changes


@dataclass
class Named:
    """A configuration that names a list, which has to say "good" for it to be put to use."""

    folder: Path
    changes: list[Stance] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file, self.list_ = self.folder / "noscrape.toml", self.folder / "list.toml"
        self.file.write_text('stance = "no-ai"\n')
        self.reloader = Reloader(
            self.file,
            load(str(self.file)),
            self.taken,
            lambda error: self.faults.append(str(error)),
            beside=lambda loaded: map(Path, loaded.config.crawlers.lists),
            tokens={"GPTBot"},
        )
        self.poll()

    def taken(self, loaded: Loaded) -> None:
        for name in loaded.config.crawlers.lists:
            if "good" not in Path(name).read_text():
                raise ConfigError((Fault("list", "", "is bad"),))
        self.changes.append(loaded.config.stance)

    def poll(self) -> None:
        for _ in range(5):
            self.reloader.poll()


class TestAFileNamedByWhatWasRefused:
    """What is wrong with a configuration may stand in a file that it names, and be mended there alone."""

    def test_mended_it_brings_the_configuration_into_force(self, tmp_path: Path) -> None:
        """What was refused is told once, is not what is in force, and is tried again."""
        scene = Named(tmp_path)
        scene.list_.write_text("bad")
        scene.file.write_text('stance = "signal-only"\n[crawlers]\nlists = ["list.toml"]\n')
        scene.poll()
        assert ([], ["list: is bad"]) == (scene.changes, scene.faults)
        before = scene.reloader.current
        assert Stance.NO_AI is before.config.stance
        scene.list_.write_text("good now")
        scene.poll()
        assert ([Stance.SIGNAL_ONLY], ["list: is bad"]) == (scene.changes, scene.faults)
        assert before is not scene.reloader.current

    def test_not_even_valid_without_it(self, tmp_path: Path) -> None:
        """The list adds a crawler that the configuration names."""
        scene = Named(tmp_path)
        scene.file.write_text(
            'stance = "signal-only"\n[crawlers]\nlists = ["list.toml"]\n[crawlers.agents]\nGoodBot = "refuse"\n'
        )
        scene.poll()
        assert [] == scene.changes
        assert ["unknown crawler" in fault for fault in scene.faults] == [True]
        scene.list_.write_text('[[crawler]]\ntoken = "GoodBot"\n# good\n')
        scene.poll()
        assert ([Stance.SIGNAL_ONLY], 1) == (scene.changes, len(scene.faults))

    def test_what_was_taken_back_is_followed_no_more(self, tmp_path: Path) -> None:
        """The old configuration is in force as it was, whatever becomes of the file that it does not name."""
        scene = Named(tmp_path)
        before = scene.file.read_text()
        scene.list_.write_text("bad")
        scene.file.write_text('stance = "signal-only"\n[crawlers]\nlists = ["list.toml"]\n')
        scene.poll()
        scene.file.write_text(before)
        scene.poll()
        scene.list_.write_text("good now")
        scene.poll()
        assert ([], ["list: is bad"]) == (scene.changes, scene.faults)
