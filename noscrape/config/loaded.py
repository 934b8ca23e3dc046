"""Reading the configuration: a file, a mapping or nothing in; finished settings out, or one error with every fault."""

import json
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from noscrape.config import lines
from noscrape.config.faults import Source, faults
from noscrape.config.model import Config, Surroundings
from noscrape.config.parsing import items
from noscrape.errors import ConfigError, Fault

#: The file that commands find by themselves.
FILE_NAME: Final = "noscrape.toml"

#: Far beyond any configuration, and still read in a moment.
LARGEST_BYTES: Final = 1_000_000

Named = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with their origin.

    `file` is absolute, and None for settings from Python; `name` is the file as it was named. `lines` go by dotted key
    ("tracks.routes.0.path", "crawlers.agents.GPTBot"); `digest` is the beginning of the SHA-256 of what was read, 12
    hexadecimal digits.
    """

    config: Config
    file: Path | None
    lines: Mapping[str, int]
    digest: str
    name: str = ""

    def place(self, key: str) -> str:
        """Where a setting comes from: "noscrape.toml:17", "Python", or "default"."""
        if self.file is None:
            return "Python" if _given(self.config, key) else "default"
        line = self.lines.get(key) or self.lines.get(_folded(self.lines, key), 0)
        return f"{self.name}:{line}" if line else "default"


def _folded(keys: Iterable[str], wanted: str) -> str:
    """A key by another case, as crawlers' tokens have it."""
    folded = wanted.casefold()
    return next((key for key in keys if key.casefold() == folded), "")


def _given(config: Config, key: str) -> bool:
    value: object = config
    parts = key.split(".")
    for number, part in enumerate(parts):
        if isinstance(value, BaseModel):
            if part not in value.model_fields_set:
                return False
            value = getattr(value, part)
        elif isinstance(value, Mapping):
            return _folded(value, ".".join(parts[number:])) != ""
        elif isinstance(value, tuple):
            if not part.isdecimal() or int(part) >= len(value):
                return False
            value = value[int(part)]
    return True


def load(source: Named | Mapping[str, Any] | Config | None, *, tokens: Iterable[str] | None = None) -> Loaded:
    """Read a file, or take settings given in Python; None for the defaults.

    `tokens` are the crawlers that `[crawlers.agents]` may name; without them any will do. Relative paths start at the
    file's folder, or at the working directory. Raises ConfigError with every fault, and nothing else.
    """
    match source:
        case str() | os.PathLike():
            path, name = _path(source)
            return parse(read(path, name=name), path, name=name, tokens=tokens)
        case None:
            source = {}
        case Config() | Mapping():
            pass
        case _:
            wanted = "a file name, a mapping, a Config or None"
            raise ConfigError((Fault("Python", "config", f"got {type(source).__name__}, wanted {wanted}"),))
    around = Surroundings(Path.cwd(), _folds(tokens, source, Path.cwd()))
    config = _config(source, Source("Python", {}), around)
    content = json.dumps(config.model_dump(mode="json", exclude_unset=True), sort_keys=True)
    return Loaded(config, None, {}, _digest(content.encode()), "Python")


def found(named: Named | None) -> Named | None:
    """The file that a command uses: the one that was named, else ./noscrape.toml where there is one, else None."""
    if named is not None:
        return named
    return FILE_NAME if os.path.lexists(FILE_NAME) else None


def read(path: Path, *, name: str = "") -> bytes:
    """The bytes of a configuration file. Raises ConfigError where there is none to be had."""
    name = name or str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _error(name, "is a folder, wanted a file")
        if not stat.S_ISREG(mode):  # a pipe would block, and could not be read again
            raise _error(name, "is no ordinary file")
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _error(name, "no such file; `noscrape config init` writes one to start from") from None
    except OSError as error:
        raise _error(name, f"cannot be read: {error.strerror or type(error).__name__}") from None
    if len(data) > LARGEST_BYTES:
        raise _error(name, f"is too large to be a configuration, wanted at most {LARGEST_BYTES:_} bytes")
    return data


def parse(data: bytes, path: Path, *, name: str = "", tokens: Iterable[str] | None = None) -> Loaded:
    """Settings from the bytes of a file. Raises ConfigError with every fault, and nothing else."""
    name = name or str(path)
    text = _decoded(data, name)
    try:
        document = tomllib.loads(text)
        index = lines.lines(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(str(error), text, name) from None
    except RecursionError:
        raise _error(name, "lists or tables are nested too deeply to be a configuration") from None
    except ValueError:  # Python's bound on the digits of a number
        raise _error(name, "a number has too many digits") from None
    path = path.absolute()
    config = _config(document, Source(name, index), Surroundings(path.parent, _folds(tokens, document, path.parent)))
    named = {".".join(map(str, key)): line for key, line in index.items()}
    return Loaded(config, path, named, _digest(data), name)


def schema() -> dict[str, Any]:
    """The JSON Schema of noscrape.toml, as editors read it."""
    return Config.model_json_schema(schema_generator=_Schema)


class _Schema(GenerateJsonSchema):
    """Without titles, which repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _config(data: object, source: Source, around: Surroundings) -> Config:
    try:
        return Config.model_validate(_plain(data), context=around)
    except ValidationError as error:
        raise ConfigError(faults(error, source)) from None  # pydantic's own words may show a secret
    except RecursionError:
        raise _error(source.name, "lists or tables are nested too deeply to be a configuration") from None


def _path(source: Named) -> tuple[Path, str]:
    named = os.fspath(source)
    if not isinstance(named, str) or not named or "\0" in named:
        raise ConfigError((Fault("Python", "config", f"got {named!r}, wanted the name of a file"),))
    return Path(named), named if named.isprintable() else repr(named)


def _error(name: str, problem: str) -> ConfigError:
    return ConfigError((Fault(name, "", problem),))


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:12]


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _error(name, "is UTF-16, wanted UTF-8; most editors ask for it when saving")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(f"{name}:{line}", f"is not UTF-8: got the byte 0x{data[error.start]:02x}") from None


#: What tomllib says, in words that say what to do.
_SAID: Final = (
    ("Cannot overwrite a value", "stands there a second time, or is both a value and a table"),
    ("Cannot declare", "this table stands there a second time"),
    ("Cannot mutate immutable", "adds to a list or table that is complete already"),
    ("Invalid value", "no value here, or one that TOML does not know; text stands in quotes"),
    ("Expected '=' after a key", "a key without '=' and a value"),
    ("Invalid statement", "neither a key, a [table] nor a # comment"),
    ("Expected newline", "something is left over after the value"),
    ("Unclosed array", "a list without its closing ']'"),
    ("Unterminated string", "a text without its closing quote"),
    ("Expected ']", "a [table] without its closing bracket"),
)


def _no_toml(said: str, text: str, name: str) -> ConfigError:
    match = re.match(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)\Z", said, re.DOTALL)
    words, line, column = match.groups() if match else (said, None, None)
    problem = next((ours for theirs, ours in _SAID if words.startswith(theirs)), f"{words[:1].lower()}{words[1:]}")
    at = f"column {column}" if line else "at the end of the file"
    return _error(f"{name}:{line or text.rstrip().count(chr(10)) + 1}", f"is not TOML, {at}: {problem}")


def _plain(value: Any) -> Any:
    """Mappings of any kind as dictionaries, which is what pydantic takes."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _folds(tokens: Iterable[str] | None, document: Mapping[str, Any] | Config, folder: Path) -> dict[str, str] | None:
    """The tokens that may be named, with those that the document adds, be they right in all else or not."""
    if tokens is None:
        return None
    if isinstance(document, Config):
        document = document.model_dump(include={"crawlers": {"extra", "lists"}})
    crawlers = document.get("crawlers")
    crawlers = crawlers if isinstance(crawlers, Mapping) else {}
    own = _tokens(crawlers.get("extra"))
    for name in items(crawlers.get("lists")):
        own += _tokens_of_list(folder / name) if isinstance(name, str) and "\0" not in name else []
    return {token.casefold(): token for token in (*tokens, *own)}


def _tokens(entries: object) -> list[str]:
    named = [entry.get("token") for entry in items(entries) if isinstance(entry, Mapping)]
    return [token for token in named if isinstance(token, str)]


def _tokens_of_list(file: Path) -> list[str]:
    """The tokens of a list of crawlers; none where it cannot be used, which is told when it is."""
    try:
        with file.open("rb") as opened:
            return _tokens(tomllib.load(opened).get("crawler"))
    except (OSError, ValueError, RecursionError):
        return []
