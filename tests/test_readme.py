"""The README is part of the interface: what it names exists, and what exists it names."""

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import noscrape
from noscrape.cli import parser
from noscrape.config import load
from noscrape.config.model import Config
from noscrape.reservation import RESERVED
from noscrape.signals import Emission

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands(top: argparse.ArgumentParser, *above: str) -> Iterator[str]:
    inner = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    for action in inner:
        for name, below in action.choices.items():
            yield from commands(below, *above, name)
    if not inner:
        yield " ".join(above)


def test_every_public_name_is_in_the_reference() -> None:
    """The table under "Reference" lists `noscrape.__all__`, whole."""
    table = README.partition("`from noscrape import ...`")[2].partition("| command")[0]
    assert [name for name in noscrape.__all__ if f"`{name}" not in table] == []


def test_every_command_is_in_the_reference() -> None:
    """The table of commands lists every verb that the command line has."""
    table = README.partition("| command | what it does |")[2]
    missing = [
        command
        for command in commands(parser())
        if f"noscrape {command}" not in table and f"`{command.split(' ', 1)[-1]}" not in table
    ]
    assert missing == []


def test_the_settings_that_it_shows_are_valid() -> None:
    """Each block of TOML loads as it stands."""
    for block in blocks("toml"):
        assert isinstance(load(tomllib.loads(block)).config, Config)


def test_the_python_that_it_shows_compiles() -> None:
    """Each block of Python is Python."""
    for block in blocks("python"):
        compile(block, "README.md", "exec")


def test_the_headers_that_it_shows_are_those_that_are_sent() -> None:
    """The default headers stand in the README line by line."""
    sent = {f"{name.decode()}: {value.decode()}".lower() for name, value in Emission().lines(RESERVED)}
    assert sent <= {line.strip().lower() for line in README.splitlines()}


def test_two_commands_do_all_the_set_up() -> None:
    """One line runs the demo and one the tests, each from nothing."""
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [line.rpartition(" -m ")[2] for line in lines] == ["examples.demo", "pytest"]
