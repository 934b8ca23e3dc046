"""What a copy of robots.txt tells one crawler about a path, as far as the log lets it be said.

The log holds a path decoded, cut, and without its query. So a path is judged alone, with a query, and with each query
that a rule speaks of (`/search?q=`, `/*sort=`): where these differ, it depends. Otherwise no `*` is taken to reach into
a query. Of a path that was cut, or held octets that are no text, only the beginning is known. Whether a reserved
character (RFC 3986, section 2.2) had been percent-encoded is not known: but for `?` and `#`, it is taken to stand raw.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Final
from urllib.parse import quote

from noscrape.log.event import PATH_KEPT
from noscrape.standards.path_pattern import PathPattern, path_and_query, path_pattern
from noscrape.standards.robots_txt import Line, RobotsTxt

#: Reserved characters that stand in a path as they are; a `?`, `#` or `%` of a decoded path had been encoded.
_RAW: Final = "/:@!$&'()*+,;=[]"
#: Where a decoded path is no longer what was sent: replaced octets, and halves of characters.
_LOST: Final = re.compile("[\ufffd\ud800-\udfff]")
#: Stands for what is not known of a path or query; no rule speaks of it.
_SOMETHING: Final = "%EE%80%80"
#: Queries of rules that are tried for one path; where there are more, it depends.
_QUERIES_TRIED: Final = 100
#: Answers that are kept of one copy: crawlers ask for the same paths again and again.
_ANSWERS_KEPT: Final = 512


class Told(Enum):
    """What a crawler was told of a path."""

    MAY = "may"
    MAY_NOT = "may-not"
    DEPENDS = "depends"
    """On what the log does not hold of the path."""
    UNRECORDED = "unrecorded"
    """The log does not hold the text."""


@dataclass(frozen=True, slots=True)
class _QueryRule:
    """A rule that speaks of a query: the path that must stand before it, and a query that it covers."""

    field: str
    path: PathPattern
    query: str


class Copy:
    """A text as one crawler reads it, by its token in robots.txt.

    `forbidden` and `excepted` are the patterns of its `Disallow` and `Allow` lines. `by_name` tells whether a group
    names it; else `*` counts.
    """

    def __init__(self, robots: RobotsTxt, token: str) -> None:
        lines = [line for line in robots.rules_for(token) if line.value]
        self.by_name = robots.names(token)
        self.forbidden = _patterns(lines, "disallow")
        self.excepted = _patterns(lines, "allow")
        self._robots = robots
        self._token = token
        self._query_rules = tuple(_query_rules(lines))
        self._answers: dict[str, Told] = {}

    def told(self, path: str) -> Told:
        """What it says of the path of an event."""
        answer = self._answers.get(path)
        if answer is None:
            if len(self._answers) >= _ANSWERS_KEPT:
                self._answers.clear()
            answer = self._answers[path] = self._told(path)
        return answer

    def rule(self, path: str) -> str:
        """The line that decides about the path of an event, "" where none does."""
        line = self._robots.verdict(self._token, _spelled(path)[0]).line
        return f"{line.field.capitalize()}: {line.value}" if line else ""

    def _told(self, path: str) -> Told:
        if not self.forbidden:
            return Told.MAY
        if not path.startswith("/"):
            return Told.DEPENDS
        spelled, whole = _spelled(path)
        if not whole:
            # Whatever follows, no exception covers it, where there is none.
            surely = not self.excepted and not self._allows(spelled + _SOMETHING)
            return Told.MAY_NOT if surely else Told.DEPENDS
        allowed = self._allows(spelled)
        queries = list(islice(self._queries(spelled, "disallow" if allowed else "allow"), _QUERIES_TRIED))
        queries.append("?" + _SOMETHING)
        if len(queries) > _QUERIES_TRIED or any(self._allows(spelled + query) != allowed for query in queries):
            return Told.DEPENDS
        return Told.MAY if allowed else Told.MAY_NOT

    def _allows(self, path: str) -> bool:
        return self._robots.allows(self._token, path)

    def _queries(self, path: str, field: str) -> Iterator[str]:
        """The queries with which rules of one kind might cover a path."""
        target = path_and_query(path)
        return (rule.query for rule in self._query_rules if rule.field == field and rule.path.matches(target))


def _patterns(lines: Iterable[Line], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.value for line in lines if line.field == field))


def _query_rules(lines: Iterable[Line]) -> Iterator[_QueryRule]:
    for line in lines:
        if line.field not in ("allow", "disallow"):
            continue
        text = line.value.removesuffix("$")
        path, mark, query = text.partition("?")
        if mark:
            yield _QueryRule(line.field, path_pattern(path + "$"), "?" + query.replace("*", ""))
            continue
        path, star, query = text.rpartition("*")
        if star and ("=" in query or "&" in query):
            yield _QueryRule(line.field, path_pattern(path + star), "?" + query)


def _spelled(path: str) -> tuple[str, bool]:
    """A path as it was sent, and whether that is all of it."""
    lost = _LOST.search(path)
    if lost is not None:
        return quote(path[: lost.start()], safe=_RAW), False
    return quote(path, safe=_RAW), len(path) < PATH_KEPT  # one of that length has been cut
