"""What a configuration makes: each function builds one part of a site."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from noscrape import accepted
from noscrape.clients import Clients
from noscrape.config import Config, Loaded
from noscrape.config.model import Extra, Files
from noscrape.crawlers import Catalog, Crawler, Kind, parse_catalog
from noscrape.crawlers.corpus import Sample, corpus
from noscrape.crawlers.gate import gate
from noscrape.decision import Policy
from noscrape.errors import CatalogError, ConfigError, Fault
from noscrape.exchange import Fetched, fetch
from noscrape.patterns import Quota, Settings, Thresholds
from noscrape.readers import Chain, FileReader, FilesOf, IdType, Reader, SqlReader
from noscrape.signals import Emission
from noscrape.standards.robots_txt import LARGEST_BYTES
from noscrape.verify import (
    NO_SNAPSHOTS,
    RangeLists,
    ReverseDns,
    Signers,
    Snapshots,
    Verifier,
    load_snapshots,
)
from noscrape.verify.directories import MEDIA_TYPE
from noscrape.verify.snapshots import INDEX
from noscrape.words import TRAINING_PURPOSES, Action, Answer, Mode, NewCrawlers

#: Beside the configuration.
_PATTERNS: Final = "noscrape-patterns"

_HOUR_SECONDS: Final = 3_600.0
_DAY_SECONDS: Final = 86_400

#: A list of crawlers that is longer is none.
_LARGEST_LIST_BYTES: Final = 10_000_000

#: Beside the configuration, where it does not name another.
_ACCEPTED: Final = "noscrape-crawlers.json"


@cache  # a frozen value, and a quarter of a second to read: tests build an app for each case
def builtin_catalog() -> Catalog:
    """The list of crawlers that comes with the package."""
    return parse_catalog((files("noscrape.crawlers") / "catalog.toml").read_bytes(), name="catalog.toml")


@cache
def builtin_corpus() -> tuple[Sample, ...]:
    """User agents of programs that people use, and of bots that everybody wants: no list may call them AI."""
    return corpus((files("noscrape.crawlers") / "corpus.toml").read_bytes())


def catalog_of(loaded: Loaded, builtin: Catalog, *, updated: bool = False) -> Catalog:
    """The built-in list with the operator's own lists and entries, and without those that are switched off.

    With `[crawlers] new = "observe"`, crawlers that were kept from training keep their purpose until an update that
    says otherwise is accepted; `updated` takes the update's word. Raises ConfigError for a list that cannot be read, or
    does not pass the gate.
    """
    crawlers = loaded.config.crawlers
    catalog = builtin
    for number, name in enumerate(crawlers.lists):
        catalog = _with_list(loaded, f"crawlers.lists.{number}", name, catalog)
    if crawlers.new is NewCrawlers.OBSERVE and not updated:
        catalog = catalog.extended(_held(loaded, catalog))
    return catalog.without(crawlers.off).extended(map(_own_crawler, crawlers.extra))


def _held(loaded: Loaded, catalog: Catalog) -> Iterable[Crawler]:
    """Crawlers as they were accepted, where they were kept from training and an update would let them go."""
    file = accepted_file(loaded)
    known = accepted.read(file).purposes if file is not None else {}
    strict = {purpose.value: purpose for purpose in TRAINING_PURPOSES}
    before = {token.casefold(): strict[word] for token, word in known.items() if word in strict}
    for crawler in catalog.crawlers:
        purpose = before.get(crawler.token.casefold())
        if purpose is not None and crawler.purpose not in TRAINING_PURPOSES:
            yield replace(crawler, kind=Kind.AI, purpose=purpose)


def _with_list(loaded: Loaded, key: str, name: str, catalog: Catalog) -> Catalog:
    try:
        listed = parse_catalog(_data_of(loaded, key, name, largest_bytes=_LARGEST_LIST_BYTES), name=name)
    except CatalogError as error:
        raise ConfigError(tuple(_of_list(fault, key) for fault in error.faults)) from None
    extended = catalog.extended(_with_facts(crawler, catalog) for crawler in listed.crawlers)
    verdict = gate(extended, current=catalog, corpus=builtin_corpus())
    if not verdict.passed:
        raise ConfigError(tuple(Fault(loaded.place(key), key, f"{name}: {fault}") for fault in verdict.problems))
    return extended


def _of_list(fault: Fault, key: str) -> Fault:
    return replace(fault, key=f"{key}: {fault.key}" if fault.key else key)


def files_beside(loaded: Loaded) -> Iterable[Path]:
    """The files that a site is made of, beside its configuration: when one of them changes, so does the site."""
    config = loaded.config
    folder = config.verification.folder
    named = [*config.crawlers.lists, config.documents.robots_file, f"{folder}/{INDEX}" if folder is not None else None]
    accepted_one = accepted_file(loaded) if config.crawlers.new is NewCrawlers.OBSERVE else None
    return [*(Path(name) for name in named if name is not None), *([accepted_one] if accepted_one is not None else [])]


def _with_facts(crawler: Crawler, catalog: Catalog) -> Crawler:
    """A list may say of a known crawler what it is for, and not by what it is told from a false one."""
    known = catalog.find(crawler.token)
    if known is None:
        return crawler
    return replace(
        crawler,
        verify=known.verify,
        ranges=known.ranges,
        dns_suffixes=known.dns_suffixes,
        decisive=known.decisive,
        signature_agents=known.signature_agents,
        verify_page=known.verify_page,
    )


def accepted_file(loaded: Loaded) -> Path | None:
    """Where the crawlers that were in force are remembered; None for nowhere."""
    named = loaded.config.crawlers.accepted
    if named is not None:
        return Path(named)
    return loaded.file.parent / _ACCEPTED if loaded.file is not None else None


def new_crawlers(loaded: Loaded, catalog: Catalog) -> frozenset[str]:
    """The case-folded tokens that are only observed, since they came with an update and nobody accepted them yet."""
    if loaded.config.crawlers.new is NewCrawlers.ACT:
        return frozenset()
    file = accepted_file(loaded)
    known = accepted.read(file).actions if file is not None else None
    if known is None:
        return frozenset()
    own = {extra.token.casefold() for extra in loaded.config.crawlers.extra}
    return frozenset(token.casefold() for token in catalog.tokens) - {token.casefold() for token in known} - own


def clients_of(config: Config) -> Clients:
    """How clients are told apart."""
    clients = config.clients
    return Clients(
        trusted_proxies=clients.own_proxies,
        providers=clients.providers,
        header=clients.header,
        host_header=clients.host_header,
        partners=clients.partners,
        ipv6_prefix=clients.ipv6_prefix,
    )


def snapshots_of(config: Config) -> Snapshots:
    """The networks that operators publish, as they were last fetched; none where nobody has fetched them."""
    folder = config.verification.folder
    return load_snapshots(Path(folder)) if folder is not None else NO_SNAPSHOTS


def verifier_of(loaded: Loaded, catalog: Catalog, *, previous: Verifier | None = None) -> Verifier:
    """What tells true crawlers from false ones. Of the `previous` one, what was learnt is kept."""
    config = loaded.config
    ranges = RangeLists(
        catalog.crawlers,
        snapshots_of(config),
        fresh_seconds=config.verification.fresh_days * _DAY_SECONDS,
        previous=previous.ranges if previous is not None else None,
    )
    if previous is not None:
        return Verifier(ranges=ranges, dns=previous.dns, seen=previous.seen, crawlers=catalog.crawlers)
    dns = config.dns
    resolving = (
        ReverseDns(
            clock=time.monotonic,
            servers=dns.servers,
            timeout_seconds=dns.timeout_seconds,
            lookups_per_second=dns.lookups_per_second,
            cache_size=dns.cache_size,
        )
        if dns.enabled
        else None
    )
    return Verifier(ranges=ranges, dns=resolving, crawlers=catalog.crawlers)


def signers_of(
    config: Config, catalog: Catalog, *, counters: Counter[str], previous: Signers | None = None
) -> Signers | None:
    """What tells who signed a request; None where signatures are not looked at."""
    if previous is not None:
        return previous.of(catalog.crawlers)
    if not config.signatures.enabled:
        return None
    return Signers(
        catalog.crawlers,
        allowed=config.signatures.agents,
        hosts=[
            *config.signatures.hosts,
            *(urlsplit(url or "").netloc for url in (config.site.policy, config.site.licence)),
        ],
        checks_per_second=config.signatures.checks_per_second,
        fetch=_key_directory,
        counters=counters,
    )


def _own_crawler(extra: Extra) -> Crawler:
    return Crawler(
        token=extra.token,
        operator=extra.operator,
        kind=Kind.AI,
        purpose=extra.purpose,
        match=extra.match,
        in_url=extra.in_url,
        page=extra.page,
    )


_IMPOSTORS: Final = {"refuse": Answer.REFUSE, "observe": Answer.OBSERVE, "off": Answer.ALLOW}


def policy_of(config: Config, *, new: frozenset[str] = frozenset()) -> Policy:
    """The settings that `decide()` needs. `new` are the crawlers that are only observed as yet."""
    return Policy(
        stance=config.stance,
        mode=config.mode,
        purposes=config.crawlers.purposes,
        agents={token.casefold(): answer for token, answer in config.crawlers.agents.items()},
        new=new,
        impostors=_IMPOSTORS[config.verification.impostors],
        everywhere=config.patterns.protect == "all",
    )


def emission_of(config: Config) -> Emission:
    """The settings of what is said in headers."""
    return Emission(
        x_robots_tag=config.signals.x_robots_tag,
        tdm_reservation=config.signals.tdm_reservation,
        content_usage=config.signals.content_usage != "off",
        link=config.signals.link,
        policy=config.site.policy or "",
        licence=config.site.licence or "",
        shared_cache=config.site.shared_cache,
    )


def quotas_of(config: Config) -> Iterable[Quota]:
    """The operator's quotas."""
    watching = config.patterns.mode is Mode.OBSERVE
    for number, quota in enumerate(config.patterns.quota):
        yield Quota(
            name=quota.name,
            limit=quota.limit,
            per=quota.per,
            count=quota.count,
            serves=frozenset(quota.serves),
            paths=quota.paths,
            action=Action.REFUSE if quota.action == "refuse" else Action.THROTTLE,
            enforced=quota.action != "observe" and not watching,
            setting=f"patterns.quota.{number}",
        )


def patterns_folder(loaded: Loaded) -> Path | None:
    """Where what was learnt of the site is kept; None for nowhere."""
    named = loaded.config.patterns.folder
    if named is not None:
        return Path(named)
    return loaded.file.parent / _PATTERNS if loaded.file is not None else None


def shared_store(config: Config) -> str:
    """The store that several workers share, as `limits` spells it; "" where each counts for itself."""
    store = config.patterns.store
    return "" if store == "memory://" else store.replace("valkey", "redis", 1) if store.startswith("valkey") else store


def patterns_of(config: Config) -> Settings:
    """The settings of what watches behaviour."""
    patterns, limits = config.patterns, config.patterns.thresholds
    watching = Mode.OBSERVE in (patterns.mode, config.mode)
    states = patterns.detectors
    return Settings(
        enabled=patterns.enabled,
        enforced=not watching,
        thresholds=Thresholds(
            half_life_seconds=limits.half_life_hours * _HOUR_SECONDS,
            **{key: value for key, value in limits.model_dump().items() if key != "half_life_hours"},
        ),
        off=frozenset(name for name, state in states.items() if state == "off"),
        observed=frozenset(name for name, state in states.items() if state == "observe"),
        trap=patterns.trap_path,
        exempt=tuple((one.network, one.until) for one in patterns.exempt),
        by_path=not config.tracks.routes,
        proxies=bool(config.clients.trusted_proxies),
        bounds=(patterns.clients, max(100, patterns.clients // 4), max(100, patterns.clients // 50)),
    )


def reader_of(loaded: Loaded, own: Iterable[Reader] = (), *, file_of: FilesOf | None = None) -> Reader | None:
    """The app's own readers and those that the configuration names, as one; None where there is none.

    Raises ReaderError where one cannot be made, and ConfigError where a file that is named cannot be read.
    """
    tracks = loaded.config.tracks
    readers = list(own)
    if tracks.reader is not None:
        readers.append(
            SqlReader(
                tracks.reader.url,
                tracks.reader.query,
                id_type=IdType(tracks.reader.id_type),
                timeout_seconds=tracks.timeout_seconds,
            )
        )
    named = tracks.files or Files()
    if named.paths or file_of is not None:
        readers.append(
            FileReader(
                named.paths,
                file_of=file_of,
                aliases=named.aliases,
                c2pa=named.c2pa,
                xmp=named.xmp,
                anchors=anchors_of(loaded),
            )
        )
    if len(readers) < 2:
        return readers[0] if readers else None
    return Chain(readers, combine=tracks.combine, timeout_seconds=tracks.timeout_seconds)


def path_of(url: str) -> str:
    """The path of a URL as servers tell it, which have decoded it."""
    return unquote(urlsplit(url).path)


def own_paths(config: Config) -> Iterable[str]:
    """The paths of the documents that tell the site's rules; never the front page."""
    for url in (config.site.policy, config.site.licence):
        path = path_of(url or "")
        if path not in ("", "/"):
            yield path


def anchors_of(loaded: Loaded) -> str:
    """Certificates (PEM) of those whose signed permission counts, "" for none. Raises ConfigError for no such file."""
    files = loaded.config.tracks.files
    if files is None or files.c2pa_anchors is None:
        return ""
    return _text_of(loaded, "tracks.files.c2pa_anchors", files.c2pa_anchors)


def _key_directory(url: str, /, *, most_bytes: int, seconds: float) -> Fetched:
    return fetch(url, most_bytes=most_bytes, seconds=seconds, headers=(("Accept", MEDIA_TYPE),))


def robots_base(loaded: Loaded) -> str | None:
    """The operator's own robots.txt, None where none is named. Raises ConfigError where it cannot be read."""
    name = loaded.config.documents.robots_file
    return None if name is None else _text_of(loaded, "documents.robots_file", name)


def _text_of(loaded: Loaded, key: str, name: str) -> str:
    """A text that the configuration names. Raises ConfigError where it cannot be read."""
    return _data_of(loaded, key, name, largest_bytes=LARGEST_BYTES).decode("utf-8", "surrogateescape")


def _data_of(loaded: Loaded, key: str, name: str, *, largest_bytes: int) -> bytes:
    """A file that the configuration names. Raises ConfigError where it cannot be read."""
    try:
        with open(name, "rb") as file:
            data = file.read(largest_bytes + 1)
    except OSError as error:
        raise _unusable(loaded, key, f"{name} cannot be read: {error.strerror or type(error).__name__}") from None
    if len(data) > largest_bytes:
        raise _unusable(loaded, key, f"{name} has more than {largest_bytes:_} bytes")
    return data


def _unusable(loaded: Loaded, key: str, problem: str) -> ConfigError:
    return ConfigError((Fault(loaded.place(key), key, problem),))
