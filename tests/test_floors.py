"""The house: which room stands on which floor, and who may import whom. This table is the documentation of it.

Imports point down. A room imports rooms on lower floors, and itself; never one above, and never a neighbour. `errors`
and `words` may be imported by all. No import hides inside a function, except those that the table names.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import noscrape

FLOORS: dict[str, frozenset[str]] = {
    "texts of others": frozenset({"standards"}),
    "words": frozenset({"decision", "identity", "reservation", "request", "tracks", "tags", "crawlers", "networks"}),
    "judgement": frozenset({"policy", "patterns", "signals", "clients"}),
    "means": frozenset({"exchange", "replacement"}),
    "edges": frozenset(
        {"accepted", "config", "kept", "log", "readers", "shared", "stores", "tagging", "terminal", "verify"}
    ),
    "the site": frozenset({"site"}),
    "uses of a site": frozenset({"agreement", "explain", "probe", "replay"}),
    "shells": frozenset({"middleware", "cli", "testing"}),
}

#: Rooms that everybody may import; they import nothing but each other.
FREE = frozenset({"words", "errors"})

#: The door, which shows what is inside, and what `python -m noscrape` runs. They may import from any floor.
DOORS = frozenset({"__init__", "__main__"})

#: Imports inside functions: an optional extra, and one that takes 0.2 s and is needed only where a log is read.
LATE = {
    "readers/sql.py": {"sqlalchemy"},
    "readers/manifest.py": {"c2pa"},
    "readers/tags.py": {"tinytag"},
    "log/people.py": {"user_agents"},
    "tagging/edit.py": {"mutagen"},
    "verify/components.py": {"http_message_signatures", "http_sf"},
    "verify/dns.py": {"aiodns", "pycares"},
    "verify/keys.py": {"cryptography"},
    "verify/signatures.py": {"cryptography", "http_message_signatures"},
}

#: The floors that read no file, socket, clock, environment or logger: what they need is handed to them.
PURE = ("texts of others", "words", "judgement")
IMPURE = frozenset({"asyncio", "datetime", "io", "logging", "os", "pathlib", "random", "socket", "threading", "time"})

#: What a pure room may still take from there: a name that does nothing by itself.
HARMLESS = {("datetime", "date")}

PACKAGE = Path(noscrape.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
LEVEL = {room: level for level, rooms in enumerate(FLOORS.values()) for room in rooms}


def name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each import of a module: the module, and the name that is taken from it, "" for the module itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import hides where it leads"
            yield from ((node.module or "", alias.name) for alias in node.names)


def rooms_imported(tree: ast.AST) -> set[str]:
    """The rooms of our own that a module imports."""
    found = set()
    for module, taken in imports(tree):
        first, _, rest = module.partition(".")
        if first == "noscrape":
            found.add(rest.partition(".")[0] or taken)
    return found


def forbidden(importer: str, imported: str) -> str:
    """Why a room may not import another; "" where it may."""
    if imported == importer or imported in FREE:
        return ""
    if importer in FREE:
        return "imports nothing"
    if imported not in LEVEL:
        return "is no room of the house"
    if importer in DOORS:
        return ""
    if LEVEL[imported] == LEVEL[importer]:
        return "stands beside it"
    return "stands above it" if LEVEL[imported] > LEVEL[importer] else ""


@pytest.mark.parametrize("file", FILES, ids=name)
def test_imports_point_down(file: Path) -> None:
    """No module imports a room above its own, or beside it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = {imported: forbidden(room(file), imported) for imported in rooms_imported(tree)}
    assert {} == {imported: reason for imported, reason in found.items() if reason}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_imports_stand_at_the_top(file: Path) -> None:
    """What a module needs is told at its beginning, or in the table."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {
        module.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for module, _ in imports(node)
    }
    assert LATE.get(name(file), set()) == inside


@pytest.mark.parametrize(
    "file", [file for file in FILES if any(room(file) in FLOORS[floor] for floor in PURE)], ids=name
)
def test_what_decides_is_pure(file: Path) -> None:
    """The lower floors read no clock, file, socket, environment or logger, and nothing in them waits."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    taken = {(module, what) for module, what in imports(tree) if module.partition(".")[0] in IMPURE}
    assert set() == taken - HARMLESS
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert set() == called & {"open", "print", "input"}
    assert [] == [node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def test_every_room_has_its_floor() -> None:
    """The table knows every module, and nothing that is not there."""
    rooms = {room(file) for file in FILES}
    assert set() == rooms - LEVEL.keys() - FREE - DOORS
    assert set() == LEVEL.keys() - rooms
    assert len(LEVEL) == sum(map(len, FLOORS.values()))


@pytest.mark.parametrize(
    ("importer", "imported", "reason"),
    [
        ("policy", "decision", ""),
        ("policy", "patterns", "stands beside it"),
        ("tracks", "site", "stands above it"),
        ("middleware", "cli", "stands beside it"),
        ("middleware", "site", ""),
        ("reservation", "errors", ""),
        ("words", "decision", "imports nothing"),
        ("site", "utils", "is no room of the house"),
    ],
)
def test_the_rule_itself(importer: str, imported: str, reason: str) -> None:
    """The check would notice."""
    assert reason == forbidden(importer, imported)
