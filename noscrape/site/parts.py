"""What a configuration makes: each function builds one part of a site."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from urllib.parse import unquote, urlsplit

from noscrape.config import Config, Loaded
from noscrape.config.model import Extra, Files
from noscrape.crawlers import Catalog, Crawler, Kind, parse_catalog
from noscrape.decision import Policy
from noscrape.errors import ConfigError, Fault
from noscrape.patterns import Quota
from noscrape.readers import Chain, FileReader, FilesOf, IdType, Reader, SqlReader
from noscrape.signals import Emission
from noscrape.standards.robots_txt import LARGEST_BYTES
from noscrape.words import Action, Mode


@cache  # a frozen value, and a quarter of a second to read: tests build an app for each case
def builtin_catalog() -> Catalog:
    """The list of crawlers that comes with the package."""
    return parse_catalog((files("noscrape.crawlers") / "catalog.toml").read_bytes(), name="catalog.toml")


def catalog_of(config: Config, builtin: Catalog) -> Catalog:
    """The built-in list with the operator's own entries."""
    return builtin.extended(map(_own_crawler, config.crawlers.extra))


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


def policy_of(config: Config) -> Policy:
    """The settings that `decide()` needs."""
    agents = {token.casefold(): answer for token, answer in config.crawlers.agents.items()}
    return Policy(stance=config.stance, mode=config.mode, purposes=config.crawlers.purposes, agents=agents)


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
            serves=frozenset(quota.serves),
            paths=quota.paths,
            action=Action.REFUSE if quota.action == "refuse" else Action.THROTTLE,
            enforced=quota.action != "observe" and not watching,
            setting=f"patterns.quota.{number}",
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


def robots_base(loaded: Loaded) -> str | None:
    """The operator's own robots.txt, None where none is named. Raises ConfigError where it cannot be read."""
    name = loaded.config.documents.robots_file
    return None if name is None else _text_of(loaded, "documents.robots_file", name)


def _text_of(loaded: Loaded, key: str, name: str) -> str:
    """A file that the configuration names. Raises ConfigError where it cannot be read."""
    try:
        with open(name, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _unusable(loaded, key, f"{name} cannot be read: {error.strerror or type(error).__name__}") from None
    if len(data) > LARGEST_BYTES:
        raise _unusable(loaded, key, f"{name} has more than {LARGEST_BYTES:_} bytes")
    return data.decode("utf-8", "surrogateescape")


def _unusable(loaded: Loaded, key: str, problem: str) -> ConfigError:
    return ConfigError((Fault(loaded.place(key), key, problem),))
