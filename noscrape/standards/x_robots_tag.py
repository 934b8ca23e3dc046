"""`X-Robots-Tag` and its meta elements, as crawlers' operators document them. There is no RFC.

A value is an optional agent's name with a colon, then directives with commas between them. Some directives have a value
after a colon of their own, and dates hold commas. What merges two header lines into one (a proxy, HTTP/2) makes a name
stand in the midst of a line: our reading is that it holds until the next name or the end of the line.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["LONGEST", "NOAI", "VALUED", "directives", "meta_directives", "opts_out"]

#: No use of what the response holds in data sets for AI training (DeviantArt, November 2022).
NOAI: Final = "noai"

#: What is read of a line; a directive that is cut there does not count. draft-illyes-repext-00 asks for 8 KiB.
LONGEST: Final = 65_536

#: Directives with a value of their own after a colon, which are therefore no agent's name.
VALUED: Final = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})

#: Its value is a date with commas, so that it takes the rest of the line.
_DATED: Final = "unavailable_after"

_HTTP_SPACE: Final = " \t"
_HTML_SPACE: Final = " \t\n\f\r"


def directives(field_lines: Iterable[str] | str, agent: str) -> tuple[str, ...]:
    """Directives of a response for an agent, those for everybody included: sorted, lower case, `name:value`.

    Each field line is given by itself; a str is one line. `agent` is a product token, compared as a whole and without
    case; "" is no agent in particular, so that only what is said to all is found. A date keeps its case. Unknown
    directives are kept, and nothing is cancelled: where two compete, the stricter one is the reader's to take.
    """
    wanted = _names(agent)
    return tuple(sorted({one for line in _lines(field_lines) for name, one in _of_line(line) if name in wanted}))


def opts_out(field_lines: Iterable[str] | str, agent: str) -> bool:
    """Whether `noai` holds for the agent."""
    wanted = _names(agent)
    return any(one == NOAI and name in wanted for line in _lines(field_lines) for name, one in _of_line(line))


def _lines(field_lines: Iterable[str] | str) -> Iterable[str]:
    """A str would else be read letter by letter, and say nothing."""
    return (field_lines,) if isinstance(field_lines, str) else field_lines


def _names(agent: str) -> tuple[str, str]:
    """Under which an agent finds its directives: that of everybody, and its own."""
    return "", agent.strip(_HTTP_SPACE).lower()


def meta_directives(elements: Iterable[tuple[str, str]], agent: str) -> tuple[str, ...]:
    """The same for the meta elements of a page, given as (name, content); other elements are passed over.

    Here the name of the element tells the agent, `robots` everybody. A name within the content means nothing.
    """
    wanted = {"robots", agent.strip(_HTML_SPACE).lower()} - {""}
    found = (
        _directive(piece, space=_HTML_SPACE)
        for name, content in elements
        if name.strip(_HTML_SPACE).lower() in wanted
        for piece in _pieces(content)
    )
    return tuple(sorted(set(filter(None, found))))


def _of_line(line: str) -> Iterator[tuple[str, str]]:
    """Each directive of a line with the agent that it is for, "" for everybody."""
    agent = ""
    for piece in _pieces(line):
        names, rest = _prefix(piece) if ":" in piece else ((), piece)
        agent = next(filter(None, reversed(names)), agent)
        if one := _directive(rest, space=_HTTP_SPACE):
            yield agent, one


def _prefix(piece: str) -> tuple[Sequence[str], str]:
    """Agents' names before a directive, of which the last one counts, and the directive."""
    parts = piece.split(":")
    names = [part.strip(_HTTP_SPACE).lower() for part in parts[:-1]]
    valued = next((index for index, name in enumerate(names) if name in VALUED), len(names))
    return names[:valued], ":".join(parts[valued:])


def _pieces(line: str) -> Iterator[str]:
    if len(line) > LONGEST:
        line = line[:LONGEST].rpartition(",")[0]
    pieces = line.split(",")
    if ":" not in line:
        yield from pieces
        return
    for index, piece in enumerate(pieces):
        if _dated(piece):
            yield ",".join(pieces[index:])
            return
        yield piece


def _dated(piece: str) -> bool:
    """Whether a piece begins a date, perhaps behind the names of agents."""
    return any(part.strip(_HTML_SPACE).lower() == _DATED for part in piece.split(":")[:-1])


def _directive(piece: str, *, space: str) -> str:
    name, colon, value = piece.partition(":")
    name, value = name.strip(space).lower(), value.strip(space)
    if not colon:
        return name
    return f"{name}:{value if name == _DATED else value.lower()}"
