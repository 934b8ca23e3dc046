"""`Content-Usage` and `Content-Signal` lines of a group in robots.txt, beside those that stand there already.

The line with the longest path decides alone, and lines of the same path are combined, the most restrictive winning
(draft-ietf-aipref-attach-05; for Content-Signal our reading). So a line of ours takes a path out of the reach of
shorter ones, and must repeat what they deny; and a longer one takes a path out of the reach of ours, so it gets a
companion with the same path. Nothing that stands there is touched.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from noscrape.signals import paths
from noscrape.standards import content_signal, content_usage
from noscrape.standards.content_signal import Signal
from noscrape.standards.content_usage import Preference
from noscrape.standards.path_pattern import normalised

#: What a line grants (True) and denies (False); what it does not name is neither.
Said = dict[str, bool]

#: The lines of a group by their paths, "" for those without one, equal ones combined.
_Rules = dict[str, Said]


@dataclass(frozen=True, slots=True)
class Statement:
    """What is reserved: the value of a `Content-Usage` line and of a `Content-Signal` line, "" for none.

    `paths` are the patterns that it holds for; none, or "/" among them, is the whole site, told without a path.
    """

    usage: str = ""
    signal: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Additions:
    """Lines to add to a group, and those of its own, as "field: path key=value", that say the opposite of ours."""

    lines: tuple[str, ...]
    opposed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    keys: tuple[str, ...]
    words: Mapping[bool, str]
    read: Callable[[str], Said]
    wanted: Callable[[Statement], str]

    def said(self, path: str, said: Said) -> str:
        told = ", ".join(f"{key}={self.words[said[key]]}" for key in self.keys if key in said)
        return f"{self.name}: {path} {told}" if path else f"{self.name}: {told}"


def _usage(value: str) -> Said:
    read = content_usage.parse(value)
    return {key: said is Preference.ALLOWED for key, said in read.items() if said is not Preference.UNKNOWN}


def _signal(value: str) -> Said:
    read = content_signal.parse(value)
    return {key: said is Signal.YES for key, said in read.items() if said is not Signal.UNSTATED}


_FIELDS: Final = (
    _Field(
        "Content-Signal", content_signal.KEYS, {True: "yes", False: "no"}, _signal, lambda statement: statement.signal
    ),
    _Field(
        "Content-Usage", content_usage.CATEGORIES, {True: "y", False: "n"}, _usage, lambda statement: statement.usage
    ),
)


class Statements:
    """Several statements, to be told in any number of groups. One that does not parse says nothing."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        told = tuple(statements)
        self._wanted = tuple((field, wanted) for field in _FIELDS if (wanted := _wanted(field, told)))
        #: What is told to a group that says nothing of it.
        self.lines = tuple(line for field, wanted in self._wanted for line in _missing(field, {}, wanted, alone=True))

    def missing(self, records: Iterable[tuple[str, str]], *, alone: bool = True) -> Additions:
        """What a group lacks of them, by its records: fields in lower case and values, whatever they are.

        With the lines added it lacks nothing. `alone` tells that no other group names one of the same crawlers: only
        then is it known what is granted to them.
        """
        said = [(name, value) for name, value in records if name in _NAMES]
        if not said:
            return Additions(self.lines, ())
        lines: list[str] = []
        opposed: dict[str, None] = {}
        for field, wanted in self._wanted:
            rules: _Rules = {}
            for name, value in said:
                if name == field.name.lower():
                    _combine(rules, *_split(field, value))
            for path, told in rules.items():
                against = {key: True for key, yes in told.items() if yes and _denied(wanted, path, key)}
                if against:
                    opposed[field.said(path, against)] = None
            lines += _missing(field, rules, wanted, alone=alone)
        return Additions(tuple(lines), tuple(opposed))


_NAMES: Final = frozenset(field.name.lower() for field in _FIELDS)


def _wanted(field: _Field, statements: Iterable[Statement]) -> _Rules:
    """What is to be told, the shorter paths first."""
    found: _Rules = {}
    for statement in statements:
        said = field.read(field.wanted(statement))
        patterns = paths.widest(tuple(map(paths.pattern, statement.paths))) or ("/",)
        for path in ("",) if patterns == ("/",) else patterns:
            if said:
                _combine(found, path, said)
    return dict(sorted(found.items(), key=lambda item: len(item[0])))


def _split(field: _Field, value: str) -> tuple[str, Said]:
    if not value.startswith("/"):
        return "", field.read(value)
    path, *rest = value.replace("\t", " ").split(" ", 1)
    return normalised(path), field.read("".join(rest).strip(" "))


def _combine(rules: _Rules, path: str, said: Said) -> None:
    """Add what a line says to what lines of its path say."""
    told = rules.setdefault(path, {})
    for key, yes in said.items():
        told[key] = told.get(key, True) and yes


def _missing(field: _Field, rules: _Rules, wanted: _Rules, *, alone: bool) -> Iterator[str]:
    """Lines that are not there yet; they are added to `rules`."""
    complete = False
    while not complete:  # each line added denies more, so that this ends
        complete = True
        for path, said in wanted.items():
            denied = [key for key, yes in said.items() if not yes]
            if path not in rules or any(rules[path].get(key) is not False for key in denied):
                complete = False
                yield _add(field, rules, path, _repeated(rules, path, said, alone=alone))
            for other in [other for other in rules if _overrides(other, path)]:
                open_ = {key: False for key in denied if rules[other].get(key) is not False}
                if open_:
                    complete = False
                    yield _add(field, rules, other, open_)


def _add(field: _Field, rules: _Rules, path: str, said: Said) -> str:
    _combine(rules, path, said)
    return field.said(path, said)


def _repeated(rules: _Rules, path: str, said: Said, *, alone: bool) -> Said:
    """What is to be said of a path, with what the lines say that shall no longer be heard there."""
    shorter = [other for other in rules if len(other) <= len(path) and other != path and paths.meet(other, path)]
    told = dict(said)
    for other in shorter:
        told |= {key: False for key, yes in rules[other].items() if not yes}
    heard = max(shorter, key=len, default=None)
    if alone and heard is not None and path.startswith(heard):
        told = {key: True for key, yes in rules[heard].items() if yes} | told
    return told


def _denied(wanted: _Rules, path: str, key: str) -> bool:
    return any(said.get(key) is False and paths.meet(path, other) for other, said in wanted.items())


def _overrides(other: str, path: str) -> bool:
    """Whether a line with another path decides where one with this path should."""
    return other != path and len(other) >= len(path) and paths.meet(other, path)
