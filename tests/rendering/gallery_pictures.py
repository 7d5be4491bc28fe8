"""Pictures for the gallery's issues, drawn when they are needed: landscapes in layers, and a sponsor's poster."""

import io
import itertools
import random
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

_SIZES = {"wide": (1104, 690), "tall": (1104, 1300), "poster": (1104, 460)}
# Sky above and at the horizon, the sun, and the nearest hills, by name.
_PALETTES = {
    "bridge": ("#f2b28c", "#f8e3c4", "#fff3d9", "#4b2a2f"),
    "snow": ("#8fb3c9", "#e6eef2", "#ffffff", "#2f4858"),
    "night": ("#101a33", "#3b4a78", "#f3e9c6", "#05080f"),
    "soil": ("#d9c38a", "#f3e8c9", "#fff7de", "#4a3418"),
    "tree": ("#a8c8a0", "#eef3d8", "#fffbe6", "#1f4030"),
    "sea": ("#7fb0b8", "#dff0ea", "#fffdf0", "#123f4d"),
    "poster": ("#e7c8b0", "#f6e9dc", "#fff8ee", "#8a3b24"),
}


@cache
def picture(name: str) -> bytes:
    """Return a picture as JPEG by the name of its file, ``<palette>-<size>.jpg``."""
    palette, _, size = name.removesuffix(".jpg").partition("-")
    drawn = _landscape(palette, _SIZES[size])
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _landscape(palette: str, size: tuple[int, int]) -> Image.Image:
    above, horizon, sun, near = _PALETTES[palette]
    dice = random.Random(palette)  # the same picture every time
    width, height = size
    image = Image.linear_gradient("L").resize(size)
    scene = Image.composite(Image.new("RGB", size, horizon), Image.new("RGB", size, above), image)
    draw = ImageDraw.Draw(scene)
    at, radius = (width * dice.uniform(0.55, 0.8), height * dice.uniform(0.28, 0.4)), height * 0.09
    draw.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=sun)
    for layer in range(5):
        nearness = (layer + 1) / 5
        color = Image.blend(Image.new("RGB", (1, 1), horizon), Image.new("RGB", (1, 1), near), nearness**1.2).getpixel(
            (0, 0)
        )
        line = _ridge(dice, width, height * (0.5 + 0.1 * layer), height * (0.05 + 0.02 * layer))
        draw.polygon([(0, height), *line, (width, height)], fill=color)
    return scene.filter(ImageFilter.GaussianBlur(0.6))


def _ridge(dice: random.Random, width: int, base: float, height: float) -> list[tuple[float, float]]:
    """Return a line of hills: midpoints between two ends are moved up and down, ever less."""
    points = [0.0, 0.0]
    spread = height
    for _ in range(7):
        between = [(a + b) / 2 + dice.uniform(-spread, spread) for a, b in itertools.pairwise(points)]
        points = [value for pair in zip(points, between, strict=False) for value in pair] + [points[-1]]
        spread *= 0.52
    return [(at * width / (len(points) - 1), base + value) for at, value in enumerate(points)]
