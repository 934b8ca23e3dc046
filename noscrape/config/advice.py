"""What is valid and still worth a second look: settings that cost something, or that open more than they seem to."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

from noscrape.clients import Provider
from noscrape.config.loaded import Loaded
from noscrape.config.model import Config, Files
from noscrape.crawlers.catalog import Catalog, Crawler, Proof
from noscrape.errors import Fault
from noscrape.networks import Network
from noscrape.patterns.quota import Per
from noscrape.signals.headers import SharedCache
from noscrape.words import TRAINING_PURPOSES, Answer, Mode, RobotsTxt, Said, Stance

#: What each choice of `[site] shared_cache` costs.
SHARED_CACHE_COSTS: Final = {
    SharedCache.AS_IS: "a shared cache that keeps a page for listeners hands it to crawlers too, unseen by us",
    SharedCache.VARY: "shared caches keep a copy for each user agent there is, so that they hardly ever help",
    SharedCache.PRIVATE: "no shared cache keeps reserved works, so that every request for them reaches your servers",
}

#: Networks larger than these are seldom one partner, or one's own proxies.
_WIDEST: Final = {4: 16, 6: 32}

_LETS_IN: Final = frozenset({Answer.ALLOW, Answer.ALLOW_VERIFIED, Answer.SIGNAL, Answer.OBSERVE})

_SQLITE: Final = "sqlite+aiosqlite:///"


def advice(loaded: Loaded, *, catalog: Catalog | None = None) -> tuple[Fault, ...]:
    """Warnings, each with its place. Looks at the disk and at what is installed, and changes nothing."""
    config = loaded.config
    everything = (
        *_whole(config),
        *_crawlers(config, catalog),
        *_clients(config),
        *_extras(config),
        *_tracks(config),
        *_patterns(config),
        *_log(config),
    )
    return tuple(Fault(loaded.place(key), key, problem) for key, problem in everything)


Warnings = Iterator[tuple[str, str]]


def _whole(config: Config) -> Warnings:
    if config.mode is Mode.OBSERVE:
        yield "mode", "everything is decided and recorded, nothing is refused, and no header is sent"
    if config.stance is Stance.SIGNAL_ONLY:
        yield "stance", "no crawler is refused for its purpose; headers ask, and nobody has to listen"
    if config.site.default is Said.OPEN:
        yield "site.default", "paths that no route names are open to every crawler"
    if config.site.shared_cache is not SharedCache.AS_IS:
        yield "site.shared_cache", SHARED_CACHE_COSTS[config.site.shared_cache]


def _crawlers(config: Config, catalog: Catalog | None) -> Warnings:
    for purpose, answer in config.crawlers.purposes.items():
        if purpose in TRAINING_PURPOSES and answer in _LETS_IN:
            yield (
                f"crawlers.{purpose.value}",
                f"'{answer.value}' lets every {purpose.value} crawler into reserved works",
            )
    for token, answer in config.crawlers.agents.items():
        key = f"crawlers.agents.{token}"
        known = catalog.find(token) if catalog else None
        if known is not None and known.control_only:
            yield from _control_token(config, key, token, answer)
        elif answer is Answer.ALLOW_VERIFIED:
            if known is not None and not _verifiable(config, known):
                yield key, f"nothing that is looked at can verify {token}, so nobody is allowed by this"
        elif answer in _LETS_IN:
            word = f"'{answer.value}' lets {token} into reserved works"
            yield key, f"{word}, and a user agent is a claim: so it lets in whoever calls itself {token}"
    for number, extra in enumerate(config.crawlers.extra):
        if catalog and catalog.find(extra.token):
            yield f"crawlers.extra.{number}.token", f"takes the place of the catalog's own entry for {extra.token}"


def _verifiable(config: Config, crawler: Crawler) -> bool:
    """Whether any way that its operator has published is looked at here."""
    ways = (
        (Proof.IP_RANGES, config.verification.folder is not None),
        (Proof.REVERSE_DNS, config.dns.enabled),
        (Proof.WEB_BOT_AUTH, config.signatures.enabled),
    )
    return any(on and way in crawler.verify for way, on in ways)


def _extras(config: Config) -> Warnings:
    """What is switched on and cannot work here."""
    for key, on, module in (
        ("dns.enabled", config.dns.enabled, "aiodns"),
        ("signatures.enabled", config.signatures.enabled, "http_message_signatures"),
    ):
        if on and find_spec(module) is None:
            extra = key.partition(".")[0]
            yield key, f"needs {module}, not installed here: pip install 'noscrape[{extra}]'"


def _control_token(config: Config, key: str, token: str, answer: Answer) -> Warnings:
    """A word that is said in robots.txt, and that no request carries."""
    if config.documents.robots_txt is RobotsTxt.OFF:
        yield key, f"{token} is a word for robots.txt only, which is left to the app: so this has no effect"
    elif answer in _LETS_IN:
        yield (
            key,
            f"'{answer.value}' leaves {token} out of robots.txt, the only place where its operator can be refused",
        )


def _clients(config: Config) -> Warnings:
    lists: tuple[tuple[str, tuple[Network | Provider, ...], str], ...] = (
        ("trusted_proxies", config.clients.trusted_proxies, "may say which client it speaks for"),
        ("partners", config.clients.partners, "is exempt from every rule"),
    )
    for name, networks, power in lists:
        for number, network in enumerate(networks):
            if isinstance(network, Provider):
                continue
            private = isinstance(network, IPv4Network) and network.is_private
            if network.prefixlen < _WIDEST[network.version] and not private:
                count = f"2^{network.max_prefixlen - network.prefixlen}"
                yield f"clients.{name}.{number}", f"each of the {count} addresses in {network} {power}"
    if "header" in config.clients.model_fields_set and not config.clients.trusted_proxies:
        yield "clients.header", "is read from nobody: no peer is in trusted_proxies"


def _tracks(config: Config) -> Warnings:
    tracks = config.tracks
    if tracks.default is Said.OPEN:
        if tracks.reader is None:
            files = "its audio files, " if tracks.files is not None else ""
            yield (
                "tracks.default",
                f"with no [tracks.reader], a track is open unless {files}a reader in Python or the app says not",
            )
        else:
            yield "tracks.default", "a track of which nobody has said anything is open to every crawler"
    if tracks.on_failure is Said.OPEN:
        yield "tracks.on_failure", "while the reader fails, tracks that were not read before are open to every crawler"
    for number, route in enumerate(tracks.routes):
        if route.track is None and len(route.names) > 1:
            names = " and ".join(f"'{name}'" for name in route.names)
            meant = f"'{route.names[0]}' is taken for the track; say which: track = 'path:{route.names[-1]}'"
            yield f"tracks.routes.{number}.path", f"has {names}: {meant}"
    if tracks.files is not None:
        yield from _files(tracks.files)
    if tracks.reader is None:
        return
    if not tracks.routes:
        yield (
            "tracks.reader",
            "is only asked where [[tracks.routes]] or a hook of the app names a track, and there is no route",
        )
    if tracks.cache_seconds == 0:
        yield "tracks.cache_seconds", "the reader is asked again on every request"
    driver = tracks.reader.url.partition("://")[0].partition("+")[2].removesuffix("_async")
    missing = [module for module in ("sqlalchemy", driver) if find_spec(module) is None]
    if missing:
        yield "tracks.reader", f"needs {' and '.join(missing)}, not installed here: pip install 'noscrape[sql]'"
    file = tracks.reader.url.removeprefix(_SQLITE).partition("?")[0]
    if tracks.reader.url.startswith(_SQLITE + "/") and not os.path.exists(file):
        said = tracks.on_failure.value
        yield "tracks.reader.url", f"no such file yet: {file}; until there is, every track is {said}"


def _files(files: Files) -> Warnings:
    needed = {"tinytag": "files"} | ({"c2pa": "c2pa"} if files.c2pa else {})
    for module, extra in needed.items():
        if find_spec(module) is None:
            yield "tracks.files", f"needs {module}, not installed here: pip install 'noscrape[{extra}]'"
    for number, path in enumerate(files.paths):
        folder = Path(path.partition("{")[0] + "x").parent
        if not folder.is_dir():
            yield f"tracks.files.paths.{number}", f"no such folder: {folder}"
    if not files.paths:
        yield "tracks.files", "names no paths: only `NoScrape(file_of=...)` can tell where a track's files are"


def _patterns(config: Config) -> Warnings:
    for number, quota in enumerate(config.patterns.quota):
        if quota.per is Per.CLIENT and quota.action != "observe" and config.patterns.mode is Mode.ENFORCE:
            meant = "see with action = 'observe' whom it would meet"
            yield f"patterns.quota.{number}", f"'{quota.name}' counts all listeners behind one address as one: {meant}"
        if quota.per is Per.CLIENT_AND_TRACK and not config.tracks.routes:
            yield f"patterns.quota.{number}", f"'{quota.name}' counts by track, and no [[tracks.routes]] names one"


def _log(config: Config) -> Warnings:
    log = config.log
    if log.path == "":
        yield "log.path", "nothing is recorded: nobody will be able to say who took what"
        return
    if not log.record:
        yield "log.record", "the list is empty, so nothing is recorded"
    if "full" in (log.addresses, log.refused_addresses):
        yield "log.addresses", "full addresses are personal data, to be kept no longer than needed"
    if log.key is not None and "keyed-hash" not in (log.addresses, log.refused_addresses):
        yield "log.key", "is not used: no addresses are kept as 'keyed-hash'"
    folder = Path(log.path).parent
    if log.path != "-" and not os.access(folder, os.W_OK | os.X_OK):
        state = "cannot be written" if folder.is_dir() else "does not exist"
        yield "log.path", f"the folder {folder} {state}, so nothing will be recorded"
