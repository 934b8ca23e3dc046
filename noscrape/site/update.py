"""What an update of the catalog changes on this site, told once, and remembered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from noscrape.accepted import Accepted, Changes, changes, read, write
from noscrape.crawlers import Catalog
from noscrape.errors import ConfigError
from noscrape.policy import Case, decide
from noscrape.reservation import RESERVED
from noscrape.site.parts import accepted_file, builtin_catalog, catalog_of
from noscrape.site.site import Site
from noscrape.words import Action, Mode, NewCrawlers

#: Crawlers that are named in one message.
_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for `noscrape crawlers accept`, and what is wrong with the file that remembers it.

    `new` are only observed; `held` keep the purpose that they were accepted with, and would get the other one.
    """

    new: tuple[str, ...] = ()
    held: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    problem: str = ""


def waiting(site: Site) -> Waiting:
    """What an update of the catalog brought that is not accepted; nothing where updates act at once. Reads a file."""
    file = accepted_file(site.loaded)
    if file is None or not _observing(site):
        return Waiting()
    return Waiting(
        new=tuple(sorted(token for token in actions(site) if token.casefold() in site.policy.new)),
        held=_held(site),
        problem=_kept_as_it_is(read(file)),
    )


def actions(site: Site, catalog: Catalog | None = None) -> dict[str, str]:
    """What is done about each crawler where everything is reserved: "refused", "observed" or "let in"."""
    policy = replace(site.policy, mode=Mode.ENFORCE, new=frozenset())
    found = {}
    for crawler in (catalog or site.catalog).crawlers:
        if not crawler.control_only:
            decision = decide(Case(RESERVED, crawlers=(crawler,)), policy)
            refused = decision.action is not Action.ALLOW
            found[crawler.token] = ("refused" if decision.enforced else "observed") if refused else "let in"
    return found


def review(site: Site) -> tuple[str, ...]:
    """Tell what has changed since the last start, and remember what is in force now.

    With `[crawlers] new = "observe"` nothing is remembered that was not accepted, and a file that cannot be used is
    left as it is. Reads and writes a file; whatever is wrong with it is told too.
    """
    file = accepted_file(site.loaded)
    if file is None:
        return ()
    before, observing = read(file), _observing(site)
    if observing and before.problem:
        return (_kept_as_it_is(before),)
    told = [before.problem] if before.problem else []
    now = _in_force(site, site.catalog)
    found = changes(before.actions, now.actions or {}) if before.actions is not None else None
    if found:
        told.append(f"what is done about crawlers has changed: {_told(found, observing=observing)}")
    if observing and (held := _held(site)):
        told.append(f"kept as they were accepted, until `noscrape crawlers accept`: {several(held_words(held))}")
    kept = _kept(before, now) if observing else now
    if before.actions is None or kept != before:
        told += _remembered(file, kept)
    return tuple(told)


def accept(site: Site, file: Path) -> Changes | None:
    """Remember what is in force now; what that changes, None where nothing was known before. Raises OSError."""
    catalog = catalog_of(site.loaded, builtin_catalog(), updated=True) if _observing(site) else site.catalog
    now, before = _in_force(site, catalog), read(file).actions
    write(file, now)
    return None if before is None else changes(before, now.actions or {})


def held_words(held: Mapping[str, tuple[str, str]]) -> list[str]:
    """Crawlers that keep their purpose, as people read them."""
    return [f"{token} ({was}, would be {now})" for token, (was, now) in held.items()]


def several(words: Sequence[str]) -> str:
    """Some words of many, and how many more."""
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _observing(site: Site) -> bool:
    return site.loaded.config.crawlers.new is NewCrawlers.OBSERVE


def _kept_as_it_is(before: Accepted) -> str:
    """What a file that cannot be used means where updates are observed; "" for one that can be."""
    if not before.problem:
        return ""
    return f"{before.problem}; until then it is left as it is, and crawlers that an update brings are not held back"


def _held(site: Site) -> dict[str, tuple[str, str]]:
    """Who keeps the purpose that it was accepted with: that one, and what it would be."""
    try:
        updated = catalog_of(site.loaded, builtin_catalog(), updated=True)
    except ConfigError:  # a list has been damaged since this site was made; whoever follows the files tells it
        return {}
    after = {crawler.token: crawler for crawler in updated.crawlers}
    found = {}
    for crawler in site.catalog.crawlers:
        other = after.get(crawler.token)
        if crawler.purpose is not None and other is not None and other.purpose is not crawler.purpose:
            found[crawler.token] = (crawler.purpose.value, other.purpose.value if other.purpose else other.kind.value)
    return found


def _in_force(site: Site, catalog: Catalog) -> Accepted:
    purposes = {crawler.token: crawler.purpose.value for crawler in catalog.crawlers if crawler.purpose is not None}
    return Accepted(catalog.version, actions(site, catalog), purposes=purposes)


def _kept(before: Accepted, now: Accepted) -> Accepted:
    """What is in force now of the crawlers that were accepted."""
    if before.actions is None or now.actions is None:
        return now
    known = before.actions.keys() | before.purposes.keys()
    return Accepted(
        now.catalog,
        {token: word for token, word in now.actions.items() if token in known},
        purposes={token: word for token, word in now.purposes.items() if token in known},
    )


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
            f"{len(found.added)} new{until}: {several([*new, *([f'{more} that are let in'] if more else [])])}"
        )
    if found.changed:
        parts.append(several([f"{token} was {before}, is {after}" for token, (before, after) in found.changed.items()]))
    if found.removed:
        parts.append(f"not known any more: {several(list(found.removed))}")
    return "; ".join(parts)
