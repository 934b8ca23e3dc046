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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from noscrape.signals.paths import path_pattern
from noscrape.signals.robots_merge import Merge
from noscrape.signals.robots_policy import Refused, RobotsPolicy, Wanted, lines_of, writable
from noscrape.signals.robots_text import RobotsText
from noscrape.signals.usage_lines import Statement
from noscrape.standards.path_pattern import octets_of
from noscrape.standards.robots_txt import LARGEST_BYTES

__all__ = ["Merged", "Refused", "RobotsPolicy", "Statement", "generated", "has_groups", "merged", "path_pattern"]

#: Of a merged text, what ours may take up: the app's own rules are to be read as well.
_LARGEST_BLOCK: Final = LARGEST_BYTES // 2

#: What was given up for a text that crawlers read to its end.
_UNNAMED: Final = "what is reserved is told in the groups for everybody alone, since all of it would be too long"
_WHOLLY: Final = "refused crawlers are refused everything, since the app's rules, repeated for them, would be too long"


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
    told, _ = writable(policy, LARGEST_BYTES)
    text = "\n".join(lines_of(told))
    text += "\n" if told.sitemaps else ""
    for sitemap in told.sitemaps:
        line = f"Sitemap: {sitemap}\n"
        if len(text) + len(line) <= LARGEST_BYTES:
            text += line
    return text


def has_groups(text: str) -> bool:
    """Whether a text says anything to a crawler, and so is no page that stands in for a missing file."""
    return bool(RobotsText(text.removeprefix("\ufeff")).groups)


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
    told, notes = writable(policy, _LARGEST_BLOCK)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    app = RobotsText(text.removeprefix(mark))
    if not app.groups and (not app.text.strip() or app.text.lstrip().startswith("<")):
        if app.text.strip():
            notes.append("what the app serves is a page and no robots.txt: ours stands in for it")
        return Merged(generated(policy), tuple(notes))
    for attempt in _attempts(told):
        merge = Merge(app, attempt)
        made = mark + merge.text
        size = len(octets_of(made))
        if size <= LARGEST_BYTES:
            break
    notes += [*merge.notes, *([attempt.note] if attempt.note else [])]
    if size > LARGEST_BYTES:  # the app's last lines would not be read any more
        return Merged(text, (f"left as it is: it would have {size:_} bytes, and crawlers read {LARGEST_BYTES:_}",))
    return Merged(made, tuple(notes))


def _attempts(told: Wanted) -> Iterator[Wanted]:
    """What may be merged, the first that fits: rules of the app's are worth more than what may be left out."""
    yield told
    yield replace(told, named=False, note=_UNNAMED)
    whole: Mapping[str, tuple[str, ...]] = dict.fromkeys(told.refused, ("/",))
    if whole != told.refused:
        yield replace(told, refused=whole, note=_WHOLLY)
        yield replace(told, refused=whole, named=False, note=f"{_WHOLLY}; {_UNNAMED}")
