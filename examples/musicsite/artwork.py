"""Covers for tracks that nobody has painted: a sun over hills, a different evening for each seed."""

from math import sin
from random import Random

from examples.musicsite.markup import Markup, html, together

_COVER = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img" aria-label="{label}">
<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
<stop offset="0" stop-color="hsl({hue},45%,{dark}%)"/><stop offset="1" stop-color="hsl({horizon},70%,72%)"/>
</linearGradient></defs>
<rect width="400" height="400" fill="url(#sky)"/>
<circle cx="{x}" cy="{y}" r="{radius}" fill="hsl({horizon},90%,88%)"/>
{hills}
</svg>
"""

_HILL = '<path d="{line}" fill="hsl({hue},{strength}%,{light}%)"/>'


def cover(label: str, *, artist: str, title: str) -> Markup:
    """An SVG: the artist chooses the colours, the title the weather."""
    colours, weather = Random(f"{artist}'s evening"), Random(title)
    hue = colours.randrange(0, 360, 30)
    horizon = colours.choice((18, 32, 45, 345))
    return html(
        _COVER,
        label=label,
        hue=hue,
        horizon=horizon,
        dark=weather.randrange(22, 42),
        x=weather.randrange(90, 310),
        y=weather.randrange(125, 210),
        radius=weather.randrange(32, 74),
        hills=together(_hill(weather, hue=hue, number=number) for number in range(4)),
    )


def _hill(weather: Random, *, hue: int, number: int) -> Markup:
    height = 225 + 42 * number
    size, pace, shift = weather.uniform(12, 30), weather.uniform(0.008, 0.02), weather.uniform(0, 6)
    points = [
        f"{x} {height + size * sin(pace * x + shift) + size / 3 * sin(2.7 * pace * x):.1f}" for x in range(0, 401, 10)
    ]
    line = f"M0 400 L{' L'.join(points)} L400 400 Z"
    return html(_HILL, line=line, hue=hue, strength=38 - 4 * number, light=40 - 8 * number)
