"""From pydantic's errors to ours: where it stands, what was got, what was wanted, what was probably meant."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from noscrape.config.lines import Path
from noscrape.config.model import Config
from noscrape.config.parsing import Parsed, WrongValueError, closest, either, shown
from noscrape.errors import Fault

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+\Z")


def dotted(path: Path) -> str:
    """A path as messages show it: `tracks.routes.0.path`, keys of other characters quoted and escaped."""
    return ".".join(str(part) if isinstance(part, int) or _BARE.match(part) else json.dumps(part) for part in path)


@dataclass(frozen=True, slots=True)
class Source:
    """What is being read: its name in messages, and where its keys stand (nowhere, if it came from Python)."""

    name: str
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a key, or of the table that it is missing from; 0 where there is none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def fault(self, path: Path, problem: str) -> Fault:
        """A fault at its place."""
        line = self.line(path)
        return Fault(f"{self.name}:{line}" if line else self.name, dotted(path), problem)


def faults(error: ValidationError, source: Source) -> tuple[Fault, ...]:
    """Every fault that pydantic found, in the order of the file."""
    found = list(_problems(error, ()))
    found.sort(key=lambda item: source.line(item[0]))
    return tuple(dict.fromkeys(source.fault(path, problem) for path, problem in found))


def _problems(error: ValidationError, above: Path) -> Iterator[tuple[Path, str]]:
    for detail in error.errors(include_url=False):
        path = (*above, *(part for part in detail["loc"] if part != "[key]"))
        raised = detail.get("ctx", {}).get("error")
        if isinstance(raised, WrongValueError):
            yield from (((*path, *below), problem) for below, problem in raised.parts)
            if raised.inner is not None:
                yield from _problems(raised.inner, path)
        elif detail["type"] == "invalid_key":
            yield path[:-1], f"got the key {path[-1]}, wanted text"
        else:
            yield path, _problem(detail["type"], path, detail)


def _problem(kind: str, path: Path, detail: ErrorDetails) -> str:
    field = _field(path)
    got = "a secret" if field is not None and not field.repr else shown(detail["input"])
    if kind == "extra_forbidden":
        return _unknown(path, detail["input"])
    if kind == "missing":
        return f"missing, wanted {_wanted(field)}"
    if field is not None and (bounds := _bounds(field)) and kind in _RANGE:
        return f"got {got}, wanted {bounds}"
    if kind in _WANTED:
        wanted = _WANTED[kind]
        if wanted == "a table" and isinstance(detail["input"], str):  # where a URL with a password may stand
            return "got a text, wanted a table"
        if wanted == "a list" and field is not None and isinstance(detail["input"], Mapping):
            return f"got one table, wanted a list of them, did you mean [[{dotted(path)}]]?"
        if wanted == "a list" and isinstance(detail["input"], str):
            return f"got {got}, wanted a list, did you mean [{got}]?"
        if field is not None and (bounds := _bounds(field)):
            wanted = f"{wanted} from {bounds}"
        return f"got {got}, wanted {wanted}"
    return f"got {got}: {_first_lower(detail['msg'])}"


_RANGE: Final = frozenset({"greater_than_equal", "less_than_equal", "finite_number"})
_WANTED: Final[Mapping[str, str]] = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "mapping_type": "a table",
    "model_type": "a table",
    "string_type": "text in quotes",
    "string_too_long": "at most 300 characters",
    "tuple_type": "a list",
}


def _bounds(field: FieldInfo) -> str:
    ends = {type(bound): bound for bound in field.metadata if isinstance(bound, Ge | Le)}
    if len(ends) < 2:
        return ""
    return f"{_number(ends[Ge].ge)} to {_number(ends[Le].le)}"  # type: ignore[union-attr]  # one of each


def _number(bound: object) -> str:
    return f"{bound:_}" if isinstance(bound, int) and bound > 9_999 else str(bound)


def _wanted(field: FieldInfo | None) -> str:
    choices = (
        next((item.schema.get("enum") for item in field.metadata if isinstance(item, Parsed)), None) if field else None
    )
    return either(choices) if choices else _first_lower(field.description if field else None)


def _first_lower(text: str | None) -> str:
    text = (text or "a value").rstrip(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _unknown(path: Path, value: object) -> str:
    """What may have been meant by a key that nobody knows."""
    *above, last = path
    model = _model(_annotation(tuple(above)))
    if model is None or not isinstance(last, str):
        return "unknown key"
    if meant := closest(last, model.model_fields):
        return f"unknown key, did you mean '{meant}'?"
    if tuple(above) == ("crawlers",) and isinstance(value, str):
        return "unknown key; one crawler's own answer stands under [crawlers.agents]"
    homes = [home for home, other in _tables(Config, "") if last in other.model_fields]
    if homes:
        places = " or ".join(home or "the top of the file, above the first [table]" for home in homes)
        return f"unknown key here; it belongs to {places}"
    return f"unknown key, wanted one of {', '.join(model.model_fields)}"


def _tables(model: type[BaseModel], name: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield (f"[{name}]" if name else ""), model
    for key, field in model.model_fields.items():
        if (inner := _model(field.annotation)) is not None:
            below = f"{name}.{key}" if name else key
            listed = inner is not field.annotation and _model_of_list(field.annotation)
            yield from ((f"[{home}]" if listed else home, found) for home, found in _tables(inner, below))


def _model_of_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is tuple


def _model(annotation: Any) -> type[BaseModel] | None:
    """The table that a type stands for, also inside a list or `| None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner)) is not None), None)


def _annotation(path: Path) -> Any:
    annotation: Any = Config
    for part in path:
        model = _model(annotation)
        if isinstance(part, str) and model is not None:
            field = model.model_fields.get(part)
            annotation = field.annotation if field else None
    return annotation


def _field(path: Path) -> FieldInfo | None:
    *above, last = path or ("",)
    model = _model(_annotation(tuple(above)))
    return model.model_fields.get(last) if model is not None and isinstance(last, str) else None
