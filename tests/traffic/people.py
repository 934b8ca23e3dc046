"""Listeners and other people, one generator for each kind. Times are log-normal, and choices as skewed as tastes."""

from collections.abc import Callable, Iterator
from random import Random

from tests.traffic.catalogue import Catalogue, Release
from tests.traffic.event import Event
from tests.traffic.headers import (
    APP,
    APP_IOS,
    BROWSERS,
    IOS_PLAYER,
    LYNX,
    ORIGIN,
    PODCASTS,
    SPEAKER,
    Program,
)

Visit = Callable[[Catalogue, Random, float, str], Iterator[Event]]

#: Bytes of a second of audio at 128 kbit/s, and the pieces in which players fetch it.
RATE = 16_000
_PIECE_SECONDS = 20.0


def browser(draw: Random) -> Program:
    programs, weights = zip(*BROWSERS, strict=True)
    found: Program = draw.choices(programs, weights)[0]
    return found


def think(draw: Random, median: float, spread: float = 0.9) -> float:
    """Seconds until somebody does the next thing."""
    return min(3_600.0, draw.lognormvariate(0.0, spread) * median)


def page(
    release: Release,
    t: float,
    ip: str,
    program: Program,
    draw: Random,
    *,
    site: str = "same-origin",
    fresh: bool = False,
) -> Iterator[Event]:
    """A release's page with what it needs: scripts once, the pictures each time."""
    referer = ORIGIN + "/" if site == "same-origin" else ""
    path = f"/r/{release.slug}"
    yield Event(t, ip, path, program.navigation(referer, site), 200, 24_000, work=release.slug)
    here = ORIGIN + path
    if fresh:
        for number, dest in enumerate(("style", "script", "script", "style")):
            yield Event(t + 0.2 + number / 50, ip, f"/assets/{number}.js", program.part(dest, here), 200, 40_000)
    for number in range(draw.randint(1, 6)):
        cover = f"/img/{release.uuid}-{number}.webp"
        yield Event(t + 0.3 + number / 40, ip, cover, program.part("image", here), 200, 35_000)


def played(
    track: tuple[str, float], t: float, ip: str, program: Program, heard: float, *, quality: str = "high"
) -> Iterator[Event]:
    """The audio of a track, fetched by ranges as it is heard."""
    uuid, _ = track
    done, first = 0.0, t
    while done < heard:
        piece = min(_PIECE_SECONDS, heard - done)
        sent = int(piece * RATE)
        headers = program.part("audio")
        yield Event(first + done, ip, f"/m/{uuid}/{quality}.m4a", headers, 206, sent, piece, work=uuid)
        done += piece


def listener(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Looks around, and plays what pleases."""
    program = browser(draw)
    pages = min(60, int(draw.lognormvariate(1.2, 0.9)) + 1)
    for number in range(pages):
        release = catalogue.popular(draw)
        first = number == 0
        yield from page(release, t, ip, program, draw, site="none" if first else "same-origin", fresh=first)
        t += think(draw, 6.0)
        if draw.random() < 0.55:
            for track in draw.sample(release.tracks, min(len(release.tracks), draw.randint(1, 3))):
                heard = track[1] if draw.random() < 0.6 else draw.uniform(5.0, track[1])
                yield from played(track, t, ip, program, heard)
                t += heard
        t += think(draw, 12.0)


def background(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Music for hours from one tab, with heartbeats and the next track fetched ahead."""
    program = browser(draw)
    yield from page(catalogue.popular(draw), t, ip, program, draw, site="none", fresh=True)
    end = t + draw.uniform(3_000.0, 14_000.0)
    while t < end:
        release = catalogue.popular(draw)
        data = f"/api/v2/releases/{release.uuid}"
        yield Event(t, ip, data, program.part("empty"), 200, 3_000, work=release.uuid)
        for track in release.tracks[: draw.randint(1, 8)]:
            yield from played(track, t, ip, program, track[1])
            for beat in range(0, int(track[1]), 60):
                yield Event(t + beat + 0.5, ip, "/api/v2/heartbeat", program.part("empty"), 204)
            t += track[1]


def buyer(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Hears the beginning of much, and buys a little."""
    program = browser(draw)
    for number in range(draw.randint(8, 40)):
        release = catalogue.popular(draw) if draw.random() < 0.6 else catalogue.any(draw)
        yield from page(release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "none")
        for track in release.tracks[: draw.randint(1, 3)]:
            t += think(draw, 4.0, 0.5)
            heard = draw.uniform(6.0, 30.0)
            yield from played(track, t, ip, program, heard, quality="preview")
            t += heard
        t += think(draw, 8.0)


def digger(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """A disc jockey in the long tail: hundreds of previews, a few seconds of each."""
    program = browser(draw)
    for number in range(draw.randint(100, 320)):
        release = catalogue.any(draw) if draw.random() < 0.75 else catalogue.popular(draw)
        yield from page(release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "none")
        for track in release.tracks[: draw.randint(0, 2)]:
            t += think(draw, 2.0, 0.5)
            heard = draw.uniform(4.0, 18.0)
            yield from played(track, t, ip, program, heard, quality="preview")
            t += heard
        t += think(draw, 5.0, 0.7)


def researcher(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Reads sixty pages and plays nothing: a journalist, or somebody of a label."""
    program = browser(draw)
    for number in range(draw.randint(30, 90)):
        release = catalogue.any(draw) if draw.random() < 0.5 else catalogue.popular(draw)
        yield from page(
            release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "cross-site"
        )
        t += think(draw, 25.0)


def keyboard(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Images off, by the keyboard and a screen reader; scripts and styles come, from the cache after the first page."""
    program = browser(draw)
    for number in range(draw.randint(4, 30)):
        release = catalogue.popular(draw)
        for event in page(release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "none"):
            if not event.path.startswith("/img/"):
                yield event
        t += think(draw, 30.0)
        if draw.random() < 0.6:
            track = draw.choice(release.tracks)
            yield from played(track, t, ip, program, track[1])
            t += track[1]


def text_browser(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Lynx: pages alone, by links."""
    for number in range(draw.randint(3, 50)):
        release = catalogue.popular(draw)
        headers = LYNX.navigation(ORIGIN + "/" if number else "")
        yield Event(t, ip, f"/r/{release.slug}", headers, 200, 24_000, work=release.slug)
        t += think(draw, 40.0)


def artist(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Walks through the own catalogue, and watches the numbers."""
    program = browser(draw)
    own = draw.sample(catalogue.releases, draw.randint(10, 60))
    end = t + draw.uniform(1_200.0, 7_000.0)
    number = 0
    while t < end:
        release = own[number % len(own)]
        yield from page(release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "none")
        for beat in range(draw.randint(2, 12)):
            statistics = f"/api/v2/releases/{release.uuid}/statistics"
            yield Event(t + 5.0 * beat + 1, ip, statistics, program.part("empty"), 200, 900, work=release.uuid)
        t += think(draw, 40.0)
        number += 1


def app_user(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """A native app: data and audio, pictures ahead of the thumb."""
    program = draw.choice((APP, APP_IOS))
    for _ in range(min(80, int(draw.lognormvariate(1.8, 0.9)) + 1)):
        for shown in (catalogue.popular(draw) for _ in range(draw.randint(1, 4))):
            yield Event(t, ip, f"/api/v2/releases/{shown.uuid}", program.part("empty", ""), 200, 3_000, work=shown.uuid)
            yield Event(t + 0.1, ip, f"/img/{shown.uuid}-0.webp", program.part("image", ""), 200, 30_000)
            t += think(draw, 3.0, 0.6)
        if draw.random() < 0.6:
            track = draw.choice(shown.tracks)
            yield from played(track, t, ip, program, track[1])
            t += track[1]
        t += think(draw, 5.0)


def offline(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """The app takes some albums along for a flight."""
    program = draw.choice((APP, APP_IOS))
    for _ in range(draw.randint(1, 8)):
        release = catalogue.popular(draw)
        data = f"/api/v2/releases/{release.uuid}"
        yield Event(t, ip, data, program.part("empty", ""), 200, 3_000, work=release.uuid)
        for uuid, seconds in release.tracks:
            t += draw.uniform(1.0, 4.0)
            sent = int(seconds * RATE)
            yield Event(t, ip, f"/m/{uuid}/high.m4a", program.part("empty", ""), 200, sent, seconds, work=uuid)
        t += think(draw, 20.0)


def two_programs(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """An iPhone: pages by Safari, and the music by its player under another name."""
    program = next(one for one, _ in BROWSERS if one.engine == "safari")
    for number in range(draw.randint(3, 40)):
        release = catalogue.popular(draw)
        yield from page(release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "none")
        t += think(draw, 8.0)
        if draw.random() < 0.7:
            track = draw.choice(release.tracks)
            yield from played(track, t, ip, IOS_PLAYER, track[1])
            t += track[1]


def speaker(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """A loudspeaker that plays all night."""
    for _ in range(draw.randint(10, 80)):
        track = draw.choice(catalogue.popular(draw).tracks)
        yield from played(track, t, ip, SPEAKER, track[1])
        t += track[1] + 0.2


def embed(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """A player on another site."""
    program = browser(draw)
    release = catalogue.popular(draw)
    headers = program.navigation("https://blog.example/", "cross-site")
    yield Event(t, ip, f"/r/{release.slug}", headers, 200, 9_000, work=release.slug)
    yield Event(t + 0.2, ip, "/assets/embed.js", program.part("script"), 200, 20_000)
    if draw.random() < 0.5:
        yield from played(draw.choice(release.tracks), t + 5, ip, program, draw.uniform(20.0, 200.0))


def curious(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """A listener who looks at robots.txt, and follows the link that nobody sees."""
    program = browser(draw)
    yield Event(t, ip, "/robots.txt", program.navigation(), 200, 900)
    yield Event(t + 9, ip, TRAP, program.navigation(), 404, 300)
    yield from listener(catalogue, draw, t + 30, ip)


def podcasts(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """A podcast app catches up with a hundred episodes."""
    yield Event(t, ip, "/feed.atom", PODCASTS.navigation(), 200, 90_000)
    for _ in range(draw.randint(20, 110)):
        uuid, seconds = draw.choice(catalogue.popular(draw).tracks)
        t += draw.uniform(0.5, 5.0)
        yield Event(t, ip, f"/d/{uuid}.mp3", PODCASTS.navigation(), 200, int(seconds * RATE), work=uuid)


def office(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """One of thirty behind one address, which the trace gives to all of them."""
    yield from listener(catalogue, draw, t, ip)


def school(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """One of a class at one address, with the same computers, at the same releases, as the teacher says."""
    lesson = Random(ip)
    program = browser(lesson)
    releases = [catalogue.any(lesson) if number % 2 else catalogue.popular(lesson) for number in range(6)]
    t = BEGINS + lesson.uniform(0.1, 0.9) * LASTS + draw.uniform(0.0, 20.0)
    for number, release in enumerate([*releases, *(catalogue.popular(draw) for _ in range(draw.randint(0, 5)))]):
        yield from page(
            release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "cross-site"
        )
        t += think(draw, 12.0, 0.4)
        if number < len(releases):
            heard = 0.5 * draw.random() * release.tracks[0][1]
            yield from played(release.tracks[0], t, ip, program, heard)
            t += heard


def release_night(catalogue: Catalogue, draw: Random, t: float, ip: str) -> Iterator[Event]:
    """Comes at midnight for one release, and reloads until it is there."""
    program = browser(draw)
    release = catalogue.releases[0]
    for number in range(draw.randint(2, 25)):
        yield from page(
            release, t, ip, program, draw, fresh=number == 0, site="same-origin" if number else "cross-site"
        )
        t += draw.uniform(1.0, 8.0)
    for track in release.tracks:
        yield from played(track, t, ip, program, track[1])
        t += track[1]


TRAP = "/members/archive-index"

#: Six hours, from an evening on, in epoch seconds.
BEGINS = 1_790_000_000.0
LASTS = 6 * 3_600.0

#: Kinds, with their share of all sessions; how many share one address; and within which part of the trace they begin.
PEOPLE: dict[str, tuple[Visit, float, int]] = {
    "listener": (listener, 0.36, 1),
    "app user": (app_user, 0.15, 1),
    "embed": (embed, 0.10, 1),
    "iPhone, two names": (two_programs, 0.06, 1),
    "office": (office, 0.06, 30),
    "school": (school, 0.04, 30),
    "mobile carrier": (listener, 0.05, 12),
    "VPN exit": (listener, 0.02, 20),
    "previewing buyer": (buyer, 0.03, 1),
    "background": (background, 0.02, 1),
    "release night": (release_night, 0.02, 1),
    "keyboard, no images": (keyboard, 0.015, 1),
    "offline download": (offline, 0.015, 1),
    "smart speaker": (speaker, 0.01, 1),
    "podcast app": (podcasts, 0.01, 1),
    "researcher": (researcher, 0.01, 1),
    "text browser": (text_browser, 0.01, 1),
    "artist": (artist, 0.01, 1),
    "curious": (curious, 0.01, 1),
    "crate digger": (digger, 0.01, 1),
}
