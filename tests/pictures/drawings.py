"""Pictures for tests, drawn by Pillow."""

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image


def drawing(width: int = 1400, height: int = 700, mode: str = "RGB") -> Image.Image:
    """Return a picture that is red in its left half and blue in its right half."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    return image.convert(mode)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture that can hardly be compressed."""
    channels = [Image.effect_noise((width, height), 90) for _ in mode]
    return channels[0] if len(mode) == 1 else Image.merge(mode, channels)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return a picture in a file format."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(content: bytes) -> Image.Image:
    """Return the picture in a file's bytes, completely read."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def bring_along(root: Path, name: str, content: bytes | None = None) -> Path:
    """Write a picture to a newsletter's folder of pictures, and return its file."""
    path = root / "issues" / "images" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(drawing()) if content is None else content)
    return path
