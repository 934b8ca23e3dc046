"""The command line as a whole: verbs, exit statuses, and what goes to which stream."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from noscrape.cli import COMMANDS, main, parser
from noscrape.cli.status import Status
from noscrape.errors import NoScrapeError

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    root = str(Path(__file__).parent.parent.parent)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-m", "noscrape", *arguments],
        env=inherited | {"PYTHONPATH": root} | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_exit_statuses() -> None:
    """As documented: fine, something to look at, bad input or usage."""
    assert [(status.name, status.value) for status in Status] == [("OK", 0), ("FOUND", 1), ("FAULT", 2)]


def test_the_verbs() -> None:
    """Those that a person guesses."""
    named = {command.__name__.rpartition(".")[2] for command in COMMANDS}
    assert named == {"check", "config", "crawlers", "explain", "export", "log", "patterns", "replay", "tag"}
    text = parser().format_help()
    assert [name for name in named if not re.search(rf"^ +{name} ", text, re.MULTILINE)] == []


@pytest.mark.parametrize(
    "arguments", [[], ["no-such-verb"], ["crawlers"], ["crawlers", "show"], ["check", "--no-such"]]
)
def test_wrong_usage(arguments: list[str], capsys: Captured) -> None:
    """Exit status 2, told on stderr, and nothing on stdout."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (Status.FAULT, "")
    assert "usage: noscrape" in err


@pytest.mark.parametrize("verb", [(), ("crawlers", "match"), ("explain",), ("log",), ("replay",), ("check",)])
def test_help(verb: tuple[str, ...], capsys: Captured) -> None:
    """On stdout, with status 0."""
    with pytest.raises(SystemExit) as ended:
        main([*verb, "--help"])
    assert ended.value.code == 0
    assert "usage: noscrape" in capsys.readouterr().out


def test_a_fault_is_told_without_a_traceback(capsys: Captured) -> None:
    """One line on stderr, exit status 2."""
    assert main(["crawlers", "show", "NoSuchBot"]) == Status.FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("noscrape: no crawler 'NoSuchBot'")


def test_faults_of_a_file_are_told_with_their_lines(tmp_path: Path, capsys: Captured) -> None:
    """Each on a line of its own that begins with file and line, as editors like it."""
    (tmp_path / "noscrape.toml").write_text('stance = "none"\n[crawlers]\nserach = "allow"\n')
    assert main(["crawlers", "list"]) == Status.FAULT
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["noscrape.toml:1", "noscrape.toml:3"]


@pytest.mark.parametrize("arguments", [["crawlers", "list"], ["explain", "--path", "/"], ["crawlers", "match", "x"]])
def test_a_config_that_is_named_and_missing(arguments: list[str], capsys: Captured) -> None:
    """Every command takes `--config`, and believes it."""
    assert main([*arguments, "--config", "missing.toml"]) == Status.FAULT
    assert "missing.toml" in capsys.readouterr().err


def test_a_reader_who_has_seen_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """`noscrape crawlers list | head -1` ends quietly."""
    first = subprocess.Popen(
        [sys.executable, "-m", "noscrape", "crawlers", "list", "--json"],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert first.stdout is not None
    assert first.stderr is not None
    first.stdout.readline()
    first.stdout.close()
    err = first.stderr.read()
    first.stderr.close()
    assert (first.wait(60), err) == (Status.OK, b"")


def test_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status that shells expect (128 + SIGINT)."""

    def interrupted(arguments: object) -> Status:
        raise KeyboardInterrupt

    monkeypatch.setattr("noscrape.cli.crawlers.listing.list_", interrupted)
    assert main(["crawlers", "list"]) == 130


def test_what_is_no_fault_of_the_users_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours keeps its traceback."""

    def broken(arguments: object) -> Status:
        raise ZeroDivisionError

    monkeypatch.setattr("noscrape.cli.crawlers.listing.list_", broken)
    with pytest.raises(ZeroDivisionError):
        main(["crawlers", "list"])


def test_our_own_errors_are(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Whatever is raised on purpose is told in its own words."""

    def failing(arguments: object) -> Status:
        raise NoScrapeError("told in words")

    monkeypatch.setattr("noscrape.cli.crawlers.listing.list_", failing)
    assert main(["crawlers", "list"]) == Status.FAULT
    assert capsys.readouterr().err == "noscrape: told in words\n"


def test_as_a_module() -> None:
    """`python -m noscrape` is the command."""
    done = run("crawlers", "match", "GPTBot/1.2")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"GPTBot (OpenAI, ai, training)")


@pytest.mark.parametrize("arguments", [("crawlers", "match", "é ♫"), ("explain", "--path", "/é", "--user-agent", "♫")])
def test_an_output_that_knows_no_such_character(arguments: tuple[str, ...]) -> None:
    """It gets an escape instead of an exception."""
    done = run(*arguments, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")


def test_files_may_stand_behind_options(capsys: Captured) -> None:
    """As people write them; what is no option of anybody's is an error all the same."""
    Path("a.jsonl").touch()
    assert main(["log", "top", "agents", "--json", "a.jsonl"]) == Status.OK
    with pytest.raises(SystemExit):
        main(["log", "top", "agents", "--json", "a.jsonl", "--bogus"])
    assert "unrecognized arguments: a.jsonl --bogus" in capsys.readouterr().err
