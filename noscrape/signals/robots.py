"""robots.txt (RFC 9309): who is refused where, and what is reserved, as a file of ours or within the app's.

What is written here must hold for every reader, also for those that depart from the text:

* Nothing is inherited from `*`, so each group says all that holds for its crawlers.
* Some take the first group that names a crawler, others merge all of them, and where rules are equally long `Allow`
  wins. So a refused crawler stands in one group alone, without an `Allow` that could reopen what is refused.
* Some records end no group, so each group of ours has an `Allow` or `Disallow`, and ours stand before those of the
  app's, which may have none.
* A block is no reservation, so what is reserved is said in groups that are refused everything, too. By the drafts it
  counts for nothing there, as nothing may be fetched; whoever fetches all the same has been told.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from noscrape.errors import ExportError
from noscrape.signals import paths
from noscrape.signals.paths import path_pattern
from noscrape.signals.robots_text import RULES, USAGE, Group, Line, RobotsText
from noscrape.signals.usage_lines import Statement, Statements
from noscrape.standards.path_pattern import octets_of
from noscrape.standards.path_pattern import path_pattern as compiled
from noscrape.standards.robots_txt import LARGEST_BYTES

__all__ = ["Merged", "Refused", "RobotsPolicy", "Statement", "generated", "merged", "path_pattern"]

_NAMEABLE: Final = re.compile(r"[A-Za-z_-]+")

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

#: What was given up for a text that crawlers read to its end.
_UNNAMED: Final = "what is reserved is told in the groups for everybody alone, since all of it would be too long"
_WHOLLY: Final = "refused crawlers are refused everything, since the app's rules, repeated for them, would be too long"

_UNNAMEABLE: Final = "Refused, and not named here, since robots.txt has no letters for it: "

#: Notes that are told, and tokens that one names.
_MOST_NOTES: Final = 20
_NAMED: Final = 5

#: Paths in statements: they are repeated in every group.
_MOST_RESERVED: Final = 100

#: Of a merged text, what ours may take up: the app's own rules are to be read as well.
_LARGEST_BLOCK: Final = LARGEST_BYTES // 2


@dataclass(frozen=True, slots=True)
class Refused:
    """Crawlers by product token, and the path patterns that they may not crawl; "/" alone is everything."""

    tokens: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RobotsPolicy:
    """What a robots.txt is to say. `licence` and `sitemaps` are absolute URLs, "" for no licence.

    A token with characters that RFC 9309 does not allow (section 2.2.1) cannot be named, and is left out.
    """

    refused: tuple[Refused, ...] = ()
    statements: tuple[Statement, ...] = ()
    licence: str = ""
    sitemaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """A text, and notes for the operator: what was changed in it that was the app's, and what could not be done."""

    text: str
    notes: tuple[str, ...]


def generated(policy: RobotsPolicy) -> str:
    """A robots.txt that says what a policy says, and lets everybody else crawl everything.

    Where the paths would need more than crawlers read, they are summed up to those of wider directories, and sitemaps
    that do not fit are left out. Raises ExportError where the tokens alone are too many.
    """
    wanted, _ = _wanted(policy, LARGEST_BYTES)
    text = "\n".join(_written(wanted))
    text += "\n" if wanted.sitemaps else ""
    for sitemap in wanted.sitemaps:
        line = f"Sitemap: {sitemap}\n"
        if len(text) + len(line) <= LARGEST_BYTES:
            text += line
    return text


def merged(policy: RobotsPolicy, text: str) -> Merged:
    """The app's own robots.txt, which says what a policy says as well.

    What it disallowed stays disallowed for everybody, and for a crawler that is not refused nothing changes; of
    statements the more restrictive holds. Each line stays as it was and where it was, but those of groups that name
    refused crawlers: they stand at the top, with the app's rules as far as those do not let them in. Crawlers that the
    app refuses already stay where they are. Merged again, the text stays the same.

    A text that is longer than crawlers read is left alone.
    """
    size = len(octets_of(text))
    if size > LARGEST_BYTES:
        return Merged(text, (f"left as it is: it has {size:_} bytes, and crawlers read {LARGEST_BYTES:_}",))
    wanted, notes = _wanted(policy, _LARGEST_BLOCK)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    app = RobotsText(text.removeprefix(mark))
    if not app.groups and (not app.text.strip() or app.text.lstrip().startswith("<")):
        if app.text.strip():
            notes.append("what the app serves is a page and no robots.txt: ours stands in for it")
        return Merged(generated(policy), tuple(notes))
    for attempt in _attempts(wanted):
        merge = _Merge(app, attempt)
        made = mark + merge.text()
        size = len(octets_of(made))
        if size <= LARGEST_BYTES:
            break
    notes += [*merge.notes, *([attempt.note] if attempt.note else [])]
    if size > LARGEST_BYTES:
        notes.append(f"it has {size:_} bytes now, and crawlers read {LARGEST_BYTES:_}: not the last lines of the app's")
    return Merged(made, tuple(notes))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A policy as it can be written: patterns by token, everywhere first.

    `unnameable` are tokens that robots.txt has no letters for. `named` tells that statements go into the app's groups
    for single crawlers as well, and `note` what was given up.
    """

    refused: Mapping[str, tuple[str, ...]]
    statements: tuple[Statement, ...]
    licence: str
    sitemaps: tuple[str, ...]
    unnameable: tuple[str, ...]
    named: bool = True
    note: str = ""


def _attempts(wanted: _Wanted) -> Iterator[_Wanted]:
    """What may be merged, the first that fits: rules of the app's are worth more than what may be left out."""
    yield wanted
    yield replace(wanted, named=False, note=_UNNAMED)
    whole: Mapping[str, tuple[str, ...]] = dict.fromkeys(wanted.refused, ("/",))
    if whole != wanted.refused:
        yield replace(wanted, refused=whole, note=_WHOLLY)
        yield replace(wanted, refused=whole, named=False, note=f"{_WHOLLY}; {_UNNAMED}")


def _wanted(policy: RobotsPolicy, limit: int) -> tuple[_Wanted, list[str]]:
    """The policy in what is written, within so many bytes but for sitemaps, and notes of what that changed."""
    spelled: dict[str, str] = {}
    patterns: dict[str, tuple[str, ...]] = {}
    unnameable: dict[str, None] = {}
    for refused in policy.refused:
        for token in refused.tokens:
            if _NAMEABLE.fullmatch(token) is None:
                unnameable[token] = None
                continue
            name = spelled.setdefault(token.lower(), token)
            patterns[name] = (*patterns.get(name, ()), *map(paths.pattern, refused.paths))
    found = {token: paths.widest(those) for token, those in patterns.items() if those}
    wanted = _Wanted(
        dict(sorted(found.items(), key=lambda item: item[1] != ("/",))),
        tuple(replace(said, paths=tuple(map(paths.pattern, said.paths))) for said in policy.statements),
        paths.url(policy.licence),
        tuple(dict.fromkeys(filter(None, map(paths.url, policy.sitemaps)))),
        tuple(unnameable),
    )
    notes = [_UNNAMEABLE + _several(unnameable)] if unnameable else []
    fitting = _fitting(wanted, limit)
    if fitting is not wanted:
        notes.append("there are more paths than crawlers read: they are summed up to whole directories")
    return fitting, notes


def _fitting(wanted: _Wanted, limit: int) -> _Wanted:
    """With the deepest paths widened to their directories, again and again, as long as they are too many."""
    while sum(len(said.paths) for said in wanted.statements) > _MOST_RESERVED:
        wanted = _with_wider_statements(wanted, max(_depth(path) for said in wanted.statements for path in said.paths))
    while len("\n".join(_written(wanted))) > limit:
        depth = max(map(_depth, _patterns(wanted)), default=0)
        if not depth:
            raise ExportError("robots.txt: there are more crawlers to refuse than crawlers read lines")
        refused = {token: _widened(patterns, depth) for token, patterns in wanted.refused.items()}
        wanted = replace(_with_wider_statements(wanted, depth), refused=refused)
    return wanted


def _with_wider_statements(wanted: _Wanted, depth: int) -> _Wanted:
    return replace(
        wanted, statements=tuple(replace(said, paths=_widened(said.paths, depth)) for said in wanted.statements)
    )


def _patterns(wanted: _Wanted) -> Iterator[str]:
    for patterns in wanted.refused.values():
        yield from patterns
    for statement in wanted.statements:
        yield from statement.paths


def _widened(patterns: tuple[str, ...], depth: int) -> tuple[str, ...]:
    """Patterns, those of a depth replaced by their directories."""
    wider = (paths.directory(pattern) if _depth(pattern) == depth else pattern for pattern in patterns)
    return paths.widest(tuple(wider))


def _depth(pattern: str) -> int:
    """How many directories up "/" is."""
    return pattern.rstrip("/").count("/")


def _written(wanted: _Wanted) -> list[str]:
    """A text of ours, but for sitemaps."""
    told = Statements(wanted.statements).lines
    groups = [(token, (*_disallowed(patterns), *told)) for token, patterns in wanted.refused.items()]
    return [
        "# What automated clients may do on this site. Generated by noscrape.",
        *_explained(wanted),
        "",
        *_licence(wanted),
        *_grouped([("*", (*told, "Allow: /")), *groups]),
    ]


def _explained(wanted: _Wanted) -> list[str]:
    """What people should know who read this."""
    lines = _RESERVED.split("\n") if wanted.statements else []
    return [*lines, f"# {_UNNAMEABLE}{_several(wanted.unnameable)}"] if wanted.unnameable else lines


_RESERVED: Final = """\
# Where "Content-Usage" says train-ai=n, or "Content-Signal" says ai-train=no, the rightsholder reserves the use of the
# content for text and data mining and for the training of AI: Article 4(3) of Directive (EU) 2019/790."""


def _licence(wanted: _Wanted) -> list[str]:
    """Before the first group, for inside of one it would be that group's alone (RSL 1.0)."""
    return [f"License: {wanted.licence}", ""] if wanted.licence else []


def _disallowed(patterns: Iterable[str]) -> list[str]:
    return [f"Disallow: {pattern}" for pattern in patterns]


def _grouped(groups: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """Groups with an empty line after each; tokens for which the same holds share one."""
    tokens: dict[tuple[str, ...], list[str]] = {}
    for token, lines in groups:
        tokens.setdefault(lines, []).append(token)
    for lines, names in tokens.items():
        yield from (f"User-agent: {name}" for name in names)
        yield from lines
        yield ""


class _Merge:
    """The app's text and what is to be said, made one. `notes` tell what was changed, once `text()` has been asked."""

    def __init__(self, app: RobotsText, wanted: _Wanted) -> None:
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

    def text(self) -> str:
        """The text that says both."""
        moved = [token for token in self._wanted.refused if not self._stands(token)]
        groups = [(token, tuple(self._own_group(token))) for token in moved]
        self._take_out(frozenset(map(str.lower, moved)))
        self._add_statements()
        if "*" not in self._named:
            groups.insert(0, ("*", (*self._statements.lines, "Allow: /")))
        licence = (
            [] if any(line.field == "license" and line.value for line in self._preamble) else _licence(self._wanted)
        )
        block = [*licence, *_grouped(groups)]
        if groups:
            block = ["# Added by noscrape: who is refused, and what is reserved.", *_explained(self._wanted), *block]
        told = {line.value for line in self._app.lines if line.field == "sitemap"}
        sitemaps = [f"Sitemap: {sitemap}" for sitemap in self._wanted.sitemaps if sitemap not in told]
        return self._composed(block, sitemaps)

    @property
    def notes(self) -> list[str]:
        """What does not hold any more, and for whom."""
        notes = [f"{_several(tokens)}: {_shown(what)} {why}" for (what, why), tokens in self._told.items()]
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
        if "*" in self._app.tokens(group) or not self._holds(number, self._wanted.refused[token]):
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
            *_disallowed(patterns),
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
            tokens = [token for token in tokens if token not in ("", _NOBODY)]
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


def _several(tokens: Iterable[str]) -> str:
    names = [_shown(token) for token in dict.fromkeys(tokens)]
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more" if len(names) > _NAMED else ", ".join(names)


def _shown(text: str) -> str:
    """What somebody else wrote, for a note."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:80])
