"""`noscrape config`: a file to start from, and the schema that editors read."""

import argparse
import json
import sys
from importlib.resources import files
from pathlib import Path

from noscrape.cli.status import Status
from noscrape.config import FILE_NAME, schema
from noscrape.errors import ConfigError, Fault
from noscrape.terminal import say


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command and its own verbs."""
    parser = verbs.add_parser("config", help="write a commented noscrape.toml, or its JSON Schema")
    inner = parser.add_subparsers(metavar="VERB", required=True)

    init = inner.add_parser(
        "init",
        help="write a commented file to start from",
        description="Writes a file that shows every setting with its default. Never overwrites one without --force.",
    )
    init.add_argument("file", nargs="?", metavar="FILE", help=f"default: ./{FILE_NAME}; '-' for stdout")
    init.add_argument("--config", metavar="FILE", help="the same")
    init.add_argument("--force", action="store_true", help="overwrite what is there")
    init.set_defaults(run=init_)

    printed = inner.add_parser("schema", help="print the JSON Schema of the file")
    printed.set_defaults(run=schema_)


def starter() -> str:
    """The commented file that `init` writes."""
    return (files("noscrape") / "starter.toml").read_text("utf-8")


def init_(arguments: argparse.Namespace) -> Status:
    """Write the starter file."""
    named = arguments.file or arguments.config or FILE_NAME
    if named == "-":
        sys.stdout.write(starter())
        return Status.OK
    try:
        with Path(named).open("w" if arguments.force else "x", encoding="utf-8", newline="\n") as file:
            file.write(starter())
    except (FileExistsError, IsADirectoryError):
        if Path(named).is_dir():
            raise _error(named, "is a folder, wanted a file") from None
        raise _error(named, "is there already and was left as it is; --force overwrites it") from None
    except FileNotFoundError:
        raise _error(named, f"cannot be written: there is no folder {Path(named).parent}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise _error(named, f"cannot be written: {reason}") from None
    say(sys.stderr, f"{named}: written; `noscrape check` says what it enforces")
    return Status.OK


def schema_(arguments: argparse.Namespace) -> Status:
    """Print the schema."""
    print(json.dumps(schema(), indent=2))
    return Status.OK


def _error(named: str, problem: str) -> ConfigError:
    return ConfigError((Fault(named, "", problem),))
