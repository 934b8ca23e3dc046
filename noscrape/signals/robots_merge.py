"""The app's robots.txt and ours made one, so that no rule of it is weakened and ours hold for every reader."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from noscrape.signals import paths
from noscrape.signals.robots_policy import Wanted, comments, disallow_lines, group_lines, licence_lines, several, shown
from noscrape.signals.robots_text import RULES, USAGE, Group, Line, RobotsText
from noscrape.signals.usage_lines import Statements
from noscrape.standards.path_pattern import octets_of
from noscrape.standards.path_pattern import path_pattern as compiled
from noscrape.standards.robots_txt import LARGEST_BYTES

#: Stands in the place of a name that was taken out, where the lines around it need one. No crawler goes by it.
_NOBODY: Final = "moved-by-noscrape"

#: Records that a group of ours takes from the app's otherwise, or not at all.
_TAKEN: Final = RULES | USAGE | {"sitemap"}

_NAMES: Final = {
    "allow": "Allow",
    "disallow": "Disallow",
    "crawl-delay": "Crawl-delay",
    "content-signal": "Content-Signal",
    "content-usage": "Content-Usage",
    "license": "License",
}

#: Why something of the app's does not hold any more.
_MOVED: Final = "and no more in the group that the app had it in, with those of its rules that keep it out"
_REOPENS: Final = "does not hold any more, for it would let in what is refused"
_OPPOSED: Final = "says the opposite of what is reserved, and the more restrictive holds"

#: Notes that are told.
_MOST_NOTES: Final = 20


class Merge:
    """The app's text and what is to be said, made one: `text` says both, and `notes` tell what was changed."""

    def __init__(self, app: RobotsText, wanted: Wanted) -> None:
        self._app = app
        self._wanted = wanted
        self._statements = Statements(wanted.statements)
        self._named = _index(app, app.groups)
        self._usage_named = _index(app, app.usage_groups)
        self._instead: dict[int, str | None] = {}
        self._after: dict[int, tuple[str, ...]] = {}
        self._told: dict[tuple[str, str], list[str]] = {}
        self._hold: dict[tuple[int, tuple[str, ...]], bool] = {}
        self._own: dict[_Sources, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {}
        self.text = self._merged()

    def _merged(self) -> str:
        moved = [token for token in self._wanted.refused if not self._stands(token)]
        groups = [(token, tuple(self._own_group(token))) for token in moved]
        self._take_out(frozenset(map(str.lower, moved)))
        self._add_statements()
        if "*" not in self._named:
            groups.insert(0, ("*", (*self._statements.lines, "Allow: /")))
        licensed = any(line.field == "license" and line.value for line in self._preamble)
        block = [*([] if licensed else licence_lines(self._wanted)), *group_lines(groups)]
        if groups:
            block = ["# Added by noscrape: who is refused, and what is reserved.", *comments(self._wanted), *block]
        told = {line.value for line in self._app.lines if line.field == "sitemap"}
        sitemaps = [f"Sitemap: {sitemap}" for sitemap in self._wanted.sitemaps if sitemap not in told]
        return self._composed(block, sitemaps)

    @property
    def notes(self) -> list[str]:
        """What does not hold any more, and for whom."""
        notes = [f"{several(tokens)}: {shown(what)} {why}" for (what, why), tokens in self._told.items()]
        return notes if len(notes) <= _MOST_NOTES else [*notes[:_MOST_NOTES], f"and {len(notes) - _MOST_NOTES} more"]

    @property
    def _preamble(self) -> tuple[Line, ...]:
        """What stands before the first group."""
        return self._app.lines[: self._app.first_head]

    def _stands(self, token: str) -> bool:
        """Whether the app refuses a crawler already, to every reader: in the one group that names it.

        To some readers an empty line ends a group, and some take the first group that has a part of the name.
        """
        named = self._named.get(token.lower(), ())
        if len(named) != 1 or named[0].loosely:
            return False
        ((number, head, _),) = named
        group, lines = self._app.groups[number], self._app.lines
        if not self._holds(number, self._wanted.refused[token]):
            return False
        last = max(index for index in group.records if lines[index].field in RULES)
        if not all(line.text for line in lines[head:last]):
            return False
        ours = frozenset(map(str.lower, self._wanted.refused))
        before = (line.token for line in lines[:head] if line.field == "user-agent")
        return not any(name and name in token.lower() and name not in ours for name in before)

    def _holds(self, group: int, patterns: tuple[str, ...]) -> bool:
        """Whether a group disallows all of some patterns, and allows nothing of it."""
        known = self._hold.get((group, patterns))
        if known is None:
            rules = self._records(self._app.groups, [group], RULES)
            known = all(_refuses(rules, pattern) for pattern in patterns)
            self._hold[group, patterns] = known
        return known

    def _own_group(self, token: str) -> tuple[str, ...]:
        """What a group of ours says to one refused crawler, with all of the app's that held for it."""
        named = self._named.get(token.lower(), ())
        surely = [name for name in named if not name.loosely]
        asked = named if surely else (*named, *self._named.get("*", ()))
        usage = [name for name in self._usage_named.get(token.lower(), ()) if not name.loosely]
        usage = usage or list(self._usage_named.get("*", ()))
        sources = _Sources(
            groups=tuple(dict.fromkeys(name.group for name in asked)),
            usage_groups=tuple(dict.fromkeys(name.group for name in usage)),
            surely=len(surely) == len(named),
            patterns=self._wanted.refused[token],
        )
        if sources not in self._own:
            self._own[sources] = self._group_lines(sources)
        lines, told = self._own[sources]
        if named:
            for note in (("told at the top now", _MOVED), *told):
                self._told.setdefault(note, []).append(token)
        return lines

    def _group_lines(self, sources: "_Sources") -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """The lines, and what of the app's does not hold any more, with the reason."""
        app, patterns = self._app, sources.patterns
        usage = self._records(app.usage_groups, sources.usage_groups, USAGE)
        others = self._records(app.groups, sources.groups, None)
        if patterns == ("/",):  # who may fetch nothing needs no more than to know where a licence is to be had
            usage, others = [line for line in usage if line.field == "license"], []
        missing = self._statements.missing((line.field, line.value) for line in usage)
        rules, told = [], []
        for line in self._records(app.groups, sources.groups, RULES):
            if line.field == "disallow":
                if not any(compiled(line.value).text.startswith(pattern) for pattern in patterns):
                    rules.append(line)
            elif sources.surely and not any(_reopens(line, pattern) for pattern in patterns):
                rules.append(line)
            else:
                told.append((f"Allow: {line.value}", _REOPENS))
        lines = (
            *disallow_lines(patterns),
            *missing.lines,
            *map(_spelled, (*rules, *usage, *others)),
        )
        return tuple(dict.fromkeys(lines)), (*told, *((opposed, _OPPOSED) for opposed in missing.opposed))

    def _records(self, groups: Sequence[Group], numbers: Iterable[int], fields: frozenset[str] | None) -> list[Line]:
        """Records of some groups that say something: those of some fields, or all that no group of ours takes."""
        return [
            line
            for number in numbers
            for line in self._app.records(groups[number])
            if line.value and (line.field in fields if fields else line.field not in _TAKEN)
        ]

    def _take_out(self, gone: frozenset[str]) -> None:
        """Take names out of the app's groups, and groups out that would be nobody's."""
        lines = self._app.lines
        for group in self._app.groups:
            out = {head for head in group.heads if lines[head].tokens & gone}
            if len(out) == len(group.heads):
                for index in range(group.first, group.end):
                    if not lines[index].empty and lines[index].field != "sitemap":
                        self._instead[index] = None
            elif out:
                for run in _runs(group, lines):
                    self._instead |= dict.fromkeys(out.intersection(run))
                    if out.issuperset(run):
                        # The records after it are the other names' as well, to some readers: they must not become
                        # part of the group before.
                        self._instead[run[0]] = f"User-agent: {_NOBODY}"

    def _add_statements(self) -> None:
        """Tell each group of the app's what it lacks of the statements: it inherits none."""
        for group in self._app.usage_groups:
            tokens = [self._app.lines[head].token for head in group.heads if head not in self._instead]
            tokens = [token for token in tokens if token != _NOBODY]
            if tokens and (self._wanted.named or "*" in tokens):
                records = ((line.field, line.value) for line in self._app.records(group))
                alone = all(len(self._usage_named[token]) == 1 for token in tokens)
                missing = self._statements.missing(records, alone=alone)
                self._after[group.heads[-1]] = missing.lines
                for opposed in missing.opposed if missing.lines else ():
                    self._told.setdefault((opposed, _OPPOSED), []).extend(tokens)

    def _composed(self, block: Sequence[str], last: Sequence[str]) -> str:
        """The text, with a block before the first group and some last lines."""
        lines, end = self._app.lines, self._app.end
        place = self._app.first_head
        while self._app.groups and place and lines[place - 1].text.lstrip(" \t").startswith("#"):
            place -= 1  # comments right above a group are about it
        if len(octets_of("".join(line.text + line.end for line in lines[:place]) + end.join(block))) > LARGEST_BYTES:
            place, block = 0, [*self._hoisted(), *block, f"User-agent: {_NOBODY}", "Allow: /", ""]
        made: list[str] = []

        def add(texts: Iterable[str]) -> None:
            for text in texts:
                if made and not made[-1].endswith(("\r", "\n")):
                    made[-1] += end
                made.append(text + end)

        for index, line in enumerate(lines):
            if index == place:
                add(self._apart(place, block))
            instead = self._instead.get(index, line.text)
            if instead is not None:
                made.append(instead + line.end)
            add(self._after.get(index, ()))
        if place == len(lines):
            add(self._apart(place, block))
        add(last)
        return "".join(made)

    def _hoisted(self) -> Iterable[str]:
        """Licences of the whole file, for the top of it."""
        return dict.fromkeys(_spelled(line) for line in self._preamble if line.field == "license")

    def _apart(self, place: int, block: Sequence[str]) -> Sequence[str]:
        """A block with an empty line before it."""
        before = self._app.lines[place - 1].text if place else ""
        return ["", *block] if block and before.strip() else block


class _Name(NamedTuple):
    """Where a token stands. `loosely`: to some readers only, as in `GPTBot/1.0`."""

    group: int
    head: int
    loosely: bool


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a group of ours is made of: groups of the app's by their places, and the patterns that are refused.

    Where readers differ in whether the app named the crawler (`surely` is False), what both readings disallow is taken,
    nothing of what they allow, and the statements of the stricter reading.
    """

    groups: tuple[int, ...]
    usage_groups: tuple[int, ...]
    surely: bool
    patterns: tuple[str, ...]


def _index(app: RobotsText, groups: Sequence[Group]) -> dict[str, tuple[_Name, ...]]:
    """The places of each token."""
    found: dict[str, list[_Name]] = {}
    for number, group in enumerate(groups):
        for head in group.heads:
            line = app.lines[head]
            for token in line.tokens:
                found.setdefault(token, []).append(_Name(number, head, token != line.token))
    return {token: tuple(names) for token, names in found.items()}


def _runs(group: Group, lines: Sequence[Line]) -> Iterator[list[int]]:
    """The names of a group, apart where something stands between them."""
    run: list[int] = []
    for index in range(group.first, group.heads[-1] + 1):
        if lines[index].field == "user-agent":
            run.append(index)
        elif not lines[index].empty and run:
            yield run
            run = []
    yield run


def _refuses(rules: Sequence[Line], pattern: str) -> bool:
    """Whether rules disallow a pattern of ours as a whole, and allow nothing of it.

    Some readers take the first rule that matches, so an `Allow` may not stand before either.
    """
    read = [(line.field, compiled(line.value)) for line in rules]
    covering = [rule for field, rule in read if field == "disallow" and pattern.startswith(rule.text)]
    if not covering:
        return False
    deciding = max(covering, key=lambda rule: rule.octets)
    before = read.index(("disallow", deciding))
    return not any(
        field == "allow" and (number < before or rule.octets >= deciding.octets) and paths.meet(rule.text, pattern)
        for number, (field, rule) in enumerate(read)
    )


def _reopens(line: Line, pattern: str) -> bool:
    """Whether an `Allow` may win over the `Disallow` of a pattern on some path."""
    rule = compiled(line.value)
    return rule.octets >= len(pattern) and paths.meet(rule.text, pattern)


def _spelled(line: Line) -> str:
    return f"{_NAMES.get(line.field, line.field)}: {line.value}"
