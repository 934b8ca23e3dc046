"""The visitors: who they say they are, what they ask for over HTTP, and which answers the demo promises them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

from examples.musicsite.library import Library, Track
from noscrape import Config

_PATIENCE_SECONDS: Final = 20.0


class BrokenPromiseError(Exception):
    """Something did not go as the demo promises."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes. `script` is what they do; `address` is theirs as the proxy in front of the site would report it."""

    name: str
    what: str
    address: str
    user_agent: str
    script: Callable[["Visit"], None]
    accept: str = "*/*"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `id` is sent as X-Request-Id, by which the log knows it, too."""

    id: str
    path: str
    range: str
    promised: tuple[int, ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Works:
    """What there is to ask for: a track of each kind, and how many reserved ones a minute the site allows."""

    reserved: Track
    open: Track
    unstated: Track
    allowed: int
    all: Sequence[Track]

    @classmethod
    def of(cls, folder: Path, config: Config) -> "Works":
        """Those of a site's folder. Raises BrokenPromiseError where its database has no track of one kind."""
        tracks = Library(folder / "music.db").tracks()
        first = {track.no_ai: track for track in reversed(tracks)}
        if len(first) < 3:
            raise BrokenPromiseError("the database has no longer a track with each of no_ai = 1, 0 and NULL")
        allowed = min((quota.limit.amount for quota in config.patterns.quota), default=0)
        return cls(first[True], first[False], first[None], allowed, tracks)


class Visit:
    """One visitor at the site: a connection, and what was exchanged over it."""

    def __init__(self, visitor: Visitor, works: Works, *, port: int) -> None:
        self.visitor = visitor
        self.works = works
        self.exchanges: list[Exchange] = []
        self.broken = ""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)

    def run(self) -> "Visit":
        """Let the visitor do what they came for, up to the first promise that is not kept."""
        try:
            self.visitor.script(self)
        except BrokenPromiseError as error:
            self.broken = f"{self.visitor.name}: {error}"
        finally:
            self._connection.close()
        return self

    def get(self, path: str, *promised: int, range_: str = "") -> Exchange:
        """Ask for a path, or for a range of its bytes. Raises BrokenPromiseError where the status is not promised."""
        identity = f"demo-{token_hex(6)}"
        headers = {
            "User-Agent": self.visitor.user_agent,
            "Accept": self.visitor.accept,
            "X-Forwarded-For": self.visitor.address,
            "X-Request-Id": identity,
        }
        if range_:
            headers["Range"] = f"bytes={range_}"
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        exchange = Exchange(identity, path, range_, promised, answer.status, tuple(answer.getheaders()), body)
        self.exchanges.append(exchange)
        if answer.status not in promised:
            wanted = " or ".join(map(str, promised))
            raise BrokenPromiseError(f"{path} was answered with {answer.status}, not with {wanted}")
        return exchange


def page_of(track: Track) -> str:
    """Where a track's page is."""
    return f"/tracks/{track.slug}"


def audio_of(track: Track) -> str:
    """Where a track's audio is."""
    return f"/media/{track.slug}.wav"


def _browser(visit: Visit) -> None:
    visit.get("/", 200)
    page = visit.get(page_of(visit.works.reserved), 200)
    sources = re.findall(r'src="([^"]+)"', page.body.decode("utf-8"))
    artwork, audio = sources[0], next(source for source in sources if source.endswith(".wav"))
    visit.get(artwork, 200)
    first = visit.get(audio, 206, range_="0-65535")
    if first.body[:4] != b"RIFF":
        raise BrokenPromiseError("the audio is no WAV")
    size = int(first.header("content-range").rpartition("/")[2])
    parts = [first.body, visit.get(audio, 206, range_="65536-199999").body]
    parts.append(visit.get(audio, 206, range_=f"200000-{size - 1}").body)
    if sum(map(len, parts)) != size:
        raise BrokenPromiseError("the parts of the audio are not the whole")


def _podcast_app(visit: Visit) -> None:
    feed = visit.get("/feed.xml", 200)
    enclosure = next(ElementTree.fromstring(feed.body).iter("enclosure"))
    episode = visit.get(urlsplit(enclosure.get("url", "")).path, 200)
    if len(episode.body) != int(enclosure.get("length", 0)):
        raise BrokenPromiseError("the enclosure has another length than the feed says")


def _training_crawler(visit: Visit) -> None:
    works = visit.works
    visit.get("/robots.txt", 200)
    visit.get("/", 403)
    visit.get(page_of(works.reserved), 403)
    visit.get(audio_of(works.reserved), 403)
    visit.get(audio_of(works.unstated), 403)
    visit.get(page_of(works.open), 200)
    visit.get(audio_of(works.open), 200)


def _search_engine(visit: Visit) -> None:
    visit.get("/robots.txt", 200)
    visit.get("/", 200)
    visit.get(page_of(visit.works.reserved), 200)


def _link_preview(visit: Visit) -> None:
    visit.get(page_of(visit.works.reserved), 200)
    visit.get(f"/artwork/{visit.works.reserved.slug}.svg", 200)


def _assistant(visit: Visit) -> None:
    page = visit.get(page_of(visit.works.reserved), 200)
    if page.header("tdm-reservation") != "1":
        raise BrokenPromiseError("a reserved page came without its signals")


def _scraper(visit: Visit) -> None:
    front = visit.get("/", 200)
    slugs = re.findall(r'href="/tracks/([^"]+)"', front.body.decode("utf-8"))
    reserved = {track.slug for track in visit.works.all if track.no_ai is not False}
    taken = 0
    for slug in slugs:
        taken += slug in reserved
        stopped = slug in reserved and taken > visit.works.allowed
        visit.get(f"/media/{slug}.wav", *((200, 429) if stopped else (200,)))
    if not any(exchange.status == 429 for exchange in visit.exchanges):
        raise BrokenPromiseError(f"took {taken} reserved tracks and met no limit")


VISITORS: Final = (
    Visitor(
        name="A listener",
        what="Firefox: opens a page and plays the track, in ranges",
        address="203.0.113.24",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
        accept="text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        script=_browser,
    ),
    Visitor(
        name="A podcast app",
        what="AntennaPod: reads the feed and downloads its first episode",
        address="2001:db8:5::21",
        user_agent="AntennaPod/3.4.0",
        script=_podcast_app,
    ),
    Visitor(
        name="A search engine",
        what="calls itself Googlebot",
        address="2001:db8:9::1",
        user_agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        script=_search_engine,
    ),
    Visitor(
        name="A link preview",
        what="calls itself Slackbot",
        address="2001:db8:11::1",
        user_agent="Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        script=_link_preview,
    ),
    Visitor(
        name="An assistant",
        what="calls itself ChatGPT-User: somebody asked it about this page",
        address="192.0.2.140",
        user_agent=(
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot"
        ),
        script=_assistant,
    ),
    Visitor(
        name="A training crawler",
        what="calls itself GPTBot",
        address="192.0.2.66",
        user_agent="Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        script=_training_crawler,
    ),
    Visitor(
        name="A nameless scraper",
        what="sends a browser's user agent, takes every track as fast as it can",
        address="198.51.100.7",
        user_agent=(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
        ),
        script=_scraper,
    ),
)
