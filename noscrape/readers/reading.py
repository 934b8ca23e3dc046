"""What one file says of itself: tags under noscrape's names, a signed manifest, XMP. Needs the extra `noscrape[files]`.

Whatever is not signed by somebody who is trusted may restrict and never opens. Unreadable is told apart from untagged.

Not read: APEv2 tags and RIFF INFO, links and terms of use (WXXX, USER), the later parts of a chained Ogg stream, the
extended part of XMP in JPEG, and manifests that a file only names.
"""

import errno
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, Final

from noscrape.errors import ReaderError, ReservationError
from noscrape.readers import manifest, tags
from noscrape.readers.containers import IMAGES, Blocks, cut_out
from noscrape.reservation import (
    NO_TRAINING,
    UNSTATED,
    Terms,
    from_content_usage,
    from_tdm_reservation,
    from_text,
)
from noscrape.standards import content_usage, data_mining, tdmrep
from noscrape.tags import CONTENT_USAGE, TDM_POLICY, TDM_RESERVATION, tells_of_ai

#: Statements of one file that are kept, and characters of each value.
MOST_FOUND: Final = 50
LONGEST_SHOWN: Final = 200
#: A value beyond this is none that a standard knows.
LONGEST_VALUE: Final = 1_000

#: What the tags say that have their values from a standard.
_STANDARD: Final[Mapping[str, Callable[[str], Terms]]] = {
    CONTENT_USAGE: from_content_usage,
    TDM_RESERVATION: from_tdm_reservation,
    TDM_POLICY: lambda _: UNSTATED,  # a link
}
#: Whether such a value can be read at all.
_READABLE: Final[Mapping[str, Callable[[str], bool]]] = {
    CONTENT_USAGE: lambda value: content_usage.well_formed(value.strip()),
    TDM_RESERVATION: lambda value: tdmrep.field(value) is not None,
}
#: The order in which it is told what was found.
_PLACES: Final = ("tag", "xmp", "c2pa")
_NAMES: Final = (CONTENT_USAGE, TDM_RESERVATION, TDM_POLICY)
#: How a tag of one's own is set, other than by the very word that it stands for.
_YES: Final = frozenset({"1", "true", "yes", "y"})

FilePath = str | os.PathLike[str]


class State(Enum):
    """What became of reading a file."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    UNREADABLE = "unreadable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Found:
    """One statement in a file.

    `where` is "tag", "c2pa" or "xmp"; `terms` is what it counts for, which is nothing where it is malformed, or would
    open without the signature of somebody who is trusted. `malformed` tells of a tag that its standard cannot read.
    """

    where: str
    name: str
    value: str
    terms: Terms
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says; `found` in the order of the places, and there of the names, whatever that of the file.

    `problem` tells, in words, what could not be read of it. A file that reserves something in what could be read is
    tagged all the same; any other with a problem is unreadable, for what is missing might have reserved.
    """

    state: State
    found: tuple[Found, ...] = ()
    terms: Terms = UNSTATED
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in files, checked once; see `wanted`."""

    aliases: Mapping[str, tuple[str, Terms]]
    c2pa: bool
    xmp: bool
    anchors: str

    @property
    def names(self) -> frozenset[str]:
        """The names of the tags."""
        return frozenset((*_STANDARD, *self.aliases))

    def terms(self, name: str, value: str) -> Terms:
        """What a tag says."""
        word, terms = self.aliases.get(name, ("", UNSTATED))
        if value.lower() not in (*_YES, word):
            terms = UNSTATED
        standard = _STANDARD.get(name)
        return terms.combined(_unsigned(standard(value))) if standard else terms


def wanted(aliases: Mapping[str, str], *, c2pa: bool, xmp: bool, anchors: str = "") -> Wanted:
    """What to look for. Raises ReaderError for a wrong alias, and where an extra is missing."""
    tags.check()
    if c2pa:
        manifest.check()
    known: dict[str, tuple[str, Terms]] = {}
    for name, word in aliases.items():
        if tells_of_ai(name):
            raise ReaderError(f"the tag {name!r} tells that a file was made by AI, and reserves nothing")
        try:
            terms = from_text(word)
        except ReservationError as error:
            raise ReaderError(f"the tag {name!r}: {error}") from error
        if not terms.reserved:
            raise ReaderError(f"the tag {name!r} would say {word!r}, which reserves nothing: a tag may only restrict")
        known[name.strip().lower()] = (word.strip().lower(), _unsigned(terms))
    return Wanted(known, c2pa, xmp, anchors)


def read_file(
    path: FilePath,
    *,
    aliases: Mapping[str, str] = {},
    c2pa: bool = False,
    xmp: bool = False,
    anchors: str = "",
) -> Reading:
    """Read what a file says. Blocks; raises nothing for any content of a file.

    `aliases` are tags of one's own, and what each says when it is set to 1, true, yes, y or that very word. `anchors`
    are certificates (PEM) of those whose signed permission counts.
    Raises ReaderError for a wrong alias, and where an extra is missing.
    """
    return read(path, wanted(aliases, c2pa=c2pa, xmp=xmp, anchors=anchors))


def read(path: FilePath, what: Wanted) -> Reading:
    """The same, for many files. Raises nothing for any file."""
    try:
        with _opened(path) as file:
            return _reading(file, os.fstat(file.fileno()).st_size, what)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            return Reading(State.MISSING, problem="no such file")
        return Reading(State.UNREADABLE, problem=(error.strerror or "it cannot be read").lower())
    except ValueError:  # a name with a NUL or half a character in it, which no file has
        return Reading(State.MISSING, problem="no such file")


def _opened(path: FilePath) -> BinaryIO:
    """A regular file. What might have to be waited for, such as a pipe or a device, is not even opened."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")
    # Without waiting, should it have been replaced by a pipe just now.
    return open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")


def _reading(file: BinaryIO, size: int, what: Wanted) -> Reading:
    blocks = cut_out(file, size)
    found, problems = _tagged(blocks, what)
    if blocks.problem:
        problems.insert(0, blocks.problem)
    if blocks.kind in IMAGES and not (what.c2pa or what.xmp):
        problems.append("an image, of which only XMP and manifests could be read")
    for asked, part in ((what.xmp, _mined), (what.c2pa and blocks.manifest_bytes, _signed)):
        if not asked:
            continue
        try:
            found += part(blocks, file, what)
        except (ReaderError, data_mining.XmpError) as error:
            problems.append(str(error))
    terms = UNSTATED
    for each in found:
        terms = terms.combined(each.terms)
    found.sort(key=lambda each: not each.terms.reserved)  # what counts is never what is cut off
    kept, problem = tuple(sorted(found[:MOST_FOUND], key=_order)), next(iter(problems), "")
    if problem and not terms.reserved:
        return Reading(State.UNREADABLE, kept, UNSTATED, problem)
    return Reading(State.TAGGED if kept else State.UNTAGGED, kept, terms, problem)


def _order(found: Found) -> tuple[int, int, str]:
    name = _NAMES.index(found.name) if found.name in _NAMES else len(_NAMES)
    return _PLACES.index(found.where), name, found.name


def _tagged(blocks: Blocks, what: Wanted) -> tuple[list[Found], list[str]]:
    """The tags that are looked for, and what could not be read."""
    found = []
    fields, problem = tags.fields(blocks, what.names)
    problems = [problem] if problem else []
    for name, value in fields:
        terms, malformed = UNSTATED, False
        if len(value) <= LONGEST_VALUE:
            terms = what.terms(name, value)
            malformed = terms == UNSTATED and name in _READABLE and not _READABLE[name](value)
        else:
            problems.append(f"the tag {name} is longer than any value that it can have")
        found.append(Found("tag", name, value[:LONGEST_SHOWN], terms, malformed))
    return found, problems


def _mined(blocks: Blocks, _: BinaryIO, what: Wanted) -> list[Found]:
    """What XMP says of data mining. It is not signed, so permission counts for nothing."""
    found = []
    for packet in blocks.packets:
        for key in data_mining.parse_xmp(packet):
            terms = NO_TRAINING if data_mining.prohibits(key) else UNSTATED
            found.append(Found("xmp", "plus:DataMining", key, terms))
    return found


def _signed(blocks: Blocks, file: BinaryIO, what: Wanted) -> list[Found]:
    """What the active manifest says."""
    said = manifest.statements(file, blocks.kind, size=blocks.manifest_bytes, anchors=what.anchors)
    return [Found("c2pa", each.label, str(each)[:LONGEST_SHOWN], each.terms) for each in said]


def _unsigned(terms: Terms) -> Terms:
    """What terms count for where nobody that is trusted has signed them."""
    return Terms(reserved=terms.reserved)
