"""Music for tracks that nobody has recorded: plucked strings over soft chords, a different piece for each seed.

The strings are Karplus and Strong's: a burst of noise, sent round a delay line and averaged a little each time.
"""

import os
import wave
from array import array
from itertools import pairwise
from math import pi, sin
from pathlib import Path
from random import Random
from tempfile import NamedTemporaryFile
from typing import Final

RATE: Final = 22_050

_MEDIA_HEADER_BYTES: Final = 44

#: Semitones above the key. Any of their notes sound well together, which is all the harmony that chance needs.
_SCALES: Final = ((0, 2, 4, 7, 9), (0, 3, 5, 7, 10), (0, 2, 5, 7, 9))

#: Roots of the chords below, a turn of four.
_TURNS: Final = ((0, -3, -7, -5), (0, -5, -3, -7), (0, 5, -3, 7), (0, -2, -5, -2))


def wav_bytes(seconds: int) -> int:
    """The size of a file of so many seconds: known before it is made."""
    return _MEDIA_HEADER_BYTES + 2 * RATE * seconds


def write_wav(file: Path, *, seed: str, seconds: int) -> None:
    """Make a file. Readers find all of it or nothing, however many ask for it at once."""
    with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part, wave.open(part, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(_piece(seed, seconds))
    os.replace(part.name, file)


def _piece(seed: str, seconds: int) -> bytes:
    random = Random(seed)
    key = 98 * 2 ** (random.randrange(12) / 12)
    scale = random.choice(_SCALES)
    turn = random.choice(_TURNS)
    beat = round(RATE * random.choice((0.2, 0.24, 0.28)))
    length = RATE * seconds
    mix = [0.0] * length
    _add_chords(mix, key=key, turn=turn)
    steps = [*scale, *(step + 12 for step in scale[:3])]
    place = random.randrange(len(steps))
    strings: dict[int, list[float]] = {}
    for start in range(0, length - beat, beat):
        if random.random() < 0.2:  # a rest
            continue
        place = min(max(place + random.choice((-2, -1, -1, 1, 1, 2)), 0), len(steps) - 1)
        string = strings.get(place)
        if string is None:
            string = strings[place] = _plucked(2 * key * 2 ** (steps[place] / 12), random)
        for at, value in enumerate(string[: length - start], start):
            mix[at] += value
    return _finished(mix)


def _plucked(frequency: float, random: Random) -> list[float]:
    period = RATE / frequency
    noise = [random.uniform(-1, 1) for _ in range(int(period) + 2)]
    string = [(left + right) / 2 for left, right in pairwise(noise)]
    # The average of two neighbours also tunes the string, to the part of a sample that its length lacks.
    share = min(max(period % 1, 0.15), 0.85)
    near, far = 0.996 * share, 0.996 * (1 - share)
    for at in range(round(1.6 * RATE) - len(string)):
        string.append(far * string[at + 1] + near * string[at])
    fade = RATE // 5
    for at in range(fade):
        string[-1 - at] *= at / fade
    return string


def _add_chords(mix: list[float], *, key: float, turn: tuple[int, ...]) -> None:
    size = len(mix) // len(turn)
    swell = [sin(pi * at / size) for at in range(size)]
    for number, root in enumerate(turn):
        start = number * size
        for step in (0, 7, 12):
            pace = 2 * pi * key * 2 ** ((root + step) / 12) / RATE
            for at, loudness in enumerate(swell):
                mix[start + at] += 0.11 * loudness * sin(pace * at)


def _finished(mix: list[float]) -> bytes:
    """With a little echo, faded at both ends, as loud as the format takes."""
    delay = round(0.31 * RATE)
    for at in range(delay, len(mix)):
        mix[at] += 0.25 * mix[at - delay]
    for at in range(RATE // 2):
        mix[-1 - at] *= at / (RATE // 2)
    for at in range(RATE // 100):
        mix[at] *= at / (RATE // 100)
    loudest = max(map(abs, mix))
    return array("h", (round(28_000 * value / loudest) for value in mix)).tobytes()
