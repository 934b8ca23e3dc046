"""The folder in which fetched lists of networks are kept: a file for each URL, as it came, and an index with the dates.

A list that has changed gets a file of its own, and counts from when the index names it. The index is replaced in one
step, so that whoever reads meanwhile gets the old list or the new one, and a full disk loses neither. The file before
stays for those who are reading it, and goes with the next change. One that does not have the digest of the index is not
used.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from noscrape.errors import RangesError
from noscrape.networks import Network
from noscrape.replacement import replace
from noscrape.verify.ranges import parse

#: The index, beside the files that it names.
INDEX: Final = "ranges.json"

#: Version of the index's shape.
_SHAPE: Final = 1

#: A longer list is none.
LARGEST_BYTES: Final = 20_000_000

_ODD: Final = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One list as it was fetched; `fetched` in epoch seconds, `created` in its operator's words."""

    url: str
    networks: tuple[Network, ...]
    fetched: float
    created: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """All lists of a folder that can be used. `problems` say what cannot, and why.

    `damaged` are the URLs whose lists should be there and cannot be used. Where the index is not `indexed`, missing or
    broken, nobody knows which those are.
    """

    by_url: Mapping[str, Snapshot] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[str, ...] = ()
    folder: Path | None = None
    damaged: frozenset[str] = frozenset()
    indexed: bool = True


NO_SNAPSHOTS: Final = Snapshots()


def load(folder: Path) -> Snapshots:
    """What is in a folder; nothing where there is no folder. Never raises: what cannot be used is told."""
    try:
        entries = _index(folder)
    except FileNotFoundError:
        return Snapshots(folder=folder, indexed=False)
    except (OSError, RangesError) as error:
        problem = f"{folder / INDEX}: {_why(error)}; `noscrape crawlers refresh` makes it anew"
        return Snapshots(problems=(problem,), folder=folder, indexed=False)
    found: dict[str, Snapshot] = {}
    problems = []
    for url, entry in entries.items():
        try:
            found[url] = _snapshot(folder, url, entry)
        except (OSError, RangesError, ValueError, TypeError, KeyError) as error:
            problems.append(f"{folder}: the list of {url} cannot be used: {_why(error)}; fetch it again")
    return Snapshots(found, tuple(problems), folder, frozenset(entries.keys() - found.keys()))


def keep(
    folder: Path, url: str, data: bytes, *, fetched: float, created: str, etag: str = "", last_modified: str = ""
) -> None:
    """Put a list into the folder, which is made where it is missing. Raises OSError, and then nothing has changed."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = sha256(data).hexdigest()
    file = _name(url, digest)
    replace(folder / file, data)
    entries = _entries(folder)
    entry = {
        "file": file,
        "fetched": _time(fetched),
        "created": created,
        "etag": etag,
        "last_modified": last_modified,
        "sha256": digest,
    }
    _write_index(folder, entries | {url: entry})
    needed = {file, entries.get(url, {}).get("file")}
    for old in folder.glob(_name(url, "*")):
        if old.name not in needed:
            old.unlink(missing_ok=True)


def touch(folder: Path, url: str, *, fetched: float) -> None:
    """Note that a list was found unchanged. Raises OSError."""
    entries = _entries(folder)
    if url in entries:
        _write_index(folder, entries | {url: entries[url] | {"fetched": _time(fetched)}})


def _entries(folder: Path) -> dict[str, Any]:
    try:
        return _index(folder)
    except (FileNotFoundError, RangesError):
        return {}


def _index(folder: Path) -> dict[str, Any]:
    with (folder / INDEX).open("rb") as opened:
        data = opened.read(LARGEST_BYTES)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise RangesError("is no JSON, or only half of it") from None
    entries = found.get("lists") if isinstance(found, dict) and found.get("shape") == _SHAPE else None
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise RangesError("is no index of lists that this version knows")
    return entries


def _snapshot(folder: Path, url: str, entry: Mapping[str, Any]) -> Snapshot:
    if entry["file"] != _name(url, entry["sha256"]):  # the index may not lead out of the folder
        raise RangesError("the index names another file")
    with (folder / entry["file"]).open("rb") as opened:
        data = opened.read(LARGEST_BYTES + 1)
    if sha256(data).hexdigest() != entry["sha256"]:
        raise RangesError("the file is not the one that was fetched")
    fetched = datetime.fromisoformat(entry["fetched"]).timestamp()
    known = (str(entry.get(key, "")) for key in ("created", "etag", "last_modified"))
    return Snapshot(url, parse(data, url=url).networks, fetched, *known)


def _write_index(folder: Path, entries: Mapping[str, Any]) -> None:
    text = json.dumps({"shape": _SHAPE, "lists": dict(entries)}, indent=1, sort_keys=True)
    replace(folder / INDEX, text.encode("ascii"))


def _name(url: str, digest: str) -> str:
    """A file's name that tells whose list it is, and which: openai.com_gptbot.json.3f2a91c0.d4e5f607."""
    name = _ODD.sub("_", url.partition("://")[2]).strip("_.")[:100]
    return f"{name}.{sha256(url.encode()).hexdigest()[:8]}.{digest[:8]}"


def _time(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(int(epoch_seconds), tz=UTC).isoformat()


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
