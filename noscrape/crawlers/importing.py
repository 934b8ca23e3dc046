"""Lists of crawlers that others keep, read as entries of ours.

Four formats, told apart by what is in them: the robots.json of ai.robots.txt, the JSON of crawler-user-agents, a plain
list of names, a line each, and our own TOML. What cannot be a name that is looked for is refused entry by entry, with
the reason; no regular expression of a stranger's is ever run.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from noscrape.crawlers.catalog import Catalog, Crawler, Kind, parse_catalog, unsafe
from noscrape.crawlers.expression import names
from noscrape.crawlers.matching import CAP_BYTES, Matcher
from noscrape.errors import CatalogError, Fault
from noscrape.words import Purpose

ROBOTS_JSON: Final = "robots.json of ai.robots.txt"
CRAWLER_USER_AGENTS: Final = "crawler-user-agents"
PLAIN: Final = "plain list"
OUR_TOML: Final = "noscrape list"

#: Lists that are longer are none.
MOST_ENTRIES: Final = 5_000
LARGEST_BYTES: Final = 10_000_000

#: Characters of a name. The longest in the built-in catalog has fewer than 60.
_LONGEST_NAME: Final = 128

#: User agents of an entry that are kept as its examples.
_EXAMPLES_KEPT: Final = 3

#: What nobody would write into a name, and everybody into a regular expression.
_EXPRESSION: Final = re.compile(r"[*^$|\[\]{}]|\\[bBdDsSwWAZ./()+?-]|[).][+?]")

#: A version behind a product name (RFC 9110 section 10.1.5).
_VERSION: Final = re.compile(r"(?:/v?[0-9][0-9.]*|/)\Z")

#: What stands in lines of settings, and in no name.
_SETTING: Final = re.compile('[="]')

_OUR_ENTRY: Final = re.compile(r"^[ \t]*\[\[[ \t]*crawler[ \t]*\]\]", re.MULTILINE)

#: `[Name](https://...)`
_LINK: Final = re.compile(r"\[([^\]\n]{1,200})\]\((https?://[^\s()]{1,500})\)")

_PAGE: Final = re.compile(r"https?://[!-~]{1,500}\Z")

#: Behind the operator's name some entries tell a story.
_FIRST: Final = re.compile(r", | that | which ")

_NOBODY: Final = ("unclear", "unknown", "no information", "unspecified", "other")

#: What ai.robots.txt says of an agent's function, by the words in it. More than one of them: it is not plain.
_FUNCTIONS: Final = (
    (re.compile(r"undocumented|unclear|unknown", re.IGNORECASE), Purpose.UNDISCLOSED),
    (re.compile(r"\btrain(?:s|ed|ing)?\b|\bAI data scrapers?\b", re.IGNORECASE), Purpose.TRAINING),
    (re.compile(r"\bdata ?sets?\b|\bdata providers?\b", re.IGNORECASE), Purpose.DATASET),
    (re.compile(r"\bsearch\b", re.IGNORECASE), Purpose.SEARCH),
    (re.compile(r"\bassistants?\b|\buser[ -](?:prompts?|initiated)\b", re.IGNORECASE), Purpose.ASSISTANT),
    (re.compile(r"\bagents?\b", re.IGNORECASE), Purpose.AGENT),
)

#: The tags of crawler-user-agents. An entry with several is the first of them here.
_TAGS: Final = {
    "ai-crawler": Kind.AI,
    "search-engine": Kind.SEARCH,
    "social-preview": Kind.PREVIEW,
    "feed-reader": Kind.FEED,
    "http-library": Kind.LIBRARY,
    "browser-automation": Kind.AUTOMATION,
    "archiver": Kind.ARCHIVE,
    "academic": Kind.ACADEMIC,
    "advertising": Kind.ADVERTISING,
    "scanner": Kind.SECURITY,
    "monitoring": Kind.MONITORING,
    "seo": Kind.SEO,
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list gave: its entries, what was refused of it and why, and `format`, "" where it is of none.

    `known` are the names in it that the catalog has, and of which nothing was taken.
    """

    crawlers: tuple[Crawler, ...]
    refused: tuple[Fault, ...]
    format: str
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry as somebody else's list tells it. `purpose` is None where it does not say one plainly."""

    names: tuple[str, ...]
    kind: Kind = Kind.AI
    purpose: Purpose | None = None
    operator: str = ""
    page: str = ""
    user_agents: tuple[str, ...] = ()


def imported(
    data: bytes, *, name: str, known: Catalog | None = None, overriding: bool = False, unclassed: Kind = Kind.SERVICE
) -> Imported:
    """The entries of a list. Whatever the bytes are, nothing is raised: what is wrong stands in `refused`.

    Names that `known` has are left out, since its facts are better and come with updates; `overriding` takes the list's
    purpose for them instead. Our own TOML is taken as it stands, and a `name` that ends in .toml is that or nothing.
    `unclassed` is what an entry of crawler-user-agents is taken for that has no tag.
    """
    if len(data) > LARGEST_BYTES:
        return _refused(name, f"has more than {LARGEST_BYTES:_} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(name, f"is no text in UTF-8: {error.reason} at byte {error.start}")
    if name.casefold().endswith(".toml") or _OUR_ENTRY.search(text):
        return _own(text.encode("utf-8"), name)
    beginning = text.lstrip()[:1]
    if beginning == "<":
        return _refused(name, "is HTML or XML, wanted a list of crawlers")
    entries: Iterable[tuple[str, _Listed | str]]
    if beginning in ("{", "["):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            return _refused(name, f"is no JSON, or only a part of it: {str(error)[:200]}")
        if isinstance(document, dict):
            shape, entries = ROBOTS_JSON, _robots_json(document)
        elif all(isinstance(entry, str) for entry in document):
            shape, entries = PLAIN, _plain(document)
        else:
            shape, entries = CRAWLER_USER_AGENTS, _crawler_user_agents(document, unclassed=unclassed)
        size = len(document)
    else:
        lines = [line.strip() for line in text.splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        shape, entries, size = PLAIN, _plain(lines), len(lines)
    if not size:
        return _refused(name, "is empty: no entry in it")
    if size > MOST_ENTRIES:
        return _refused(name, f"has {size:_} entries, wanted {MOST_ENTRIES:_} at most")
    return _Taker(name, known=known, overriding=overriding).take(entries, shape=shape)


def strange(string: str) -> tuple[str, ...]:
    """Why a string is no name that stands in user agents; nothing where it may be one. See also `unsafe`."""
    if not string.isprintable() or len(string) > _LONGEST_NAME:
        return (f"has control characters, or more than {_LONGEST_NAME} characters",)
    if _EXPRESSION.search(string):
        return ("looks like a regular expression, wanted a name: it would be looked for as it stands, and never found",)
    if _SETTING.search(string):
        return ("looks like a line of settings, wanted a name",)
    return ()


def _refused(name: str, problem: str) -> Imported:
    return Imported(crawlers=(), refused=(Fault(name, "", problem),), format="")


def _own(data: bytes, name: str) -> Imported:
    try:
        entries = tomllib.loads(data.decode("utf-8")).get("crawler", ())
        if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
            return _refused(name, f"has {len(entries):_} entries, wanted {MOST_ENTRIES:_} at most")
        catalog = parse_catalog(data, name=name)
    except tomllib.TOMLDecodeError as error:
        return _refused(name, f"is no TOML, or only a part of it: {error}")
    except RecursionError:
        return _refused(name, "holds lists inside each other too deep to read")
    except CatalogError as error:
        return Imported(crawlers=(), refused=error.faults, format=OUR_TOML)
    return Imported(crawlers=catalog.crawlers, refused=(), format=OUR_TOML)


def _plain(names_listed: Iterable[str]) -> Iterator[tuple[str, _Listed | str]]:
    for line in names_listed:
        yield line, _Listed(names=(line,))


def _robots_json(document: Mapping[str, Any]) -> Iterator[tuple[str, _Listed | str]]:
    for token, entry in document.items():
        if not isinstance(entry, dict):
            yield token, f"got {type(entry).__name__}, wanted an object with operator and function"
            continue
        operator, page = _operator(_text(entry, "operator"))
        listed = _Listed(names=(token,), purpose=_purpose(_text(entry, "function")), operator=operator, page=page)
        yield token, listed


def _operator(said: str) -> tuple[str, str]:
    link = _LINK.search(said)
    operator, page = (link[1], link[2]) if link else (said, "")
    if _PAGE.match(operator):
        return "", operator
    operator = _FIRST.split(operator)[0].strip()
    if not operator.isprintable() or len(operator) > _LONGEST_NAME or operator.casefold().startswith(_NOBODY):
        return "", page
    return operator, page


def _purpose(function: str) -> Purpose | None:
    found = {purpose for words, purpose in _FUNCTIONS if words.search(function[:1000])}
    return found.pop() if len(found) == 1 else None


def _crawler_user_agents(document: Iterable[Any], *, unclassed: Kind) -> Iterator[tuple[str, _Listed | str]]:
    for number, entry in enumerate(document, start=1):
        pattern = entry.get("pattern") if isinstance(entry, dict) else None
        if not isinstance(pattern, str):
            yield f"entry {number}", "has no pattern, wanted an object with `pattern`"
            continue
        try:
            found = names(pattern)
        except ValueError as error:
            yield pattern, str(error)
            continue
        tags, instances = entry.get("tags"), entry.get("instances")
        kinds = [kind for tag, kind in _TAGS.items() if isinstance(tags, list) and tag in tags]
        agents = instances if isinstance(instances, list) else []
        url = _text(entry, "url")
        yield (
            pattern,
            _Listed(
                names=found,
                kind=kinds[0] if kinds else unclassed,
                page=url if _PAGE.match(url) else "",
                user_agents=tuple(agent for agent in agents if isinstance(agent, str)),
            ),
        )


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


class _Taker:
    """Makes entries of ours. State: what it has taken, refused and found known, and who looks for which string."""

    def __init__(self, name: str, *, known: Catalog | None, overriding: bool) -> None:
        self._name = name
        self._overriding = overriding
        self._crawlers: dict[str, Crawler] = {}
        self._refused: list[Fault] = []
        self._known: list[str] = []
        self._catalog: dict[str, Crawler] = {}
        for crawler in known.crawlers if known else ():
            for string in (crawler.token, *crawler.match):
                self._catalog.setdefault(string.casefold(), crawler)
        self._owners: dict[str, str] = {}

    def take(self, entries: Iterable[tuple[str, _Listed | str]], *, shape: str) -> Imported:
        for label, listed in entries:
            problems = (listed,) if isinstance(listed, str) else self._take(listed)
            # A label may be as long as a stranger's line, and is shown.
            place = f"{self._name}: {label[:_LONGEST_NAME]}"
            self._refused += [Fault(place, "", problem) for problem in problems]
        return Imported(
            crawlers=tuple(self._crawlers.values()),
            refused=tuple(self._refused),
            format=shape,
            known=tuple(token for token in dict.fromkeys(self._known) if token.casefold() not in self._crawlers),
        )

    def _take(self, listed: _Listed) -> tuple[str, ...]:
        """Keep one entry; why it was not."""
        strings = tuple(dict.fromkeys(_VERSION.sub("", string).strip() for string in listed.names))
        problems = tuple(problem for string in strings for problem in strange(string) or unsafe(string))
        if problems:
            return problems
        new = tuple(string for string in strings if string.casefold() not in self._catalog)
        if not new:
            self._keep_known(listed, self._catalog[strings[0].casefold()])
            return ()
        mine = tuple(string for string in new if self._owners.setdefault(string.casefold(), new[0]) == new[0])
        if not mine or mine[0].casefold() in self._crawlers:
            return ()  # the list says the same thing twice
        crawler = Crawler(
            token=mine[0],
            operator=listed.operator,
            kind=listed.kind,
            purpose=(listed.purpose or Purpose.UNDISCLOSED) if listed.kind is Kind.AI else None,
            match=mine,
            contested=True,
            page=listed.page,
            note=f"From {self._name}.",
        )
        if not listed.user_agents:
            self._crawlers[mine[0].casefold()] = crawler
            return ()
        # An address counts only where an entry says so, and some expressions are addresses.
        for in_url in (False, True) if all(set(string) & set("./@") for string in mine) else (False,):
            found = examples_of(replace(crawler, in_url=in_url), listed.user_agents)
            if found:
                self._crawlers[mine[0].casefold()] = replace(crawler, in_url=in_url, examples=found)
                return ()
        return ("is not found in any user agent that the list itself gives for it: a name ends where a word ends",)

    def _keep_known(self, listed: _Listed, crawler: Crawler) -> None:
        self._known.append(crawler.token)
        if self._overriding and crawler.ai and listed.purpose not in (None, crawler.purpose):
            self._crawlers[crawler.token.casefold()] = replace(crawler, purpose=listed.purpose)


def examples_of(crawler: Crawler, user_agents: Iterable[str]) -> tuple[str, ...]:
    """The first few of these user agents that an entry is found in by itself."""
    matcher = Matcher(Catalog(crawlers=(crawler,), version=""))
    found = []
    for agent in user_agents:
        if agent.isprintable() and len(agent.encode("utf-8")) <= CAP_BYTES and matcher.look(agent):
            found.append(agent)
            if len(found) == _EXAMPLES_KEPT:
                break
    return tuple(found)
