"""From a stranger's regular expression to the names that it stands for, where it stands for a few.

Nothing is ever run: the expression is read, character by character, and spelled out. What a name cannot say (anchors,
wildcards, repeats) is refused with the reason; that leaves out all that takes more than linear time.
"""

from collections.abc import Iterable, Iterator
from typing import Final

#: Names that one expression may stand for.
MOST_NAMES: Final = 16

#: Characters of an expression, and groups inside each other.
_LONGEST: Final = 256
_DEEPEST: Final = 8

_WILDCARD: Final = "holds a wildcard, wanted a name"

#: Escapes that stand for more than the character itself.
_CLASSES: Final = {"d": "0123456789", "s": " "}


def names(expression: str) -> tuple[str, ...]:
    """The names that an expression finds, without a closing `/`. Raises ValueError, which says why there are none."""
    if len(expression) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    found = [name.strip().rstrip("/").strip() for name in _Reader(expression.removeprefix("(?i)")).read()]
    if not all(found):
        raise ValueError("matches everything")
    return _distinct(found)


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, whatever its case: user agents are matched without regard to it."""
    return tuple({name.casefold(): name for name in reversed(list(found))}.values())[::-1]


def _few(found: Iterable[str]) -> list[str]:
    kept = list(_distinct(found))
    if len(kept) > MOST_NAMES:
        raise ValueError(f"stands for more than {MOST_NAMES} names")
    return kept


class _Reader:
    """Reads one expression. State: the place that it has come to."""

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0

    def read(self) -> list[str]:
        found = self._alternatives(depth=0)
        if self._at < len(self._text):
            raise ValueError("has a bracket that was never opened")
        return found

    def _alternatives(self, *, depth: int) -> list[str]:
        found = self._sequence(depth=depth)
        while self._next("|"):
            found = _few([*found, *self._sequence(depth=depth)])
        return found

    def _sequence(self, *, depth: int) -> list[str]:
        found = [""]
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts = self._repeated(self._part(depth=depth))
            found = _few(before + part for before in found for part in parts)
        return found

    def _part(self, *, depth: int) -> list[str]:
        char = self._take()
        match char:
            case "(":
                return self._group(depth=depth + 1)
            case "[":
                return _few(self._class())
            case "\\":
                return self._escape()
            case "^" | "$":
                raise ValueError("is anchored, and a name is looked for anywhere in a user agent")
            case ".":
                raise ValueError(_WILDCARD)
            case "*" | "+" | "?" | "{":
                raise ValueError(f"repeats nothing with {char!r}")
        return [char]

    def _repeated(self, parts: list[str]) -> list[str]:
        if self._next("?"):
            self._next("?")  # what it would rather find makes no difference to the names
            parts = [*parts, ""]
        if self._at < len(self._text) and self._text[self._at] in "*+?{":
            char = self._text[self._at]
            raise ValueError(f"repeats with {char!r}: no name does, and it can take quadratic time")
        return parts

    def _group(self, *, depth: int) -> list[str]:
        if depth > _DEEPEST:
            raise ValueError(f"has more than {_DEEPEST} groups inside each other")
        if self._next("?") and not self._next(":"):
            raise ValueError("looks around, or has a group of a special kind")
        found = self._alternatives(depth=depth)
        if not self._next(")"):
            raise ValueError("has a group that is never closed")
        return found

    def _class(self) -> Iterator[str]:
        if self._next("^"):
            raise ValueError(_WILDCARD)
        first = True
        while first or not self._next("]"):
            chars = self._member()
            first = False
            if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._take()
                last = self._member()
                if len(chars) != 1 or len(last) != 1 or last < chars:
                    raise ValueError("has a range of characters that cannot be")
                first_code, last_code = ord(chars[0]), ord(last[0])
                # A range that is wider than this stands for too many names, whatever its end.
                chars = list(map(chr, range(first_code, min(last_code, first_code + 127) + 1)))
            yield from chars

    def _member(self) -> list[str]:
        char = self._take()
        return self._escape(inside=True) if char == "\\" else [char]

    def _escape(self, *, inside: bool = False) -> list[str]:
        char = self._take()
        if char in _CLASSES:
            return list(_CLASSES[char])
        if char == "b" and not inside:
            if self._at not in (2, len(self._text)):
                raise ValueError("has a boundary inside")
            return [""]
        if char in "AZ" and not inside:
            raise ValueError("is anchored, and a name is looked for anywhere in a user agent")
        if char.isalnum():
            raise ValueError(_WILDCARD if char in "DSwW" else f"has an escape that names do not need: \\{char}")
        return [char]

    def _take(self) -> str:
        if self._at >= len(self._text):
            raise ValueError("ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _next(self, char: str) -> bool:
        """Whether this character comes next, which is then taken."""
        if self._text[self._at : self._at + 1] != char:
            return False
        self._at += 1
        return True
