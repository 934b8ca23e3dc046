"""What an answer says of the audio in it."""

import pytest

from noscrape.middleware.audio import Audio, audio_of

Pairs = list[tuple[bytes, bytes]]


@pytest.mark.parametrize(
    ("headers", "status", "sent", "expected"),
    [
        ([], 200, 5, Audio(5)),
        ([(b"Content-Length", b"1000")], 200, 100, Audio(100, 1000)),
        ([(b"content-length", b"1000")], 200, None, Audio(1000, 1000)),
        ([(b"content-range", b"bytes 0-99/1000")], 206, 100, Audio(100, 1000)),
        ([(b"content-range", b"bytes 0-99/1000")], 206, None, Audio(100, 1000)),
        ([(b"content-range", b"bytes 0-99/*")], 206, None, Audio(100)),
        ([(b"content-length", b"1000"), (b"x-content-duration", b"200.5")], 200, 500, Audio(500, 1000, 100.25)),
        ([(b"content-range", b"bytes 0-99/1000"), (b"x-content-duration", b"60")], 206, 100, Audio(100, 1000, 6.0)),
        ([(b"x-content-duration", b"60")], 200, 100, Audio(100)),
        ([(b"content-length", b"many"), (b"x-content-duration", b"nan")], 200, 100, Audio(100)),
        ([(b"content-range", b"bytes 99-0/1000")], 206, None, Audio(0, 1000)),
        ([(b"content-length", b"0"), (b"x-content-duration", b"60")], 200, 0, Audio(0, 0)),
        ([(b"content-length", b"9" * 400)], 200, 5, Audio(5)),
    ],
)
def test_audio(headers: Pairs, status: int, sent: int | None, expected: Audio) -> None:
    """How much went out, of how much, and how long that plays; what is not told, or wrong, is not known."""
    assert expected == audio_of(headers, status, sent)
