"""How a value is read and refused: the error that says why, the annotation that reads, and the words of messages."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import core_schema

T = TypeVar("T")
Location = tuple[str | int, ...]
Parts = Iterable[tuple[Location, str]]


class WrongValueError(ValueError):
    """A value that cannot be used.

    `parts` are problems with their place below the value itself; `inner` is what pydantic found there besides.
    """

    def __init__(self, *problems: str, parts: Parts = (), inner: ValidationError | None = None) -> None:
        self.parts: tuple[tuple[Location, str], ...] = (*(((), problem) for problem in problems), *parts)
        self.inner = inner
        super().__init__("; ".join(problem for _, problem in self.parts))


def together(value: object, handler: Callable[[object], T], parts: Parts) -> T:
    """What is wrong among several values, together with what is wrong with each of them."""
    found = tuple(parts)
    try:
        done = handler(value)
    except ValidationError as error:
        raise WrongValueError(parts=found, inner=error) from None
    if found:
        raise WrongValueError(parts=found)
    return done


def repeated(tables: object, *keys: str, same: Callable[[str], str] = str) -> Parts:
    """Tables of a list that say the same under all of `keys`; `same` tells which texts are one."""
    seen: set[tuple[str, ...]] = set()
    for number, table in enumerate(items(tables)):
        said = [table.get(key) if isinstance(table, Mapping) else getattr(table, key, None) for key in keys]
        if isinstance(said[0], str):
            mark = tuple(same(text) if isinstance(text, str) else "" for text in said)
            if mark in seen:
                yield (number, keys[0]), f"got {shown(said[0])} a second time, wanted it once"
            seen.add(mark)


def items(value: object) -> Sequence[object]:
    """What is in a list, nothing where it is none: that is told elsewhere."""
    return value if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True, eq=False)
class Parsed(Generic[T]):
    """Annotation of a model's field: what is written goes through `parse`, and `schema` describes it to editors."""

    parse: Callable[[object], T]
    schema: Mapping[str, Any]
    write: Callable[[T], object] = str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """What pydantic asks an annotation for."""
        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(self.write, when_used="json"),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """What pydantic asks an annotation for."""
        return dict(self.schema)


def one_of(*choices: T) -> Parsed[T]:
    """One of several words, each an enum's member or a plain text."""
    words = {choice.value if isinstance(choice, Enum) else str(choice): choice for choice in choices}

    def parse(value: object) -> T:
        for word, choice in words.items():
            if value is choice or (isinstance(value, str) and value == word):
                return choice
        raise WrongValueError(f"got {shown(value)}, wanted {either(words)}{nearest(value, words)}")

    return Parsed(
        parse,
        {"type": "string", "enum": list(words)},
        write=lambda choice: choice.value if isinstance(choice, Enum) else choice,
    )


def shown(value: object) -> str:
    """A value as a message shows it: short, and without control characters."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return cut(repr(value))
        case int():
            return str(value) if value.bit_length() < 128 else "a number beyond all bounds"
        case float():
            return str(value)
        case None:
            return "nothing"
        case list() | tuple() | set() | frozenset():
            return "a list"
        case Mapping():
            return "a table"
        case Enum():
            return shown(value.value)
    return f"a value of type {type(value).__name__}"


def cut(text: str) -> str:
    """A text, shortened where it would fill the screen; its last character, a quote mostly, stays."""
    return text if len(text) <= 80 else f"{text[:76]}...{text[-1]}"


def either(words: Iterable[str]) -> str:
    """'a', 'b' or 'c'."""
    *most, last = (f"'{word}'" for word in words)
    return f"{', '.join(most)} or {last}" if most else last


def nearest(value: object, words: Iterable[str]) -> str:
    """`, did you mean 'x'?` where a word is close to what was written, else nothing."""
    found = closest(value, words)
    return f", did you mean {shown(found)}?" if found else ""


def closest(value: object, words: Iterable[str]) -> str | None:
    """The word that was probably meant."""
    if not isinstance(value, str):
        return None
    plain = {_plain(word): word for word in words}
    found = get_close_matches(_plain(value[:100]), plain, n=1, cutoff=0.7)
    return plain[found[0]] if found else None


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip().casefold())
