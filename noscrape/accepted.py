"""The crawlers that were in force, and what was done about each: kept in a file, to tell what an update changes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from noscrape.replacement import replace

#: Version of the file's shape.
_SHAPE: Final = 1

_LARGEST_BYTES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was done about each crawler, by product token: "refused", "let in" and the like.

    `actions` is None where nothing is remembered; `problem` says why, where a file is there and cannot be used.
    `purposes` are those of the AI agents among them; older files have none.
    """

    catalog: str = ""
    actions: Mapping[str, str] | None = None
    problem: str = field(default="", compare=False)
    purposes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update changes: crawlers that are new, those that are gone, and those that are treated otherwise."""

    added: Mapping[str, str]
    removed: Mapping[str, str]
    changed: Mapping[str, tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def read(file: Path) -> Accepted:
    """What is remembered. Never raises: a file that cannot be used is told in `problem`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return Accepted()
    except OSError as error:
        return Accepted(problem=f"{file} cannot be read: {error.strerror or type(error).__name__}")
    try:
        found = json.loads(data) if len(data) <= _LARGEST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    broken = Accepted(problem=f"{file} is no list of accepted crawlers; `noscrape crawlers accept` writes it anew")
    if not isinstance(found, dict) or found.get("shape") != _SHAPE:
        return broken
    actions, purposes = found.get("actions"), found.get("purposes", {})
    # One with a hole in it would make known crawlers new ones, and no site is without crawlers.
    if not actions or not _words(actions) or not _words(purposes):
        return broken
    return Accepted(str(found.get("catalog", "")), actions, purposes=purposes)


def _words(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(word, str) for word in found.values())


def write(file: Path, accepted: Accepted) -> None:
    """Remember, in one step: whoever reads meanwhile gets the old file or the new one. Raises OSError."""
    written = {
        "shape": _SHAPE,
        "catalog": accepted.catalog,
        "actions": dict(accepted.actions or {}),
        "purposes": dict(accepted.purposes),
    }
    replace(file, f"{json.dumps(written, indent=0, sort_keys=True)}\n".encode("ascii"))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """What becomes of crawlers otherwise than it was."""
    return Changes(
        added={token: after[token] for token in sorted(after.keys() - before.keys())},
        removed={token: before[token] for token in sorted(before.keys() - after.keys())},
        changed={
            token: (before[token], after[token])
            for token in sorted(after.keys() & before.keys())
            if before[token] != after[token]
        },
    )
