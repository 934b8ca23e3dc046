"""What a robots.txt of ours says, from the policy to its lines."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from noscrape.errors import ExportError
from noscrape.signals import paths
from noscrape.signals.usage_lines import Statement, Statements

_NAMEABLE: Final = re.compile(r"[A-Za-z_-]+")

#: Paths in statements: they are repeated in every group.
_MOST_RESERVED: Final = 100

#: Tokens that a note names.
_NAMED: Final = 5

_UNNAMEABLE: Final = "Refused, and not named here, since robots.txt has no letters for it: "


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
class Wanted:
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


def writable(policy: RobotsPolicy, limit: int) -> tuple[Wanted, list[str]]:
    """The policy as it can be written in so many bytes, sitemaps aside, and notes of what that took.

    Raises ExportError where that cannot be done.
    """
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
    wanted = Wanted(
        dict(sorted(found.items(), key=lambda item: item[1] != ("/",))),
        tuple(replace(said, paths=tuple(map(paths.pattern, said.paths))) for said in policy.statements),
        paths.url(policy.licence),
        tuple(dict.fromkeys(filter(None, map(paths.url, policy.sitemaps)))),
        tuple(unnameable),
    )
    notes = [_UNNAMEABLE + several(unnameable)] if unnameable else []
    fitting = _fitting(wanted, limit)
    if fitting is not wanted:
        notes.append("there are more paths than crawlers read: they are summed up to whole directories")
    return fitting, notes


def _fitting(wanted: Wanted, limit: int) -> Wanted:
    """With the deepest paths widened to their directories, again and again, as long as they are too many."""
    while sum(len(said.paths) for said in wanted.statements) > _MOST_RESERVED:
        wanted = _with_wider_statements(wanted, max(_depth(path) for said in wanted.statements for path in said.paths))
    while len("\n".join(lines_of(wanted))) > limit:
        depth = max(map(_depth, _patterns(wanted)), default=0)
        if not depth:
            raise ExportError("robots.txt: there are more crawlers to refuse than crawlers read lines")
        refused = {token: _widened(patterns, depth) for token, patterns in wanted.refused.items()}
        wanted = replace(_with_wider_statements(wanted, depth), refused=refused)
    return wanted


def _with_wider_statements(wanted: Wanted, depth: int) -> Wanted:
    return replace(
        wanted, statements=tuple(replace(said, paths=_widened(said.paths, depth)) for said in wanted.statements)
    )


def _patterns(wanted: Wanted) -> Iterator[str]:
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


def lines_of(wanted: Wanted) -> list[str]:
    """A text of ours, but for sitemaps."""
    told = Statements(wanted.statements).lines
    groups = [(token, (*disallow_lines(patterns), *told)) for token, patterns in wanted.refused.items()]
    return [
        "# What automated clients may do on this site. Generated by noscrape.",
        *comments(wanted),
        "",
        *licence_lines(wanted),
        *group_lines([("*", (*told, "Allow: /")), *groups]),
    ]


def comments(wanted: Wanted) -> list[str]:
    """What people should know who read this."""
    lines = _RESERVED.split("\n") if wanted.statements else []
    return [*lines, f"# {_UNNAMEABLE}{several(wanted.unnameable)}"] if wanted.unnameable else lines


_RESERVED: Final = """\
# Where "Content-Usage" says train-ai=n, or "Content-Signal" says ai-train=no, the rightsholder reserves the use of the
# content for text and data mining and for the training of AI: Article 4(3) of Directive (EU) 2019/790."""


def licence_lines(wanted: Wanted) -> list[str]:
    """Before the first group, for inside of one it would be that group's alone (RSL 1.0)."""
    return [f"License: {wanted.licence}", ""] if wanted.licence else []


def disallow_lines(patterns: Iterable[str]) -> list[str]:
    """A rule for each pattern."""
    return [f"Disallow: {pattern}" for pattern in patterns]


def group_lines(groups: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """Groups with an empty line after each; tokens for which the same holds share one."""
    tokens: dict[tuple[str, ...], list[str]] = {}
    for token, lines in groups:
        tokens.setdefault(lines, []).append(token)
    for lines, names in tokens.items():
        yield from (f"User-agent: {name}" for name in names)
        yield from lines
        yield ""


def several(tokens: Iterable[str]) -> str:
    """Some tokens for a note, and how many more there are."""
    names = [shown(token) for token in dict.fromkeys(tokens)]
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more" if len(names) > _NAMED else ", ".join(names)


def shown(text: str) -> str:
    """What somebody else wrote, for a note."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:80])
