"""What an update of the catalog changes on this site, told once, and remembered."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from noscrape.accepted import Accepted, Changes, changes, read, write
from noscrape.policy import Case, decide
from noscrape.reservation import RESERVED
from noscrape.site.parts import accepted_file
from noscrape.site.site import Site
from noscrape.words import Action, Mode, NewCrawlers

#: Crawlers that are named in one message.
_NAMED: Final = 20


def actions(site: Site) -> dict[str, str]:
    """What is done about each crawler where everything is reserved: "refused", "observed" or "let in"."""
    policy = replace(site.policy, mode=Mode.ENFORCE, new=frozenset())
    found = {}
    for crawler in site.catalog.crawlers:
        if not crawler.control_only:
            decision = decide(Case(RESERVED, crawlers=(crawler,)), policy)
            refused = decision.action is not Action.ALLOW
            found[crawler.token] = ("refused" if decision.enforced else "observed") if refused else "let in"
    return found


def review(site: Site) -> tuple[str, ...]:
    """Tell what has changed since the last start, and remember what is in force now.

    With `[crawlers] new = "observe"` nothing is remembered that was not accepted. Reads and writes a file; whatever is
    wrong with it is told too.
    """
    file = accepted_file(site.loaded)
    if file is None:
        return ()
    before = read(file)
    told = [before.problem] if before.problem else []
    now = Accepted(site.catalog.version, actions(site))
    found = changes(before.actions, now.actions or {}) if before.actions is not None else None
    observing = site.loaded.config.crawlers.new is NewCrawlers.OBSERVE
    if found:
        told.append(f"what is done about crawlers has changed: {_told(found, observing=observing)}")
    if before.actions is None or (found and not (observing and found.added)) or before.catalog != now.catalog:
        kept = _kept(before, now) if observing else now
        told += _remembered(file, kept)
    return tuple(told)


def accept(site: Site, file: Path) -> Changes | None:
    """Remember what is in force now; what that changes, None where nothing was known before. Raises OSError."""
    now, before = actions(site), read(file).actions
    write(file, Accepted(site.catalog.version, now))
    return None if before is None else changes(before, now)


def _kept(before: Accepted, now: Accepted) -> Accepted:
    """What is in force now of the crawlers that were accepted."""
    if before.actions is None or now.actions is None:
        return now
    return Accepted(now.catalog, {token: word for token, word in now.actions.items() if token in before.actions})


def _remembered(file: Path, accepted: Accepted) -> Iterable[str]:
    try:
        write(file, accepted)
    except OSError as error:
        why = error.strerror or type(error).__name__
        what = "what an update of the catalog changes cannot be told; [crawlers] accepted names another file"
        yield f"{file} cannot be written ({why}): {what}"


def _told(found: Changes, *, observing: bool) -> str:
    until = ", which are only observed until `noscrape crawlers accept`" if observing else ""
    parts = []
    if found.added:
        new = [f"{token} ({word})" for token, word in found.added.items() if word != "let in"]
        more = len(found.added) - len(new)
        parts.append(
            f"{len(found.added)} new{until}: {_several([*new, *([f'{more} that are let in'] if more else [])])}"
        )
    if found.changed:
        parts.append(
            _several([f"{token} was {before}, is {after}" for token, (before, after) in found.changed.items()])
        )
    if found.removed:
        parts.append(f"not known any more: {_several(list(found.removed))}")
    return "; ".join(parts)


def _several(words: list[str]) -> str:
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")
