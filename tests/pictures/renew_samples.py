"""Draw the pictures of the sample newsletter again: ``python -m tests.pictures.renew_samples``."""

import random
from collections.abc import Callable, Sequence
from math import pi, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).parents[2] / "issues" / "images"
WIDTH, HEIGHT, FINE = 1200, 675, 2  # pixels, and samples per pixel in each direction
Color = tuple[int, int, int]


def between(first: Color, second: Color, share: float) -> Color:
    """Return the colour that is a share of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def sky(colors: Sequence[Color], height: int = HEIGHT) -> Image.Image:
    """Return a picture that fades from one colour to the next, from the top to ``height``."""
    column = Image.new("RGB", (1, HEIGHT * FINE))
    steps = len(colors) - 1
    for y in range(HEIGHT * FINE):
        at = min(y / (height * FINE), 0.9999) * steps
        column.putpixel((0, y), between(colors[int(at)], colors[int(at) + 1], at % 1))
    return column.resize((WIDTH * FINE, HEIGHT * FINE))


def ridge(seed: int, level: float, swing: float, waves: float = 1.0) -> list[tuple[float, float]]:
    """Return the outline of hills around a level, both in pixels from the top."""
    chance = random.Random(seed)
    parts = [(waves * number, chance.uniform(0, 2 * pi), swing / number) for number in (1, 2, 3.3, 5.7, 9.1)]
    points: list[tuple[float, float]] = []
    for x in range(0, WIDTH + 1, 3):
        y = level + sum(size * sin(2 * pi * rate * x / WIDTH + phase) for rate, phase, size in parts) / 2
        points.append((x * FINE, y * FINE))
    return points


def ground(image: Image.Image, outline: Sequence[tuple[float, float]], color: Color) -> None:
    """Fill everything below an outline."""
    corners = [(WIDTH * FINE, HEIGHT * FINE), (0, HEIGHT * FINE)]
    ImageDraw.Draw(image).polygon([*outline, *corners], fill=color)


def disc(image: Image.Image, x: float, y: float, radius: float, color: Color, glow: float = 0) -> None:
    """Draw a sun or a moon, with a glow around it."""
    if glow:
        halo = Image.new("L", (WIDTH, HEIGHT))
        ImageDraw.Draw(halo).ellipse((x - glow, y - glow, x + glow, y + glow), fill=110)
        halo = halo.filter(ImageFilter.GaussianBlur(glow / 2)).resize(image.size)
        image.paste(Image.new("RGB", image.size, color), mask=halo)
    box = [FINE * value for value in (x - radius, y - radius, x + radius, y + radius)]
    ImageDraw.Draw(image).ellipse(box, fill=color)


def night_train() -> Image.Image:
    """Return a train with lit windows beside a lake, between hills, at dusk."""
    shore = 478
    image = sky([(25, 32, 66), (62, 62, 112), (148, 100, 130), (232, 150, 118), (250, 196, 140)], height=430)
    chance = random.Random(3)
    for _ in range(46):
        x, y = chance.uniform(0, WIDTH), chance.uniform(0, 170)
        disc(image, x, y, chance.uniform(0.5, 1.2), (205, 205, 225))
    disc(image, 905, 150, 34, (252, 238, 214), glow=70)
    for seed, level, swing, share in ((5, 318, 70, 0.12), (8, 372, 62, 0.42), (12, 420, 44, 0.72)):
        ground(image, ridge(seed, level, swing), between((168, 112, 132), (36, 38, 72), share))
    ground(image, [(0, (shore - 18) * FINE), (WIDTH * FINE, (shore - 18) * FINE)], (30, 32, 62))
    draw = ImageDraw.Draw(image)
    left = 210
    for wagon in range(7):
        x = left + wagon * 92
        draw.rounded_rectangle([FINE * v for v in (x, shore - 38, x + 88, shore - 19)], 4 * FINE, fill=(22, 23, 46))
        for window in range(6):
            at = x + 9 + window * 12.5
            color = (255, 214, 138) if chance.random() < 0.82 else (120, 96, 92)
            draw.rectangle([FINE * v for v in (at, shore - 33, at + 7.5, shore - 26)], fill=color)
    # The lake mirrors everything above its shore, darker and softer.
    above = image.crop((0, (2 * shore - HEIGHT) * FINE, WIDTH * FINE, shore * FINE))
    mirrored = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).filter(ImageFilter.GaussianBlur(2.4 * FINE))
    image.paste(Image.blend(mirrored, Image.new("RGB", mirrored.size, (26, 30, 62)), 0.36), (0, shore * FINE))
    draw = ImageDraw.Draw(image)
    for _ in range(70):
        x, y = chance.uniform(0, WIDTH), shore + 8 + 180 * chance.random() ** 1.6
        length = 14 + (y - shore) * chance.uniform(0.1, 0.5)
        here = image.getpixel((int(x * FINE), min(int(y * FINE), HEIGHT * FINE - 1)))
        assert isinstance(here, tuple)
        lighter = between((here[0], here[1], here[2]), (240, 200, 170), 0.16)
        draw.line([FINE * v for v in (x, y, min(x + length, WIDTH), y)], fill=lighter, width=FINE)
    return image


def soil() -> Image.Image:
    """Return a meadow and the layers of earth below it, with roots and stones."""
    image = sky([(226, 236, 232), (244, 240, 224)], height=190)
    chance = random.Random(11)
    layers: list[tuple[int, Color]] = [
        (178, (104, 128, 78)),
        (196, (58, 44, 36)),
        (292, (92, 64, 46)),
        (396, (128, 90, 62)),
        (502, (164, 122, 86)),
        (600, (196, 160, 122)),
    ]
    for seed, (level, color) in enumerate(layers, start=40):
        ground(image, ridge(seed if level > 190 else 41, level, 26 if level > 190 else 24, 0.8), color)
    draw = ImageDraw.Draw(image)
    for x in range(-4, WIDTH, 5):
        top = ridge(41, 178, 24, 0.8)[min(max(x, 0), WIDTH) // 3][1] / FINE
        height, lean = chance.uniform(10, 34), chance.uniform(-9, 9)
        shade = between((84, 112, 62), (150, 166, 100), chance.random())
        base = [FINE * v for v in (x, top + 10, x + 5, top + 10, x + lean, top - height)]
        draw.polygon(base, fill=shade)

    def root(x: float, y: float, heading: float, width: float, left: int) -> None:
        while left > 0 and width > 0.5:
            onward = x + 7 * sin(heading), y + 6.2
            draw.line([FINE * v for v in (x, y, *onward)], fill=(224, 196, 160), width=max(1, round(width * FINE)))
            (x, y), left, width = onward, left - 1, width * 0.978
            heading = 0.86 * heading + chance.uniform(-0.34, 0.34)
            if chance.random() < 0.075:
                root(x, y, heading + chance.choice((-1, 1)) * 0.9, width * 0.6, left // 2)

    for start in (140, 395, 640, 905, 1080):
        root(start, 204, chance.uniform(-0.3, 0.3), 3.6, chance.randint(34, 58))
    for _ in range(150):
        left, top = chance.uniform(0, WIDTH), 225 + 450 * chance.random() ** 0.7
        size = 1.5 + 11 * chance.random() ** 4 * (top / HEIGHT)
        shade = between((70, 56, 48), (226, 206, 178), chance.random())
        draw.ellipse([FINE * v for v in (left, top, left + 2.1 * size, top + 1.4 * size)], fill=shade)
    return image


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "night-train.jpg": night_train,
    "soil.jpg": soil,
}


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        drawn = draw().resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        drawn.save(FOLDER / name, quality=84, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
