"""Whether what a site says and what it does agree: robots.txt, licence, policy and headers against the decisions."""

from collections.abc import Iterator

from noscrape.errors import Fault
from noscrape.site import Site
from noscrape.site.documents import robots_policy
from noscrape.site.parts import path_of
from noscrape.standards import robots_txt
from noscrape.words import Answer, Mode, Said

Warnings = Iterator[tuple[str, str]]

#: Tokens that are named one by one in a warning.
_NAMED = 5


def disagreements(site: Site, *, robots: str | None = None) -> tuple[Fault, ...]:
    """Warnings, each with the setting that it comes from.

    `robots` is the text that the site serves, where somebody has it at hand; else what noscrape itself would serve.
    """
    text = robots if robots is not None else _own_robots(site)
    everything = (*_robots(site, text), *_own_file(site), *_pages(site), *_areas(site), *_lists(site))
    return tuple(Fault(site.loaded.place(key), key, problem) for key, problem in everything)


def _own_robots(site: Site) -> str | None:
    return site.robots.document.body.decode("utf-8", "replace") if site.robots is not None else None


def _robots(site: Site, text: str | None) -> Warnings:
    """What is refused and not told, and what is told and not refused."""
    config = site.loaded.config
    if config.mode is Mode.OBSERVE:
        return
    policy = robots_policy(config, site.catalog)
    if text is None:
        control = [crawler.token for crawler in site.catalog.crawlers if crawler.control_only]
        told = {token for refused in policy.refused for token in refused.tokens}
        silent = [token for token in control if token in told]
        if silent:
            problem = (
                f"robots.txt is left to the app: see that it refuses {_several(silent)}, which is the only way to "
                "refuse training to operators that crawl for search too; `noscrape export robots` prints the lines"
            )
            yield "documents.robots_txt", problem
        return
    read = robots_txt.parse(text)
    allowed = [
        token
        for refused in policy.refused
        for token in refused.tokens
        if any(read.allows(token, pattern.replace("*", "x")) for pattern in refused.paths)
    ]
    if allowed:
        yield "documents.robots_file", f"refused, but allowed in robots.txt: {_several(allowed)}"
    for token, answer in config.crawlers.agents.items():
        crawler = site.catalog.find(token)
        if crawler is None or not crawler.robots_token or answer not in (Answer.ALLOW, Answer.SIGNAL):
            continue
        verdict = read.verdict(crawler.robots_token, "/")
        if not verdict.allowed and verdict.line is not None:
            yield (
                f"crawlers.agents.{token}",
                f"let in, but told to stay away by line {verdict.line.number} of robots.txt",
            )


def _own_file(site: Site) -> Warnings:
    """What does not hold any more of the robots.txt that the operator named."""
    for note in site.robots.notes if site.robots is not None else ():
        yield "documents.robots_file", note


def _pages(site: Site) -> Warnings:
    """A licence or a policy that a refused crawler cannot read."""
    config = site.loaded.config
    for key, url in (("site.policy", config.site.policy), ("site.licence", config.site.licence)):
        if url is None:
            continue
        path = path_of(url)
        if path in ("", "/"):
            yield key, "is the front page, which crawlers are refused: give it a page of its own, which everybody gets"
        elif not site.path_is_own(path):
            yield key, f"{path} is a track's path by [[tracks.routes]], so crawlers are refused the page that says so"


def _areas(site: Site) -> Warnings:
    """Tracks that are open by default inside a site that is reserved: documents cannot tell them apart."""
    config = site.loaded.config
    tracks, whole = config.tracks, config.site
    if tracks.routes and tracks.default is Said.OPEN and whole.default is Said.RESERVED:
        problem = (
            "robots.txt and tdmrep.json say that the whole site is reserved, the tracks with it, though tracks are "
            "open unless their owner says otherwise"
        )
        yield "tracks.default", problem


def _lists(site: Site) -> Warnings:
    """Lists of networks that cannot be used, so that a true crawler is not known."""
    for problem in site.verifier.ranges.problems:
        yield "verification.folder", problem


def _several(tokens: list[str]) -> str:
    shown = ", ".join(tokens[:_NAMED])
    return f"{shown} and {len(tokens) - _NAMED} more" if len(tokens) > _NAMED else shown
