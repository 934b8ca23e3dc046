"""The path patterns of robots.txt (RFC 9309, sections 2.2.2 and 2.2.3), which TDMRep and Content-Usage share.

A pattern is compared from the first octet of path and query on, and need not reach to their end. `*` stands for any
characters, `/` among them; `$` at the very end for the end of path and query. Everywhere else `$` is itself.

Both sides are brought to one spelling first. What no URI may hold as it is (octets outside ASCII, spaces, control
characters, a `%` without two hexadecimal digits) is percent-encoded; encoded unreserved characters are decoded; encoded
reserved ones stay as they are, in upper case, so that `%2F` is not `/`. Figure 6 of the RFC is followed for the two
characters with a meaning: `%24` and `%2A` in a pattern are the `$` and `*` of a path. Other reserved characters are not
encoded where they stand raw, though the RFC asks for it: no implementation known to us does, Google's neither.
"""

import re
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Final

__all__ = ["PathPattern", "normalised", "octets_of", "path_and_query", "path_pattern"]

#: RFC 3986, section 2.3.
_UNRESERVED: Final = frozenset((ascii_letters + digits + "-._~").encode("ascii"))
#: What stands in a path and query as it is. `#` does not: it would begin the fragment.
_PLAIN: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]*")
_SPELLED: Final = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+|%")
_ENCODED: Final = tuple(f"%{octet:02X}".encode("ascii") for octet in range(256))


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A pattern, ready to be compared. Made by `path_pattern()`.

    `octets` is the length that tells the more specific of two patterns: that of the normalised pattern, with its `*`
    and `$`. So it does not depend on how a pattern was spelled.
    """

    text: str
    octets: int
    first: str
    between: tuple[str, ...]
    last: str
    whole: bool  # `first` is all of it: "$" at the end, and no "*"

    def matches(self, target: str) -> bool:
        """Whether it covers a path; the path as `path_and_query()` gives it.

        Each piece between two `*` is taken where it is found first, so nothing is tried twice.
        """
        if self.whole:
            return target == self.first
        if not self.octets or not target.startswith(self.first):
            return False
        position = len(self.first)
        for piece in self.between:
            position = target.find(piece, position)
            if position < 0:
                return False
            position += len(piece)
        return position + len(self.last) <= len(target) and target.endswith(self.last)


def path_pattern(pattern: str) -> PathPattern:
    """A pattern as written in a rule. An empty one matches nothing."""
    text = normalised(pattern)
    anchored = text.endswith("$")
    first, *others = text.removesuffix("$").replace("$", "%24").split("*")
    last = others.pop() if anchored and others else ""
    whole = anchored and "*" not in text
    return PathPattern(text, len(text), first, tuple(filter(None, others)), last, whole)


def path_and_query(path: str) -> str:
    """What of a request's target is compared: path and query, normalised, without a fragment. An empty path is `/`.

    Its `*` and `$` are characters like any other, and encoded so that no pattern takes them for its own.
    """
    target = path.partition("#")[0]
    if not target.startswith("/"):
        target = "/" + target
    return normalised(target).replace("*", "%2A").replace("$", "%24")


def normalised(text: str) -> str:
    """The one spelling of a path or pattern: ASCII, and the same again when normalised twice."""
    if _PLAIN.fullmatch(text):
        return text
    return _SPELLED.sub(_respelled, octets_of(text)).decode("ascii")


def _respelled(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return b"".join(map(_ENCODED.__getitem__, found[0]))
    octet = int(found[1], 16)
    return bytes((octet,)) if octet in _UNRESERVED else found[0].upper()


def octets_of(text: str) -> bytes:
    """The octets of a text, whatever it holds: in UTF-8, and what was no UTF-8 when it was decoded as it was."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
