"""Scrapers, and robots that are welcome. Each scraper wants so many tracks, and does not stop for a refusal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from tests.traffic.catalogue import Catalogue, Release
from tests.traffic.event import Event
from tests.traffic.headers import (
    BROWSERS,
    DISORDERED,
    HEADLESS,
    IMITATION,
    LIBRARIES,
    Program,
)
from tests.traffic.people import RATE, browser, page

WANTED = 1_500


def _jitter(draw: Random, gap: float) -> float:
    return gap * draw.uniform(0.6, 1.4)


def _disguise(draw: Random) -> Program:
    return draw.choice((*LIBRARIES, _imitation(draw), _own(DISORDERED, draw)))


def _own(program: Program, draw: Random) -> Program:
    """In an order of its own."""
    return replace(program, shuffle=draw.randint(1, 1 << 30))


def _imitation(draw: Random) -> Program:
    return _own(IMITATION, draw)


def _bare(release: Release, t: float, ip: str, program: Program) -> Event:
    return Event(t, ip, f"/r/{release.slug}", program.navigation(), 200, 24_000, work=release.slug)


def numeric_walk(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """The legacy route, one number after the other."""
    program = _disguise(draw)
    for release in catalogue.by_number()[:WANTED]:
        headers = program.navigation()
        yield Event(t, ips[0], f"/song/{release.number}", headers, 200, 24_000, work=str(release.number))
        t += _jitter(draw, 1.5)


def shuffled(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Pages in any order, one in two seconds."""
    program = _disguise(draw)
    for release in draw.sample(catalogue.releases, WANTED):
        yield _bare(release, t, ips[0], program)
        t += _jitter(draw, 2.0)


def slow(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """One in forty-five seconds, for as long as it takes."""
    program = _disguise(draw)
    for release in draw.sample(catalogue.releases, 350):
        yield _bare(release, t, ips[0], program)
        t += _jitter(draw, 45.0)


def campaign(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Ten addresses that share one order of headers under one name."""
    program = _imitation(draw)
    for number, release in enumerate(draw.sample(catalogue.releases, WANTED)):
        yield _bare(release, t, ips[number % len(ips)], program)
        t += _jitter(draw, 4.0)


def rotating_campaign(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Ten addresses and as many browsers' names, over one order of headers."""
    own = _imitation(draw)
    for number, release in enumerate(draw.sample(catalogue.releases, WANTED)):
        program = replace(own, user_agent=draw.choice(BROWSERS)[0].user_agent)
        yield _bare(release, t, ips[number % len(ips)], program)
        t += _jitter(draw, 4.0)


def rotating_names(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """One address, another name with each request."""
    own = _imitation(draw)
    for release in draw.sample(catalogue.releases, WANTED):
        agent = browser(draw).user_agent.replace("Chrome/14", f"Chrome/{draw.randint(10, 13)}{draw.randint(0, 9)}.")
        yield _bare(release, t, ips[0], replace(own, user_agent=agent))
        t += _jitter(draw, 2.0)


def rotating_addresses(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Another /64 of one /48 with each request."""
    program = _imitation(draw)
    prefix = f"2001:db8:{draw.randint(1, 65_000):x}"
    for release in draw.sample(catalogue.releases, WANTED):
        yield _bare(release, t, f"{prefix}:{draw.randint(1, 65_000):x}::1", program)
        t += _jitter(draw, 2.0)


def downloader(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """The audio itself, in ranges, as fast as it comes."""
    program = _disguise(draw)
    tracks = [track for release in draw.sample(catalogue.releases, 400) for track in release.tracks][:WANTED]
    for uuid, seconds in tracks:
        for part in range(2):
            headers = [*program.part("empty", ""), ("range", f"bytes={part * 1_000_000}-")]
            sent = int(seconds * RATE / 2)
            yield Event(t, ips[0], f"/m/{uuid}/high.m4a", headers, 206, sent, seconds / 2, work=uuid)
            t += 0.4
        t += _jitter(draw, 2.5)


def api_walk(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """The data behind the pages."""
    program = _disguise(draw)
    for release in draw.sample(catalogue.releases, WANTED):
        path = f"/api/v2/releases/{release.uuid}"
        yield Event(t, ips[0], path, program.part("empty", ""), 200, 3_000, work=release.uuid)
        t += _jitter(draw, 2.0)


def headless(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """A browser that says that it is driven, and loads everything."""
    for release in draw.sample(catalogue.releases, WANTED):
        yield from page(release, t, ips[0], HEADLESS, draw, site="none", fresh=True)
        t += _jitter(draw, 4.0)


def perfect(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """The same under a perfect name."""
    for release in draw.sample(catalogue.releases, WANTED):
        yield from page(release, t, ips[0], BROWSERS[0][0], draw, site="none", fresh=True)
        t += _jitter(draw, 4.0)


def _named(agent: str) -> Program:
    return Program(agent, "requests")


def search_engine(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Reads robots.txt, and then every page."""
    program = _named("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)")
    yield Event(t, ips[0], "/robots.txt", program.navigation(), 200, 900)
    for release in draw.sample(catalogue.releases, 800):
        t += _jitter(draw, 6.0)
        yield _bare(release, t, ips[0], program)


def declared(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """A small crawler that nobody knows, and that says whom to ask."""
    program = _named("HarbourCrawler/0.3 (+https://harbour.example/crawler; ops@harbour.example)")
    yield Event(t, ips[0], "/robots.txt", program.navigation(), 200, 900)
    for release in draw.sample(catalogue.releases, 600):
        t += _jitter(draw, 10.0)
        yield _bare(release, t, ips[0], program)


def preview(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Fetches a page wherever somebody posts it."""
    program = _named("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")
    for _ in range(200):
        t += _jitter(draw, 60.0)
        yield _bare(catalogue.popular(draw), t, ips[0], program)


def monitor(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """Asks for one page each minute, by the clock."""
    program = draw.choice((_named("UptimeRobot/2.0"), _named("curl/8.5.0")))
    release = catalogue.popular(draw)
    for _ in range(300):
        t += 60.0
        yield _bare(release, t, ips[0], program)


def feed_reader(catalogue: Catalogue, draw: Random, t: float, ips: Sequence[str]) -> Iterator[Event]:
    """The feed, every ten minutes, and the pages that are new in it."""
    program = _named("FreshRSS/1.24.1 (Linux; https://freshrss.org)")
    for _ in range(30):
        t += 600.0
        yield Event(t, ips[0], "/feed.atom", program.navigation(), 200, 90_000)
        yield _bare(catalogue.popular(draw), t + 3, ips[0], program)


#: Kinds, with how many addresses each instance has.
SCRAPERS = {
    "numeric walk": (numeric_walk, 1),
    "shuffled, 2 s": (shuffled, 1),
    "slow, 45 s": (slow, 1),
    "campaign": (campaign, 10),
    "campaign, many names": (rotating_campaign, 10),
    "many names": (rotating_names, 1),
    "many addresses": (rotating_addresses, 1),
    "downloader": (downloader, 1),
    "data walk": (api_walk, 1),
    "headless": (headless, 1),
    "headless, perfect name": (perfect, 1),
}
BOTS = {
    "search engine": search_engine,
    "declared crawler": declared,
    "link preview": preview,
    "monitor": monitor,
    "feed reader": feed_reader,
}

__all__ = ["BOTS", "SCRAPERS", "WANTED"]
