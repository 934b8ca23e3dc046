"""The site as a Starlette app, and the same with noscrape in front of it."""

import shutil
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from examples.musicsite import pages
from examples.musicsite.artwork import cover
from examples.musicsite.feed import feed
from examples.musicsite.library import Library, Track
from examples.musicsite.sound import write_wav
from noscrape import NoScrape

_HERE: Final = Path(__file__).parent


def set_up(folder: Path) -> None:
    """Put the database, the configuration and a place for audio into a folder; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "media").mkdir(exist_ok=True)
    Library.created(folder / "music.db")
    if not (folder / "noscrape.toml").exists():
        shutil.copyfile(_HERE / "noscrape.toml", folder / "noscrape.toml")


def create(folder: Path) -> Starlette:
    """The bare site, out of a folder that was set up."""
    site = _MusicSite(folder)
    return Starlette(
        routes=[
            Route("/", site.front),
            Route("/tracks/{slug}", site.track),
            Route("/artists/{slug}", site.artist),
            Route("/media/{slug}.wav", site.media),
            Route("/download", site.download),
            Route("/artwork/{slug}.svg", site.artwork),
            Route("/api/tracks", site.api_tracks),
            Route("/api/tracks/{slug}", site.api_track),
            Route("/feed.xml", site.feed),
            Route("/ai", site.terms),
            Route("/robots.txt", site.robots),
            Route("/site.css", site.css),
        ],
        exception_handlers={404: _not_found},
    )


def protected(folder: Path) -> NoScrape:
    """The site with noscrape in front of it."""
    return NoScrape(create(folder), config=folder / "noscrape.toml")


class _MusicSite:
    """The endpoints. Being plain functions, they run in threads, where a database may be waited for."""

    def __init__(self, folder: Path) -> None:
        self._library = Library(folder / "music.db")
        self._media = folder / "media"

    def front(self, request: Request) -> Response:
        return HTMLResponse(pages.front(self._library.tracks()))

    def track(self, request: Request) -> Response:
        track = self._found(request.path_params["slug"])
        others = [other for other in self._library.by_artist(track.artist_slug) if other != track]
        return HTMLResponse(pages.track_page(track, others))

    def artist(self, request: Request) -> Response:
        tracks = self._library.by_artist(request.path_params["slug"])
        if not tracks:
            raise HTTPException(404)
        return HTMLResponse(pages.artist_page(tracks))

    def media(self, request: Request) -> Response:
        track = self._found(request.path_params["slug"])
        return FileResponse(self._audio(track), media_type="audio/wav")

    def download(self, request: Request) -> Response:
        track = self._found(request.query_params.get("track", ""))
        return FileResponse(self._audio(track), media_type="audio/wav", filename=f"{track.artist} - {track.title}.wav")

    def artwork(self, request: Request) -> Response:
        track = self._found(request.path_params["slug"])
        svg = cover(f"Cover of {track.title}", artist=track.artist, title=track.title)
        return Response(svg, media_type="image/svg+xml", headers={"cache-control": "max-age=3600"})

    def api_tracks(self, request: Request) -> Response:
        return JSONResponse({"tracks": [_data(track) for track in self._library.tracks()]})

    def api_track(self, request: Request) -> Response:
        return JSONResponse(_data(self._found(request.path_params["slug"])))

    def feed(self, request: Request) -> Response:
        return Response(
            feed(self._library.tracks(), base=str(request.base_url)), media_type="application/rss+xml; charset=utf-8"
        )

    def terms(self, request: Request) -> Response:
        return HTMLResponse(pages.terms())

    def robots(self, request: Request) -> Response:
        return FileResponse(_HERE / "robots.txt", media_type="text/plain; charset=utf-8")

    def css(self, request: Request) -> Response:
        return FileResponse(_HERE / "site.css", media_type="text/css; charset=utf-8")

    def _found(self, slug: str) -> Track:
        track = self._library.track(slug)
        if track is None:
            raise HTTPException(404)
        return track

    def _audio(self, track: Track) -> Path:
        """The file of a track, made when somebody first asks for it."""
        file = self._media / f"{track.slug}.wav"
        if not file.exists():
            write_wav(file, seed=track.slug, seconds=track.seconds)
        return file


def _data(track: Track) -> dict[str, object]:
    return {
        "id": track.id,
        "slug": track.slug,
        "title": track.title,
        "artist": track.artist,
        "seconds": track.seconds,
        "released": track.released.isoformat(),
        "no_ai": track.no_ai,
        "page": f"/tracks/{track.slug}",
        "audio": f"/media/{track.slug}.wav",
        "artwork": f"/artwork/{track.slug}.svg",
    }


async def _not_found(request: Request, error: Exception) -> Response:
    return HTMLResponse(pages.not_found(), status_code=404)
