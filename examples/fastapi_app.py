"""FastAPI with noscrape in front: `uvicorn examples.fastapi_app:app`.

Then `curl -A GPTBot/1.2 localhost:8000/tracks/1` is refused, /tracks/2 is open to it, and a browser gets both.
"""

from collections.abc import MutableMapping
from typing import Any

from fastapi import FastAPI, HTTPException

from noscrape import NO_SUCH_TRACK, NoScrape

TRACKS: dict[int, dict[str, object]] = {
    1: {"title": "Tidal Glass", "artist": "Mira Solheim", "no_ai": True},
    2: {"title": "Open Window", "artist": "Otto Lindqvist Trio", "no_ai": False},
    3: {"title": "Small Hours", "artist": "The Paper Harbour", "no_ai": None},
}


def read_reservation(track_id: str, scope: MutableMapping[str, Any]) -> object:
    """What the artist said: True reserves the track, False does not mind, None has not been asked."""
    track = TRACKS.get(int(track_id)) if track_id.isdecimal() else None
    return track["no_ai"] if track else NO_SUCH_TRACK


app = FastAPI()
app.add_middleware(NoScrape, config={"tracks": {"routes": [{"path": "/tracks/{id:int}"}]}}, reader=read_reservation)


@app.get("/tracks/{track_id}")
async def track(track_id: int) -> dict[str, object]:
    """One track."""
    if track_id not in TRACKS:
        raise HTTPException(404)
    return {"id": track_id, **TRACKS[track_id]}
