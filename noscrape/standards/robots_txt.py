"""robots.txt, the Robots Exclusion Protocol: RFC 9309, September 2022.

Groups are chosen by whole product token, all that match are merged, and nothing is inherited from `*`. The rule with
the most octets decides; of equal ones `Allow` wins. How paths are compared is told in `path_pattern`.

Two readings of where a group ends live here side by side. For crawling, only `Allow` and `Disallow` end a list of
`User-agent` lines; any other record may stand between them (section 2.2.4). For usage, `Content-Usage` is a rule as
well (draft-ietf-aipref-attach-05), and `Content-Signal` and `License` are written as if they were. So groups that hold
nothing but such statements are one group to a crawler, and as many as they look to whoever reads the statements.

Tokens are compared whole (section 2.2.1): `User-agent: Foo/1.2` and `User-agent: Foo, Bar` begin a group as any such
line does, and name neither Foo nor Bar. A line without a colon is no record.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Final

from noscrape.standards import content_signal, content_usage
from noscrape.standards.content_signal import Signal
from noscrape.standards.content_usage import Preference
from noscrape.standards.path_pattern import PathPattern, octets_of, path_and_query, path_pattern

__all__ = ["LARGEST_BYTES", "Access", "Group", "Line", "RobotsTxt", "Verdict", "access", "matches", "parse"]

#: What a parser must accept at least, and all that this one reads (section 2.5: 500 KiB).
LARGEST_BYTES: Final = 512_000

_CRAWLING: Final = frozenset({"allow", "disallow"})
_USAGE: Final = _CRAWLING | {"content-usage", "content-signal", "license"}

#: The file itself may always be fetched (section 2.2.2).
_ITSELF: Final = "/robots.txt"
_EVERYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class Line:
    """One record. `field` is its name in lower case, `value` what stands after the colon, without space and comment.

    Octets that are no UTF-8 are percent-encoded in the paths of `Allow` and `Disallow`, and U+FFFD elsewhere.
    """

    number: int
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """The names of a group as they are written, and all its records but those."""

    agents: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a path may be crawled; the rule that decides, None where none matches; the names of the groups asked."""

    allowed: bool
    line: Line | None
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A line with a path. Without one (`Content-Usage: train-ai=n`) it holds for all paths, with length 0."""

    line: Line
    pattern: PathPattern | None
    said: str

    @property
    def octets(self) -> int:
        return self.pattern.octets if self.pattern else 0

    def matches(self, target: str) -> bool:
        return self.pattern is None or self.pattern.matches(target)


@dataclass(frozen=True, slots=True)
class RobotsTxt:
    """A file that was read.

    `groups` are those that crawling is decided by, `usage_groups` those of usage statements (see the module).
    `licences` are URLs of `License` lines before the first group, `sitemaps` those of `Sitemap` lines anywhere.
    `truncated` tells that the file was longer than `LARGEST_BYTES`, and its end was not read.
    """

    groups: tuple[Group, ...] = ()
    usage_groups: tuple[Group, ...] = ()
    licences: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    truncated: bool = False
    _named: Mapping[str, Sequence[int]] = field(init=False, repr=False, compare=False)
    _usage_named: Mapping[str, Sequence[int]] = field(init=False, repr=False, compare=False)
    _rules: tuple[tuple[_Rule, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_named", _index(self.groups))
        object.__setattr__(self, "_usage_named", _index(self.usage_groups))
        object.__setattr__(self, "_rules", tuple(tuple(_crawl_rules(group)) for group in self.groups))

    def allows(self, agent: str, path: str) -> bool:
        """Whether the crawler with this product token may crawl a path (and query)."""
        rule = self._deciding(agent, path)
        return rule is None or rule.line.field == "allow"

    def verdict(self, agent: str, path: str) -> Verdict:
        """Whether it may, and by which rule."""
        rule = self._deciding(agent, path)
        names = dict.fromkeys(chain.from_iterable(self.groups[index].agents for index in _chosen(self._named, agent)))
        return Verdict(rule is None or rule.line.field == "allow", rule.line if rule else None, tuple(names))

    def names(self, agent: str) -> bool:
        """Whether some group names this token itself, so that `*` does not count for it."""
        return _folded(agent) in self._named

    def rules_for(self, agent: str) -> tuple[Line, ...]:
        """All records of the groups that apply, merged (section 2.2.1)."""
        return tuple(chain.from_iterable(self.groups[index].lines for index in _chosen(self._named, agent)))

    def content_usage(self, agent: str, path: str) -> Mapping[str, Preference] | None:
        """The usage preferences for a path; None where it may not be crawled, and so has none.

        The longest path decides alone, a line without a path has length 0, and lines of equal length are combined, the
        most restrictive winning for each category (draft-ietf-aipref-attach-05). A category that the longest does not
        name is unknown, whatever shorter ones say: our reading.
        """
        if not self.allows(agent, path):
            return None
        return content_usage.combined(map(content_usage.parse, self._longest("content-usage", agent, path)))

    def content_signal(self, agent: str, path: str) -> Mapping[str, Signal] | None:
        """The content signals for a path; None where it may not be crawled. Chosen as preferences are: our reading."""
        if not self.allows(agent, path):
            return None
        return content_signal.combined(map(content_signal.parse, self._longest("content-signal", agent, path)))

    def licences_for(self, agent: str) -> tuple[str, ...]:
        """URLs of licences: those inside the groups that apply, else those of the whole file (RSL 1.0)."""
        lines = self._usage_lines("license", agent)
        return tuple(line.value for line in lines if line.value) or self.licences

    def _deciding(self, agent: str, path: str) -> _Rule | None:
        target = path_and_query(path)
        if target == _ITSELF:
            return None
        best: _Rule | None = None
        for index in _chosen(self._named, agent):
            found = next((rule for rule in self._rules[index] if rule.matches(target)), None)
            if found is not None and (best is None or _specific(found) < _specific(best)):
                best = found
        return best

    def _usage_lines(self, name: str, agent: str) -> Iterator[Line]:
        chosen = (self.usage_groups[index].lines for index in _chosen(self._usage_named, agent))
        return (line for line in chain.from_iterable(chosen) if line.field == name)

    def _longest(self, name: str, agent: str, path: str) -> tuple[str, ...]:
        """What is said, without the path, by the lines that decide."""
        target = path_and_query(path)
        found = [rule for rule in map(_usage_rule, self._usage_lines(name, agent)) if rule.matches(target)]
        octets = max((rule.octets for rule in found), default=0)
        return tuple(dict.fromkeys(rule.said for rule in found if rule.octets == octets))


def _folded(token: str) -> str:
    """A product token for comparing: without case, but only that of ASCII (KELVIN SIGN is no k)."""
    return token.lower() if token.isascii() else token


def _index(groups: Sequence[Group]) -> Mapping[str, Sequence[int]]:
    """Which groups, by their place, name a token."""
    named: dict[str, dict[int, None]] = {}
    for index, group in enumerate(groups):
        for agent in filter(None, group.agents):
            named.setdefault(_folded(agent), {})[index] = None
    return {token: tuple(indexes) for token, indexes in named.items()}


def _chosen(named: Mapping[str, Sequence[int]], agent: str) -> Sequence[int]:
    return named.get(_folded(agent)) or named.get(_EVERYBODY, ())


def _crawl_rules(group: Group) -> list[_Rule]:
    """Rules of a group, the most specific first."""
    rules = (_Rule(line, path_pattern(line.value), "") for line in group.lines if line.field in _CRAWLING)
    return sorted(rules, key=_specific)


def _specific(rule: _Rule) -> tuple[int, bool]:
    return -rule.octets, rule.line.field != "allow"


def _usage_rule(line: Line) -> _Rule:
    """`[path SP] preference`: only what begins with `/` is a path, and it ends at the first space or tab."""
    if not line.value.startswith("/"):
        return _Rule(line, None, line.value)
    path, *said = _GAP.split(line.value, maxsplit=1)
    return _Rule(line, path_pattern(path), "".join(said))


_GAP: Final = re.compile(r"[ \t]+")


def matches(pattern: str, path: str) -> bool:
    """Whether a path pattern covers a path (and query). For one comparison: a `RobotsTxt` keeps its patterns ready."""
    return path_pattern(pattern).matches(path_and_query(path))


def parse(text: str | bytes) -> RobotsTxt:
    """Read a robots.txt. Never raises: what cannot be understood is passed over (section 2.3.1.5).

    Reading stops after `LARGEST_BYTES`, and a line that is cut there does not count. Lines end with CR, LF or both, and
    nothing else. A byte order mark is skipped.
    """
    beginning = text[: LARGEST_BYTES + 1]
    octets = octets_of(beginning) if isinstance(beginning, str) else bytes(beginning)
    truncated = len(octets) > LARGEST_BYTES
    if truncated:
        octets = _whole_lines(octets)
    gathered = _Gathered(_CRAWLING)
    for_usage = _Gathered(_USAGE)
    licences: list[str] = []
    sitemaps: list[str] = []
    for line in _records(octets.removeprefix(b"\xef\xbb\xbf")):
        if line.field == "sitemap" and line.value:
            sitemaps.append(line.value)
        if line.field == "license" and line.value and not gathered.groups:
            licences.append(line.value)
        gathered.take(line)
        for_usage.take(line)
    return RobotsTxt(gathered.finished(), for_usage.finished(), tuple(licences), tuple(sitemaps), truncated)


def _whole_lines(octets: bytes) -> bytes:
    """The lines that end within the limit."""
    kept = octets[:LARGEST_BYTES]
    if octets[LARGEST_BYTES : LARGEST_BYTES + 1] in (b"\r", b"\n"):
        return kept
    return kept[: max(kept.rfind(b"\r"), kept.rfind(b"\n")) + 1]


def _records(octets: bytes) -> Iterator[Line]:
    # Of octets only CR and LF end a line; that of a str would end at a form feed as well.
    for number, line in enumerate(octets.splitlines(), 1):
        name, colon, value = line.partition(b"#")[0].partition(b":")
        name = name.strip(b" \t").lower()
        if colon and name:
            word = name.decode("utf-8", "replace")
            yield Line(number, word, _decoded(value.strip(b" \t"), path=word in _CRAWLING))


def _decoded(value: bytes, *, path: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        if not path:
            return value.decode("utf-8", "replace")
    return "".join(
        f"%{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else char
        for char in value.decode("utf-8", "surrogateescape")
    )


class _Gathered:
    """Groups while they are read: `rules` are the fields after which a `User-agent` line begins another one."""

    def __init__(self, rules: frozenset[str]) -> None:
        self.groups: list[tuple[list[str], list[Line]]] = []
        self._rules = rules
        self._ended = True

    def take(self, line: Line) -> None:
        """Add a record to the group that is open; before the first group there is none."""
        if line.field == "user-agent":
            if self._ended:
                self.groups.append(([], []))
                self._ended = False
            self.groups[-1][0].append(line.value)
        elif self.groups:
            self.groups[-1][1].append(line)
            self._ended = self._ended or line.field in self._rules

    def finished(self) -> tuple[Group, ...]:
        return tuple(Group(tuple(agents), tuple(lines)) for agents, lines in self.groups)


class Access(Enum):
    """What the answer to a request for /robots.txt lets a crawler do."""

    RULES = "rules"
    EVERYTHING = "everything"
    NOTHING = "nothing"


#: Redirects that a crawler follows at least (section 2.3.1.2).
_REDIRECTS: Final = 5


def access(status: int | None, *, redirects: int = 0) -> Access:
    """What follows from a fetch that ended with this status (None: no answer at all), after so many redirects.

    After more than five redirects, and for 400 to 499, the file is "unavailable": crawl everything. For 500 to 599 and
    without an answer it is "unreachable": crawl nothing (section 2.3.1). A redirect that leads nowhere counts as
    unavailable, and a number that is no status as unreachable: our choice. That a crawler may take a file that is
    unreachable for long as unavailable is not said here, since it knows no time.
    """
    if redirects > _REDIRECTS:
        return Access.EVERYTHING
    if status is None:
        return Access.NOTHING
    return _OUTCOMES.get(status // 100, Access.NOTHING)


_OUTCOMES: Final = {2: Access.RULES, 3: Access.EVERYTHING, 4: Access.EVERYTHING}
