"""`noscrape check`: whether a configuration is good, what it enforces, and what deserves a second look."""

import argparse
import json
import sys
import time
from collections.abc import Collection, Iterator

from noscrape.agreement import disagreements
from noscrape.cli import probe
from noscrape.cli.status import Status
from noscrape.config import FILE_NAME, Config, Loaded, advice, load
from noscrape.config.advice import SHARED_CACHE_COSTS
from noscrape.crawlers import Catalog, Crawler
from noscrape.errors import Fault, FaultsError
from noscrape.policy import REFUSED
from noscrape.site import Site, Waiting, builtin_catalog, waiting
from noscrape.site.documents import documents
from noscrape.site.update import held_words, several
from noscrape.terminal import put, safe
from noscrape.words import Answer, Mode, NewCrawlers, Purpose, RobotsTxt

_LABEL_WIDTH = 10


def add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = verbs.add_parser(
        "check",
        help="whether noscrape.toml is good, and what it enforces",
        description="Reads a configuration, builds everything that it names, and says what will be enforced. "
        "Exit status 0: it can be used; 2: it cannot, and every fault is listed.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"default: ./{FILE_NAME}")
    parser.add_argument("--config", metavar="FILE", help="the same")
    parser.add_argument("--json", action="store_true")
    probe.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> Status:
    """Check one file, or a site from outside."""
    if arguments.url is not None:
        return probe.run(arguments)
    probe.without_url(arguments)
    named = arguments.file or arguments.config or FILE_NAME
    catalog = builtin_catalog()
    try:
        loaded = load(named, tokens=catalog.tokens)
        site = Site(loaded, clock=time.time, catalog=catalog)
    except FaultsError as error:
        if not arguments.json:
            raise
        print(json.dumps({"file": str(named), "good": False, "faults": list(map(_entry, error.faults))}))
        return Status.FAULT
    not_accepted = waiting(site)
    listed = _listed(site, catalog, held=not_accepted.held)
    of_crawlers = dict(_of_lists(loaded.config, listed, catalog)) | dict(_of_updates(loaded.config, not_accepted))
    summary = dict(summarised(loaded.config)) | of_crawlers | {"verifies": _verifies(site)}
    if told := site.verifier.ranges.told(site.clock()):
        summary["disproves"] = told
    warnings = (
        *advice(loaded, catalog=catalog),
        *_of_crawlers(loaded, listed, catalog, not_accepted),
        *disagreements(site),
    )
    if arguments.json:
        found = {"file": loaded.name, "good": True, "digest": loaded.digest, "summary": summary}
        print(json.dumps(found | {"warnings": list(map(_entry, warnings))}))
        return Status.OK
    for line in _text(loaded, summary, warnings):
        put(sys.stdout, safe(line))
    return Status.OK


def _entry(fault: Fault) -> dict[str, str]:
    return {"place": fault.place, "key": fault.key, "problem": fault.problem}


def _text(loaded: Loaded, summary: dict[str, str], warnings: tuple[Fault, ...]) -> Iterator[str]:
    yield f"{loaded.name}: good"
    yield from (f"  {label.ljust(_LABEL_WIDTH - 1)} {text}" for label, text in summary.items())
    yield from (f"warning: {warning}" for warning in warnings)


def summarised(config: Config) -> Iterator[tuple[str, str]]:
    """What a configuration enforces, in a line each."""
    answers = {purpose: _answer(config, purpose) for purpose in Purpose}
    refused = [purpose.value for purpose, answer in answers.items() if answer is Answer.REFUSE]
    let_in = [
        f"{purpose.value} ({answer.value})" if answer is not Answer.SIGNAL else purpose.value
        for purpose, answer in answers.items()
        if answer is not Answer.REFUSE
    ]
    if config.mode is Mode.OBSERVE:
        yield "mode", "observe: everything below is recorded, and has no effect; no document is served"
    yield "refuses", f"{_several(refused)}{', where reserved' if refused else ''} (stance {config.stance.value})"
    yield "lets in", f"{_several(let_in)}{', with signals where reserved' if let_in else ''}"
    for answer in Answer:
        agents = [token for token, given in config.crawlers.agents.items() if given is answer]
        if agents:
            yield answer.value, _several(agents)
    yield (
        "tracks",
        f"{config.tracks.default.value} where nobody has said anything; other paths {config.site.default.value}",
    )
    routes = config.tracks.routes
    yield "routes", f"{len(routes)}: {_several([route.path for route in routes])}" if routes else "none"
    reader = config.tracks.reader
    if reader is not None:
        seconds = f"{config.tracks.cache_seconds:g}"
        kind = reader.url.partition("://")[0]
        yield "reader", f"{reader.kind} ({kind}); a change holds after at most {seconds} seconds"
    files = config.tracks.files
    if files is not None:
        also = [word for word, on in (("c2pa", files.c2pa), ("xmp", files.xmp)) if on]
        yield "files", f"{_several([*files.paths])}; {_several(['tags', *also])}; {config.tracks.combine.value}"
    quotas = [
        f"{quota.name} ({quota.limit.amount} in {quota.limit.get_expiry()} s per {quota.per.value}: {quota.action})"
        for quota in config.patterns.quota
    ]
    yield "quotas", _several(quotas)
    yield "signals", _several(list(_signals(config)))
    yield "documents", _several(list(_documents(config)))
    yield "caches", f"{config.site.shared_cache.value}: {SHARED_CACHE_COSTS[config.site.shared_cache]}"
    to = {"": "none", "-": "stdout"}.get(config.log.path, config.log.path)
    yield "log", f"{to}, addresses: {config.log.addresses}, records {_several(list(config.log.record))}"


def _listed(site: Site, builtin: Catalog, *, held: Collection[str]) -> tuple[Crawler, ...]:
    """The crawlers that come from the operator's lists, and not from updates that wait."""
    others = {id(crawler) for crawler in builtin.crawlers}
    own = {extra.token.casefold() for extra in site.loaded.config.crawlers.extra}
    return tuple(
        crawler
        for crawler in site.catalog.crawlers
        if id(crawler) not in others and crawler.token.casefold() not in own and crawler.token not in held
    )


def _of_lists(config: Config, listed: tuple[Crawler, ...], builtin: Catalog) -> Iterator[tuple[str, str]]:
    if config.crawlers.lists:
        known = sum(builtin.find(crawler.token) is not None for crawler in listed)
        instead = f", {known} of them in the place of built-in ones" if known else ""
        yield "lists", f"{several(config.crawlers.lists)}: {len(listed)} crawlers{instead}"


def _of_updates(config: Config, found: Waiting) -> Iterator[tuple[str, str]]:
    if config.crawlers.new is NewCrawlers.OBSERVE:
        words = [*(f"{token} (new, only observed)" for token in found.new), *held_words(found.held)]
        count = f"{len(words)} crawlers, until `noscrape crawlers accept`: {several(words)}" if words else "none"
        yield "waiting", "not known, since the file is broken" if found.problem else count


def _of_crawlers(
    loaded: Loaded, listed: tuple[Crawler, ...], builtin: Catalog, not_accepted: Waiting
) -> Iterator[Fault]:
    """What lists and updates do that may surprise."""
    crawlers = loaded.config.crawlers
    instead = [
        f"{crawler.token} ({_said(known)}, now {_said(crawler)})" if _said(known) != _said(crawler) else crawler.token
        for crawler in listed
        if (known := builtin.find(crawler.token)) is not None
    ]
    if instead:
        problem = f"takes the place of built-in entries: {several(instead)}"
        yield Fault(loaded.place("crawlers.lists"), "crawlers.lists", problem)
    off = {token.casefold() for token in crawlers.off}
    for token in crawlers.agents:
        if token.casefold() in off:
            key = f"crawlers.agents.{token}"
            yield Fault(loaded.place(key), key, f"has no effect: {token} is switched off by [crawlers] off")
    if not_accepted.problem:
        yield Fault(loaded.place("crawlers.accepted"), "crawlers.accepted", not_accepted.problem)


def _said(crawler: Crawler) -> str:
    return crawler.purpose.value if crawler.purpose is not None else crawler.kind.value


def _verifies(site: Site) -> str:
    """How crawlers are verified, and how old the lists are by which that is done."""
    config, ages = site.loaded.config, site.verifier.ranges.ages(site.clock())
    known = [seconds / 86_400 for seconds in ages.values() if seconds is not None]
    lists = (
        f"{len(known)} of {len(ages)} published lists, the oldest of {max(known):.0f} days"
        if known
        else "no published lists; `noscrape crawlers refresh` fetches them"
    )
    also = [word for word, on in (("reverse DNS", config.dns.enabled), ("signatures", config.signatures.enabled)) if on]
    return ", ".join([lists, *also])


def _answer(config: Config, purpose: Purpose) -> Answer:
    by_stance = Answer.REFUSE if purpose in REFUSED[config.stance] else Answer.SIGNAL
    return config.crawlers.purposes.get(purpose, by_stance)


def _signals(config: Config) -> Iterator[str]:
    signals = config.signals
    if signals.x_robots_tag:
        yield "X-Robots-Tag"
    if signals.tdm_reservation:
        yield "tdm-reservation"
    if signals.tdm_reservation and config.site.policy:
        yield "tdm-policy"
    if signals.content_usage != "off":
        yield "Content-Usage"
    if signals.link and config.site.licence:
        yield "Link"


def _documents(config: Config) -> Iterator[str]:
    robots_txt, served = config.documents.robots_txt, documents(config)
    if robots_txt is not RobotsTxt.OFF:
        yield f"/robots.txt ({robots_txt.value})"
    yield from served


def _several(words: list[str]) -> str:
    return ", ".join(words) or "none"
