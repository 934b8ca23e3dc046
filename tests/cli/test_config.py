"""`noscrape config` writes a file to start from, and the schema that editors read."""

import json
from pathlib import Path

import pytest

from noscrape.cli import main
from noscrape.cli.status import Status
from noscrape.config import load, schema

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("named", [[], ["noscrape.toml"], ["--config", "noscrape.toml"]])
def test_init_writes_a_good_file(named: list[str], capsys: Captured) -> None:
    """It says so on stderr, and what it wrote passes `check` without a warning."""
    assert Status.OK == main(["config", "init", *named])
    out, err = capsys.readouterr()
    assert ("", "noscrape.toml: written; `noscrape check` says what it enforces\n") == (out, err)

    assert Status.OK == main(["check"])
    assert "warning" not in capsys.readouterr().out
    assert load(None).config == load("noscrape.toml").config


def test_init_never_overwrites(capsys: Captured) -> None:
    """What is there stays as it is."""
    Path("noscrape.toml").write_text("mine")

    assert Status.FAULT == main(["config", "init"])

    assert "mine" == Path("noscrape.toml").read_text()
    assert "noscrape.toml: is there already and was left as it is; --force overwrites it\n" == capsys.readouterr().err


def test_init_follows_no_link_that_leads_nowhere() -> None:
    """A name that is taken is taken, whatever it leads to."""
    Path("noscrape.toml").symlink_to("elsewhere.toml")

    assert Status.FAULT == main(["config", "init"])

    assert not Path("elsewhere.toml").exists()


def test_init_overwrites_when_told_so() -> None:
    """With --force."""
    Path("noscrape.toml").write_text("mine")

    assert Status.OK == main(["config", "init", "--force"])

    assert Path("noscrape.toml").read_text().startswith("# noscrape.toml: ")


def test_init_writes_to_stdout(capsys: Captured) -> None:
    """`-` is stdout, and no file is made."""
    assert Status.OK == main(["config", "init", "-"])

    assert capsys.readouterr().out.startswith("# noscrape.toml: ")
    assert [] == list(Path().iterdir())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["."], ".: is a folder, wanted a file\n"),
        ([".", "--force"], ".: is a folder, wanted a file\n"),
        (["no/such/a.toml"], "no/such/a.toml: cannot be written: there is no folder no/such\n"),
        (["a" * 300], f"{'a' * 300}: cannot be written: File name too long\n"),
    ],
)
def test_init_says_why_it_cannot_write(arguments: list[str], told: str, capsys: Captured) -> None:
    """One clear message each."""
    assert Status.FAULT == main(["config", "init", *arguments])

    assert told == capsys.readouterr().err


def test_schema_is_printed_as_json(capsys: Captured) -> None:
    """On stdout, to be kept where an editor looks for it."""
    assert Status.OK == main(["config", "schema"])

    assert schema() == json.loads(capsys.readouterr().out)
