"""The site's pages."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from examples.musicsite.library import Track
from examples.musicsite.markup import Markup, html, together

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/site.css">
<link rel="alternate" type="application/rss+xml" title="New releases" href="/feed.xml">
</head>
<body>
<header><a class="name" href="/">Quiet Harbour <span>Records</span></a>
<nav><a href="/feed.xml">Podcast feed</a><a href="/ai">Music and AI</a></nav></header>
<main>
{content}
</main>
<footer>Quiet Harbour Records is an example that comes with noscrape. Every sound and picture here is computed.</footer>
</body>
</html>
"""

_FRONT: Final = """<section class="hero"><h1>Music from a small label by the sea</h1>
<p>{artists} artists, {count} tracks. Press play; what an artist says about AI stands on every cover.</p></section>
{releases}"""

_RELEASE: Final = """<section><h2><a href="/artists/{slug}">{artist}</a> <small>{released}</small></h2>
<div class="covers">
{covers}
</div></section>"""

_COVER: Final = """<a class="cover" href="/tracks/{slug}">
<img src="/artwork/{slug}.svg" alt="" width="400" height="400">
<b>{title}</b><span>{artist} {tag}</span></a>"""

_TRACK: Final = """<article class="track">
<img src="/artwork/{slug}.svg" alt="Cover of {title}" width="400" height="400">
<div><h1>{title}</h1>
<p class="by"><a href="/artists/{artist_slug}">{artist}</a>, {released}</p>
<audio controls preload="metadata" src="/media/{slug}.wav"></audio>
<p><a class="button" href="/download?track={slug}">Download the WAV</a></p>
<p class="word">{tag} {explained}</p></div>
</article>
<section><h2>More by {artist}</h2>
<div class="covers">
{covers}
</div></section>"""

_ARTIST: Final = """<section class="hero"><h1>{artist}</h1><p>{count} tracks at Quiet Harbour Records.</p></section>
<div class="covers">
{covers}
</div>"""

_TERMS: Final = """<article class="terms"><h1>Music and AI</h1>
<p>Each artist of ours decides what AI companies may do with a track. We write it on the cover, in the headers of every
answer, and we hold to it: a crawler that collects training data is refused what is reserved.</p>
<dl>
<dt>{no_ai}</dt><dd>Reserved for every AI purpose. Training crawlers get nothing.</dd>
<dt>{unstated}</dt><dd>Nobody has asked the artist yet. Until then it counts as reserved.</dd>
<dt>{open}</dt><dd>The artist does not mind. Take it, and tell them what you made.</dd>
</dl>
<p>Listeners, podcast apps, search engines and link previews are welcome everywhere. To license what is reserved,
write to <a href="mailto:licensing@music.example">licensing@music.example</a>.</p></article>"""

_NOT_FOUND: Final = """<section class="hero"><h1>There is no such page</h1><p>Perhaps the tide took it.</p></section>"""

_TAGS: Final = {
    True: Markup('<em class="tag no">no AI</em>'),
    None: Markup('<em class="tag unstated">not stated</em>'),
    False: Markup('<em class="tag open">open to AI</em>'),
}

_EXPLAINED: Final = {
    True: "The artist has reserved this track: it may not be used to train AI.",
    None: "The artist has not said yet whether AI may be trained on this track, so it counts as reserved.",
    False: "The artist does not mind if AI is trained on this track.",
}


def front(tracks: list[Track]) -> Markup:
    """Every release, with its covers."""
    releases = [(artist, list(group)) for artist, group in groupby(tracks, key=lambda track: track.artist)]
    sections = together(
        html(_RELEASE, artist=artist, slug=group[0].artist_slug, released=_day(group[0]), covers=_covers(group))
        for artist, group in releases
    )
    content = html(_FRONT, artists=len(releases), count=len(tracks), releases=sections)
    return _page("Quiet Harbour Records", content)


def track_page(track: Track, others: list[Track]) -> Markup:
    """One track with its player, and what else there is of its artist."""
    content = html(
        _TRACK,
        slug=track.slug,
        title=track.title,
        artist=track.artist,
        artist_slug=track.artist_slug,
        released=_day(track),
        tag=_TAGS[track.no_ai],
        explained=_EXPLAINED[track.no_ai],
        covers=_covers(others),
    )
    return _page(f"{track.title} by {track.artist}", content)


def artist_page(tracks: list[Track]) -> Markup:
    """The tracks of one artist, of which there is one at least."""
    artist = tracks[0].artist
    return _page(artist, html(_ARTIST, artist=artist, count=len(tracks), covers=_covers(tracks)))


def terms() -> Markup:
    """What AI companies may do: the page that `[site] policy` names."""
    return _page("Music and AI", html(_TERMS, no_ai=_TAGS[True], unstated=_TAGS[None], open=_TAGS[False]))


def not_found() -> Markup:
    """For addresses that lead nowhere."""
    return _page("Not found", html(_NOT_FOUND))


def _page(title: str, content: Markup) -> Markup:
    return html(_PAGE, title=title, content=content)


def _covers(tracks: Iterable[Track]) -> Markup:
    return together(
        html(_COVER, slug=track.slug, title=track.title, artist=track.artist, tag=_TAGS[track.no_ai])
        for track in tracks
    )


def _day(track: Track) -> str:
    return f"{track.released:%d %B %Y}".lstrip("0")
