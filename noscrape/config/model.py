"""The settings: every key of noscrape.toml with its type, bounds, default and what it means.

The JSON Schema that editors read, the starter file's test and the messages about faults all come from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from limits import RateLimitItem
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from noscrape.clients import Provider
from noscrape.config import values
from noscrape.config.parsing import Parsed, WrongValueError, one_of, repeated, together
from noscrape.networks import Network
from noscrape.patterns.quota import Count, Per
from noscrape.signals.headers import SharedCache
from noscrape.words import Answer, Combine, Mode, NewCrawlers, Purpose, RobotsTxt, Said, Serves, Stance

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a file is read in: where relative paths start, and the crawlers' tokens by their case-folded spelling.

    None stands for "leave paths alone" and "any token will do".
    """

    folder: Path | None = None
    tokens: Mapping[str, str] | None = None


def _around(info: ValidationInfo) -> Surroundings:
    return info.context if isinstance(info.context, Surroundings) else Surroundings()


def _beside(path: str, info: ValidationInfo) -> str:
    """A file's name, which starts at the folder of the configuration."""
    folder = _around(info).folder
    return path if folder is None else str(folder / path)


#: The name of a file to read, of a folder, and of a file for each track.
Folder = Annotated[StrictStr, AfterValidator(values.folder), AfterValidator(_beside)]
FileTemplate = Annotated[StrictStr, AfterValidator(values.file_template), AfterValidator(_beside)]
File = Annotated[StrictStr, AfterValidator(values.readable_file), AfterValidator(_beside)]


Default = Annotated[Said, one_of(Said.RESERVED, Said.OPEN)]
Page = Annotated[str, Parsed(values.page, {"type": "string", "format": "uri", "pattern": "^https?://"})]
Networks = Annotated[Network, Parsed(values.network, {"type": "string", "examples": ["192.0.2.0/24", "2001:db8::/32"]})]
Proxy = Annotated[
    Network | Provider,
    Parsed(values.proxy, {"type": "string", "examples": ["10.0.0.5", "cloudflare"]}, write=values.write_proxy),
]
Day = Annotated[float, Parsed(values.day, {"type": "string", "format": "date"}, write=values.write_day)]
Nameserver = Annotated[str, Parsed(values.nameserver, {"type": "string", "examples": ["192.0.2.53"]})]
Origin = Annotated[str, Parsed(values.origin, {"type": "string", "format": "uri", "pattern": "^https://"})]
Rate = Annotated[
    RateLimitItem,
    Parsed(values.limit, {"type": "string", "examples": ["120/minute", "1000/2 hours"]}, write=values.write_limit),
]
ByPurpose = Annotated[Answer, one_of(Answer.ALLOW, Answer.SIGNAL, Answer.OBSERVE, Answer.REFUSE)]
Token = Annotated[StrictStr, AfterValidator(values.token)]
Addresses = Literal["full", "prefix", "keyed-hash", "none"]
Recorded = Literal["refused", "crawlers", "own-documents", "reservations", "findings", "all"]
_ADDRESSES: Final[tuple[Addresses, ...]] = ("full", "prefix", "keyed-hash", "none")
_RECORDED: Final[tuple[Recorded, ...]] = (
    "refused",
    "crawlers",
    "own-documents",
    "reservations",
    "findings",
    "all",
)


class Section(BaseModel):
    """A table of the file. Values are taken as they are written: "yes" is no true, and "5" no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, revalidate_instances="always")


class Site(Section):
    """What holds for the site as a whole, and whom to ask."""

    default: Default = Field(default=Said.RESERVED, description="What holds for paths that are no track's.")
    contact: Annotated[StrictStr, AfterValidator(values.printable)] | None = Field(
        default=None, description="Where to ask for a licence: a mail address or a page."
    )
    policy: Page | None = Field(
        default=None, description="The page that says what is allowed (tdm-policy). Absolute URL."
    )
    licence: Page | None = Field(default=None, description="A machine-readable licence (RSL). Absolute URL.")
    shared_cache: Annotated[SharedCache, one_of(*SharedCache)] = Field(
        default=SharedCache.AS_IS,
        description="What shared caches are told about reserved works: nothing, `Vary: User-Agent`, or `private`.",
    )


class Clients(Section):
    """How clients are told apart."""

    trusted_proxies: tuple[Proxy, ...] = Field(
        default=(),
        description="Addresses or networks of your own proxies, or names such as 'cloudflare': forwarded headers count "
        "only from these.",
    )
    header: Annotated[StrictStr, AfterValidator(values.field_name)] = Field(
        default="X-Forwarded-For",
        description="The header in which your own proxies tell the client: X-Forwarded-For, Forwarded, or one that "
        "holds a single address.",
    )
    host_header: Literal["X-Forwarded-Host", ""] = Field(
        default="X-Forwarded-Host",
        description="The header in which they tell the host that was asked for; '' where they leave `Host` as it was.",
    )
    partners: tuple[Networks, ...] = Field(
        default=(), description="Addresses or networks that are exempt by contract. May not overlap the proxies."
    )
    ipv6_prefix: StrictInt = Field(
        default=64, ge=32, le=128, description="Bits of an IPv6 address that make one client."
    )

    identity_timeout_seconds: StrictFloat = Field(
        default=0.5, ge=0.001, le=60, description="How long `NoScrape(identity=...)` may take."
    )

    @property
    def own_proxies(self) -> tuple[Network, ...]:
        """Those that are given by address or network."""
        return tuple(proxy for proxy in self.trusted_proxies if not isinstance(proxy, Provider))

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Those that are given by name."""
        return tuple(proxy for proxy in self.trusted_proxies if isinstance(proxy, Provider))

    @field_validator("partners", mode="wrap")
    @classmethod
    def _no_proxy(
        cls, partners: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> tuple[Network, ...]:
        parts = values.overlapping(partners, info.data.get("trusted_proxies", ()))
        return together(partners, handler, parts)


#: Each of these is somebody's work, so a path that serves one has to say whose.
_OF_A_TRACK: Final = frozenset({Serves.PLAY, Serves.MEDIA, Serves.PREVIEW, Serves.ARTWORK, Serves.DOWNLOAD})


class Route(Section):
    """A path that serves tracks, by one of Starlette's path templates."""

    path: Annotated[StrictStr, AfterValidator(values.template)] = Field(
        description="A path template such as '/tracks/{track_id}', with at most one ':path' parameter."
    )
    serves: Annotated[Serves, one_of(*Serves)] = Field(default=Serves.PAGE, description="What is served there.")
    track: StrictStr | None = Field(
        default=None,
        description="Where the track's id stands: 'path:NAME' or 'query:NAME'. "
        "Unset: the first parameter of the path that is not a ':path', else the first.",
        validate_default=True,
    )
    host: Annotated[StrictStr, AfterValidator(values.host)] | None = Field(
        default=None, description="Only under this host name."
    )

    @field_validator("track")
    @classmethod
    def _of_the_path(cls, track: str | None, info: ValidationInfo) -> str | None:
        path, serves = info.data.get("path"), info.data.get("serves")
        if path is None:
            return track
        if track is not None:
            return values.track(track, path)
        if serves in _OF_A_TRACK and not values.parameters(path):
            raise WrongValueError(
                f"missing, and '{path}' has no parameter: wanted track = 'query:NAME' or a parameter in the path, "
                f"as serves = '{serves.value}' is always of one track"
            )
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters of the path that may be the track's id."""
        parameters = values.parameters(self.path)
        return tuple(name for name, kind in parameters.items() if kind != "path") or tuple(parameters)


class Reader(Section):
    """Where a track's reservation is read."""

    kind: Annotated[Literal["sql"], one_of("sql")] = Field(
        description="What kind of reader: a database, by SQLAlchemy."
    )
    url: Annotated[StrictStr, AfterValidator(values.database)] = Field(
        description="A SQLAlchemy URL with an async driver, such as 'sqlite+aiosqlite:///music.db'.", repr=False
    )
    query: Annotated[StrictStr, AfterValidator(values.query)] = Field(
        description="SQL with ':track_id', such as 'SELECT no_ai FROM tracks WHERE id = :track_id'."
    )
    id_type: Annotated[Literal["text", "integer"], one_of("text", "integer")] = Field(
        default="text", description="What ':track_id' is in the database."
    )

    @field_validator("url")
    @classmethod
    def _from_the_folder(cls, url: str, info: ValidationInfo) -> str:
        scheme, _, rest = url.partition(":///")
        folder = _around(info).folder
        if (
            folder is None
            or not scheme.startswith("sqlite+")
            or not rest
            or rest.startswith((":memory:", "file:", "?"))
        ):
            return url
        return f"{scheme}:///{folder / rest}"


class Files(Section):
    """What the audio files themselves say, in tags that noscrape documents."""

    paths: tuple[FileTemplate, ...] = Field(
        default=(),
        description="Where a track's files lie, such as 'media/{track_id}.flac'. Each that exists is read. "
        "Empty: `NoScrape(file_of=...)` tells.",
    )
    aliases: Mapping[
        Annotated[StrictStr, AfterValidator(values.tag_name)], Annotated[StrictStr, AfterValidator(values.tag_word)]
    ] = Field(default_factory=dict, description="Tags of your own, and what each says: NO-AI-TRAINING = 'no-training'.")
    c2pa: StrictBool = Field(default=False, description="Whether signed manifests (C2PA) are read too.")
    c2pa_anchors: File | None = Field(
        default=None, description="Certificates (PEM) of those whose signed permission counts. Unset: nobody's."
    )
    xmp: StrictBool = Field(default=False, description="Whether `plus:DataMining` in XMP is read too.")


class Tracks(Section):
    """Which path is which track, and what its owner said."""

    default: Default = Field(
        default=Said.RESERVED, description="What holds for a track of which nobody has said anything."
    )
    on_failure: Default = Field(
        default=Said.RESERVED, description="What holds where the reader fails and no earlier value is known."
    )
    cache_seconds: StrictFloat = Field(default=60.0, ge=0, le=86_400, description="How long what was read is kept.")
    cache_size: StrictInt = Field(default=50_000, ge=1, le=10_000_000, description="Tracks that are kept at most.")
    timeout_seconds: StrictFloat = Field(default=1.0, ge=0.001, le=60, description="How long a reader may take.")
    app_answer: StrictBool = Field(
        default=True, description="Whether the app's own response headers may reserve a track."
    )
    routes: tuple[Route, ...] = Field(default=(), description="The route table; the first row that fits counts.")
    reader: Reader | None = Field(default=None, description="Where reservations are read. Unset: nowhere.")
    files: Files | None = Field(default=None, description="Whether audio files are read as well. Unset: not.")
    combine: Annotated[Combine, one_of(*Combine)] = Field(
        default=Combine.MOST_RESTRICTIVE,
        description="How several readers make one answer: any that reserves wins; open only where all say so; "
        "or the first that says anything.",
    )

    @field_validator("routes", mode="wrap")
    @classmethod
    def _each_once(cls, routes: object, handler: ValidatorFunctionWrapHandler) -> tuple[Route, ...]:
        return together(routes, handler, repeated(routes, "path", "host"))


class Extra(Section):
    """A crawler of your own knowledge. It replaces a built-in entry of the same token."""

    token: Token = Field(description="Its product token, as in the user agent and in robots.txt.")
    purpose: Annotated[Purpose, one_of(*Purpose)] = Field(description="What it fetches for.")
    operator: StrictStr = Field(default="", max_length=300, description="Who runs it.")
    match: tuple[Token, ...] = Field(
        default=(), description="Strings to look for in user agents. Unset: the token.", validate_default=True
    )
    in_url: StrictBool = Field(default=False, description="Whether it also counts inside a URL in the user agent.")
    page: Annotated[str, Parsed(lambda value: values.page(value) if value != "" else "", {"type": "string"})] = Field(
        default="", description="Its operator's page. Absolute URL."
    )

    @field_validator("match")
    @classmethod
    def _or_the_token(cls, match: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return match or ((info.data["token"],) if "token" in info.data else ())


def _known_token(value: str, info: ValidationInfo) -> str:
    return values.known(value, _around(info).tokens, [purpose.value for purpose in Purpose])


class Crawlers(Section):
    """What you say of crawlers, beyond the stance."""

    training: ByPurpose | None = Field(default=None, description="Crawlers that fetch to train models.")
    dataset: ByPurpose | None = Field(default=None, description="Crawlers that fetch to build data sets.")
    search: ByPurpose | None = Field(default=None, description="Crawlers of AI search.")
    assistant: ByPurpose | None = Field(default=None, description="Fetches that a person's assistant makes.")
    agent: ByPurpose | None = Field(default=None, description="Agents that drive a browser.")
    undisclosed: ByPurpose | None = Field(default=None, description="AI crawlers that do not say what for.")
    agents: Mapping[
        Annotated[StrictStr, AfterValidator(_known_token)],
        Annotated[Answer, one_of(*Answer)],
    ] = Field(default_factory=dict, description="One crawler each, by its product token.")
    extra: tuple[Extra, ...] = Field(default=(), description="Crawlers that the catalog does not have.")
    lists: tuple[File, ...] = Field(
        default=(), description="Files of crawlers that `noscrape crawlers import` has made; each passes the gate."
    )
    accepted: File | None = Field(
        default=None,
        description="Where the crawlers that were in force are remembered, to tell what an update changes. Unset: "
        "noscrape-crawlers.json beside this file.",
    )
    off: tuple[Annotated[StrictStr, AfterValidator(_known_token)], ...] = Field(
        default=(), description="Crawlers of the catalog that are not looked for."
    )
    new: Annotated[NewCrawlers, one_of(*NewCrawlers)] = Field(
        default=NewCrawlers.ACT,
        description="What becomes of crawlers that came with an update: 'act' treats them as all others, 'observe' "
        "records whom it would refuse until `noscrape crawlers accept`.",
    )

    @field_validator("agents", mode="wrap")
    @classmethod
    def _each_once(cls, agents: object, handler: ValidatorFunctionWrapHandler) -> Mapping[str, Answer]:
        return together(agents, handler, values.spelled_twice(agents))

    @field_validator("extra", mode="wrap")
    @classmethod
    def _each_token_once(cls, extra: object, handler: ValidatorFunctionWrapHandler) -> tuple[Extra, ...]:
        return together(extra, handler, repeated(extra, "token", same=str.casefold))

    @property
    def purposes(self) -> dict[Purpose, Answer]:
        """The answers that are given by purpose."""
        answers = ((purpose, getattr(self, purpose.value)) for purpose in Purpose)
        return {purpose: answer for purpose, answer in answers if answer is not None}


class Quota(Section):
    """A rate that one client may not exceed where something is reserved."""

    name: Annotated[StrictStr, AfterValidator(values.quota_name)] = Field(
        description="A name for the log, of a to z, 0 to 9 and '-'."
    )
    limit: Rate = Field(description="How many tracks and documents in which time, such as '120/minute'.")
    per: Annotated[Per, one_of(*Per)] = Field(default=Per.CLIENT, description="What is counted by.")
    count: Annotated[Count, one_of(*Count)] = Field(
        default=Count.ACCESSES,
        description="'accesses': each access to a track or document. 'tracks': each track once in the limit's time.",
    )
    serves: tuple[Annotated[Serves, one_of(*Serves)], ...] = Field(
        default=(), description="Representations that are counted. Empty: all but artwork and asset."
    )
    paths: tuple[Annotated[StrictStr, AfterValidator(values.prefix_or_template)], ...] = Field(
        default=(), description="Beginnings of paths, or whole path templates, where it applies. Empty: everywhere."
    )
    action: Annotated[
        Literal["throttle", "refuse", "observe"],
        one_of("throttle", "refuse", "observe"),
    ] = Field(default="throttle", description="What happens beyond it: 429, 403, or a line in the log.")


class Exempt(Section):
    """A network of which nobody is watched for patterns, and which is no partner: a school, for a time."""

    network: Networks = Field(description="An address or a network.")
    until: Day = Field(description="The last day on which it is exempt, such as 2027-01-31 (UTC).")


class Thresholds(Section):
    """From where on evidence of scraping counts."""

    stop: StrictFloat = Field(
        default=9.1, ge=4.6, le=40, description="Points at which a client is stopped, if two families show it."
    )
    tag: StrictFloat = Field(default=4.6, ge=1, le=40, description="Points at which it is written into the log.")
    half_life_hours: StrictFloat = Field(
        default=12.0, ge=0.25, le=168, description="Hours after which evidence is worth half."
    )
    pages: StrictInt = Field(default=8, ge=4, le=1000, description="Pages from which on navigation is looked at.")
    asset_share: StrictFloat = Field(
        default=0.05, ge=0, le=1, description="Sub-resources for each page below which a page was not shown."
    )
    unlinked_share: StrictFloat = Field(
        default=0.9, ge=0.5, le=1, description="Share of pages that no link led to, above which nobody browses."
    )
    touched: StrictInt = Field(default=12, ge=4, le=1000, description="Tracks from which on not playing is looked at.")
    pace: tuple[StrictFloat, StrictFloat, StrictFloat] = Field(
        default=(25.0, 60.0, 200.0), description="Documents a minute that give 1, 2.5 and 4 points."
    )
    real_time: tuple[StrictFloat, StrictFloat] = Field(
        default=(10.0, 30.0),
        description="Times the speed of hearing that give 2 and 3 points; what lies between, in proportion.",
    )
    runs: tuple[StrictInt, StrictInt, StrictInt] = Field(
        default=(40, 60, 150), description="Consecutive ids that give 1, 2.5 and 4 points."
    )
    cold: tuple[StrictInt, StrictInt] = Field(
        default=(150, 400), description="Tracks that hardly anybody plays, which give 3 and 4 points."
    )
    deep: tuple[StrictInt, StrictInt] = Field(
        default=(24, 100), description="Tracks that no link led to and that are not played, which give 3 and 4 points."
    )
    bulk: tuple[StrictInt, StrictInt] = Field(
        default=(30, 60), description="Tracks fetched unseen and too fast to be heard, which give 1.5 and 3 points."
    )
    clockwork: StrictFloat = Field(
        default=0.1, ge=0, le=1, description="Spread of the time between two tracks, as a share, below which it ticks."
    )
    documents_an_hour: StrictInt = Field(
        default=30, ge=1, le=100_000, description="What newcomers share under a network or order of headers stopped."
    )

    @field_validator("pace", "real_time", "runs", "cold", "deep", "bulk")
    @classmethod
    def _rising(cls, steps: tuple[float, ...]) -> tuple[float, ...]:
        if min(steps) <= 0 or list(steps) != sorted(set(steps)):
            raise WrongValueError(f"got {list(steps)}, wanted numbers above 0, each larger than the one before")
        return steps


class Patterns(Section):
    """How scraping is recognised by behaviour."""

    store: Annotated[StrictStr, AfterValidator(values.store)] = Field(
        default="memory://",
        description="Where counts and stops live: 'memory://', each process its own, or 'redis://...', shared.",
        repr=False,
    )
    enabled: StrictBool = Field(default=True, description="Whether behaviour is watched. Quotas are kept all the same.")
    mode: Annotated[Mode, one_of(*Mode)] = Field(default=Mode.ENFORCE, description="Whether findings have an effect.")
    protect: Annotated[Literal["reserved", "all"], one_of("reserved", "all")] = Field(
        default="reserved", description="Where findings have an effect: where something is reserved, or everywhere."
    )
    clients: StrictInt = Field(default=100_000, ge=100, le=10_000_000, description="Clients that are counted at most.")
    folder: Folder | None = Field(
        default=None,
        description="Where what was learnt of this site, and who is stopped, is kept. Unset: `noscrape-patterns` "
        "beside the configuration.",
    )
    trap_path: Annotated[StrictStr, AfterValidator(values.trap)] = Field(
        default="", description="A path that no person sees, for `noscrape.trap_link`. It is closed in robots.txt."
    )
    detectors: Mapping[Annotated[StrictStr, AfterValidator(values.detector)], Literal["on", "observe", "off"]] = Field(
        default_factory=dict, description="Any detector by its name: 'on', 'observe' or 'off'."
    )
    thresholds: Thresholds = Field(
        default=Thresholds(), validate_default=True, description="From where on evidence counts."
    )
    exempt: tuple[Exempt, ...] = Field(default=(), description="Networks that are not watched, until a day.")
    quota: tuple[Quota, ...] = Field(default=(), description="Rates. None by default: clients may share an address.")

    @field_validator("quota", mode="wrap")
    @classmethod
    def _each_once(cls, quota: object, handler: ValidatorFunctionWrapHandler) -> tuple[Quota, ...]:
        return together(quota, handler, repeated(quota, "name"))


class Signals(Section):
    """The headers that say what is reserved."""

    x_robots_tag: StrictBool = Field(default=True, description="Send `X-Robots-Tag: noai, noimageai`.")
    tdm_reservation: StrictBool = Field(
        default=True, description="Send `tdm-reservation: 1`, and `tdm-policy` where set."
    )
    content_usage: Annotated[Literal["vocab-07", "off"], one_of("vocab-07", "off")] = Field(
        default="vocab-07", description="Send `Content-Usage: train-ai=n` (AIPREF vocabulary, draft 07)."
    )
    link: StrictBool = Field(default=True, description="Send `Link` to the licence, where set.")
    content_signal: StrictBool = Field(default=True, description="Write `Content-Signal` into robots.txt.")


class Documents(Section):
    """What the site tells of itself at well-known places. An app's own document is never replaced, but for errors."""

    robots_txt: Annotated[RobotsTxt, one_of(*RobotsTxt)] = Field(
        default=RobotsTxt.MERGE,
        description="'merge' adds what is reserved to the app's own robots.txt; 'serve' makes one only where the app "
        "has none; 'off' leaves it alone.",
    )
    robots_file: File | None = Field(
        default=None,
        description="A robots.txt of yours that is taken in place of the app's, and merged with what is reserved.",
    )
    sitemaps: tuple[Page, ...] = Field(default=(), description="`Sitemap` lines of robots.txt. Absolute URLs.")
    tdmrep: StrictBool = Field(default=True, description="Serve /.well-known/tdmrep.json where the app has none.")
    policy: StrictBool = Field(
        default=True,
        description="Serve an ODRL policy at the path of `[site] policy`, where that ends in .json or .jsonld and the "
        "app has none.",
    )
    licence: StrictBool = Field(
        default=True, description="Serve an RSL licence at the path of `[site] licence`, where the app has none."
    )
    publisher: Annotated[StrictStr, AfterValidator(values.printable)] | None = Field(
        default=None, description="Who speaks in the policy. Unset: the host of its URL."
    )
    max_age_seconds: StrictInt = Field(
        default=3600, ge=0, le=86_400, description="How long crawlers and caches may keep these documents."
    )


class Verification(Section):
    """Whether a crawler is who it says."""

    folder: Folder | None = Field(
        default="noscrape-ranges",
        validate_default=True,
        description="Where `noscrape crawlers refresh` keeps the networks that operators publish.",
    )
    fresh_days: StrictInt = Field(
        default=7, ge=1, le=365, description="An older list still proves who is true, and no more who is not."
    )
    impostors: Annotated[Literal["refuse", "observe", "off"], one_of("refuse", "observe", "off")] = Field(
        default="refuse",
        description="What becomes of those that claim a crawler and are proved not to be it. They are refused once a "
        "true visit of the same operator has been seen, and recorded until then.",
    )


class Dns(Section):
    """Reverse DNS, by which some operators let their crawlers be told."""

    enabled: StrictBool = Field(default=False, description="Whether addresses are looked up, in the background.")
    servers: tuple[Nameserver, ...] = Field(default=(), description="Name servers. Empty: those of the system.")
    timeout_seconds: StrictFloat = Field(default=2.0, ge=0.05, le=30, description="How long one look-up may take.")
    lookups_per_second: StrictInt = Field(
        default=20, ge=1, le=10_000, description="Look-ups that the whole process makes at most."
    )
    cache_size: StrictInt = Field(default=10_000, ge=100, le=10_000_000, description="Addresses that are remembered.")


class Signatures(Section):
    """Signed requests (Web Bot Auth)."""

    enabled: StrictBool = Field(default=False, description="Whether signatures are checked.")
    agents: tuple[Origin, ...] = Field(
        default=(), description="Origins whose keys are fetched, beside those of the catalog's crawlers."
    )
    hosts: tuple[Annotated[StrictStr, AfterValidator(values.authority)], ...] = Field(
        default=(),
        description="Hosts of this site, with their ports: a signature for another one proves nothing. Those of [site] "
        "policy and licence count too.",
    )
    checks_per_second: StrictInt = Field(
        default=200, ge=1, le=100_000, description="Signatures that the whole process checks at most."
    )


class Log(Section):
    """What is remembered, and of whom."""

    path: Annotated[StrictStr, AfterValidator(values.log_file)] = Field(
        default="noscrape.jsonl", description="File, '-' for stdout, '' for no log.", validate_default=True
    )
    addresses: Annotated[Addresses, one_of(*_ADDRESSES)] = Field(
        default="prefix", description="How addresses are kept."
    )
    refused_addresses: Annotated[Addresses, one_of(*_ADDRESSES)] | None = Field(
        default=None, description="The same for clients that were refused. Unset: as `addresses`."
    )
    key: Annotated[StrictStr, AfterValidator(values.key)] | None = Field(
        default=None, description="Secret for 'keyed-hash', 16 characters or more.", repr=False, validate_default=True
    )
    record: tuple[Annotated[Recorded, one_of(*_RECORDED)], ...] = Field(
        default=("refused", "crawlers", "own-documents", "reservations", "findings"), description="What is recorded."
    )
    max_bytes: StrictInt = Field(
        default=50_000_000,
        ge=10_000,
        le=1_000_000_000_000,
        description="A file that reaches this is followed by a new one.",
    )
    keep: StrictInt = Field(default=20, ge=1, le=10_000, description="Files that are kept.")
    queue: StrictInt = Field(default=10_000, ge=1, le=10_000_000, description="Lines that may wait to be written.")

    @field_validator("path")
    @classmethod
    def _from_the_folder(cls, path: str, info: ValidationInfo) -> str:
        folder = _around(info).folder
        return path if folder is None or path in ("", "-") else str(folder / path)

    @field_validator("key")
    @classmethod
    def _for_the_hash(cls, key: str | None, info: ValidationInfo) -> str | None:
        if key is None and "keyed-hash" in (info.data.get("addresses"), info.data.get("refused_addresses")):
            raise WrongValueError(
                "missing, wanted a secret of 16 characters or more, as addresses are kept as 'keyed-hash'"
            )
        return key


class Config(Section):
    """The settings of noscrape. `load` reads them from a file."""

    mode: Annotated[Mode, one_of(*Mode)] = Field(
        default=Mode.ENFORCE, description="'observe' decides and records everything, and changes nothing."
    )
    on_error: Annotated[Literal["allow", "refuse"], one_of("allow", "refuse")] = Field(
        default="allow", description="What a failure of noscrape itself means for a request."
    )
    stance: Annotated[Stance, one_of(*Stance)] = Field(
        default=Stance.NO_TRAINING,
        description="Which reserved purposes are refused: training, dataset and undisclosed; all; or none.",
    )
    site: Site = Field(default=Site(), validate_default=True, description="The site as a whole.")
    clients: Clients = Field(default=Clients(), validate_default=True, description="How clients are told apart.")
    tracks: Tracks = Field(
        default=Tracks(), validate_default=True, description="Which path is which track, and what its owner said."
    )
    crawlers: Crawlers = Field(default=Crawlers(), validate_default=True, description="What you say of crawlers.")
    patterns: Patterns = Field(
        default=Patterns(), validate_default=True, description="How scraping is recognised by behaviour."
    )
    signals: Signals = Field(
        default=Signals(), validate_default=True, description="The headers that say what is reserved."
    )
    documents: Documents = Field(
        default=Documents(), validate_default=True, description="robots.txt, tdmrep.json, policy and licence."
    )
    verification: Verification = Field(
        default=Verification(), validate_default=True, description="Whether a crawler is who it says."
    )
    dns: Dns = Field(default=Dns(), validate_default=True, description="Reverse DNS. Needs the extra 'dns'.")
    signatures: Signatures = Field(
        default=Signatures(), validate_default=True, description="Signed requests. Needs the extra 'signatures'."
    )
    log: Log = Field(default=Log(), validate_default=True, description="What is remembered, and of whom.")
