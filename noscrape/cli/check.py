"""`noscrape check`: whether a configuration is good, what it enforces, and what deserves a second look."""

import argparse
import json
import sys
import time
from collections.abc import Iterator

from noscrape.agreement import disagreements
from noscrape.cli import probe
from noscrape.cli.status import Status
from noscrape.config import FILE_NAME, Config, Loaded, advice, load
from noscrape.config.advice import SHARED_CACHE_COSTS
from noscrape.errors import Fault, FaultsError
from noscrape.policy import REFUSED
from noscrape.site import Site, builtin_catalog
from noscrape.site.documents import documents
from noscrape.terminal import put, safe
from noscrape.words import Answer, Mode, Purpose, RobotsTxt

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
    summary = dict(summarised(loaded.config)) | {"verifies": _verifies(site)}
    warnings = (*advice(loaded, catalog=catalog), *disagreements(site))
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
    yield from (f"  {label.ljust(_LABEL_WIDTH)}{text}" for label, text in summary.items())
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
