"""Prepare a picture for mail: upright, in sRGB, without metadata, small enough, as JPEG or PNG. Pillow does the work.

Outlook shows no WebP, and only the first frame of an animation. An animation that can't be stopped fails WCAG 2.2
(2.2.2), so only its first frame is kept.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from math import sqrt
from typing import Any

from PIL import Image, ImageCms

from newsletter.domain.pictures import UnusablePicture
from newsletter.pictures.file_types import READABLE, detect_type
from newsletter.pictures.limits import HEIGHT, LARGEST, LONGEST_SIDE, MOST_PIXELS, WIDTH

_ORIENTATION = 0x0112  # Exif 3.0 §4.6.5.4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUALITIES = (86, 78, 68)
_SRGB = ImageCms.createProfile("sRGB")

# `prepare` has its own limit, below the one at which Pillow warns.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPicture:
    """A prepared picture's bytes, its file name's ending, and its size in pixels."""

    content: bytes
    ending: str
    width: int
    height: int
    original_width: int
    animated: bool


def prepare(content: bytes) -> PreparedPicture | UnusablePicture:
    """Return the picture in an editor's file, prepared, or why it can't be. The same file gives the same bytes."""
    kind = detect_type(content)
    if kind not in READABLE:
        return UnusablePicture(rule="image-type", what=f"is {kind}", hint="export it as JPEG or PNG")
    try:
        with Image.open(BytesIO(content), formats=[kind]) as image:
            if image.width * image.height > MOST_PIXELS:
                return _too_many_pixels(f": {image.width:,} × {image.height:,}")
            if max(image.size) > LONGEST_SIDE:
                what = f"is {image.width:,} × {image.height:,} pixels, more than {LONGEST_SIDE:,} on a side"
                return UnusablePicture(rule="image-huge", what=what, hint="crop it")
            return _prepared(image, kind, content)
    except Image.DecompressionBombError:
        return _too_many_pixels()
    except Exception:  # noqa: BLE001  Pillow's readers raise a dozen kinds of errors for damaged files
        hint = "copy or export the picture again"
        return UnusablePicture(rule="image-broken", what="is damaged or incomplete", hint=hint)


def _too_many_pixels(size: str = "") -> UnusablePicture:
    what = f"has more than {MOST_PIXELS // 1_000_000} million pixels{size}"
    hint = f"make it smaller: {2 * WIDTH:,} pixels wide is plenty"
    return UnusablePicture(rule="image-huge", what=what, hint=hint)


def _prepared(image: Image.Image, kind: str, content: bytes) -> PreparedPicture:
    turned = _UPRIGHT.get(_orientation(image))
    on_its_side = turned is not None and turned not in (
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.ROTATE_180,
        Image.Transpose.FLIP_TOP_BOTTOM,
    )
    across, down = (image.height, image.width) if on_its_side else image.size
    scale = min(1.0, WIDTH / across, HEIGHT / down)
    animated = kind != "JPEG" and bool(getattr(image, "is_animated", False))  # cameras add a second picture to JPEGs
    profile = image.info.get("icc_profile")
    size, encoded, ending = image.size, b"", "jpg"
    if scale == 1 and turned is None and len(content) <= LARGEST and _is_finished(image, profile):
        encoded = _jpeg_as_it_is(image)
    if not 0 < len(encoded) <= LARGEST:
        if image.format == "JPEG":  # decodes to a half, a quarter or an eighth of its size: far less work
            image.draft(None, (round(2 * scale * image.width), round(2 * scale * image.height)))
        image.load()
        upright = _eight_bits(image)
        if turned is not None:
            upright = upright.transpose(turned)
        fitted = _resized(upright, (max(1, round(scale * across)), max(1, round(scale * down))))
        encoded, ending, size = _encoded(_in_srgb(fitted, profile), photo=kind == "JPEG")
    return PreparedPicture(
        content=encoded, ending=ending, width=size[0], height=size[1], original_width=across, animated=animated
    )


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  a damaged Exif block says nothing about the picture
        return 1


def _is_finished(image: Image.Image, profile: bytes | None) -> bool:
    """Return whether a JPEG needs no change but the loss of its metadata."""
    return image.format == "JPEG" and image.mode in ("L", "RGB") and (profile is None or _is_srgb(profile))


def _is_srgb(profile: bytes) -> bool:
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile))).startswith("sRGB")
    except (OSError, ImageCms.PyCMSError):
        return False


def _jpeg_as_it_is(image: Image.Image) -> bytes:
    """Return a JPEG with the quantization of the original, so that nothing more is lost."""
    return _saved_jpeg(image, quality="keep", comment=b"")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture with 8 bits for each channel and no palette, so that it can be resized."""
    if image.mode.startswith("I"):  # 16-bit grey; `convert` alone would clip it
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("P", "PA", "LA", "La", "RGBa"):
        transparent = image.mode != "P" or "transparency" in image.info
        return image.convert("RGBA" if transparent else "RGB")
    if image.mode == "1":
        return image.convert("L")
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB, which mail clients assume; L, RGB or, if anything is transparent, RGBA."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    converted: Image.Image | None = None
    if profile is not None and not _is_srgb(profile):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=target)
        except (OSError, ValueError, ImageCms.PyCMSError):  # damaged, or for other channels than the picture has
            converted = None
    if converted is None:
        converted = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")
    if converted.mode == "RGBA" and converted.getchannel("A").getextrema() == (255, 255):
        converted = converted.convert("RGB")
    return converted


def _encoded(image: Image.Image, *, photo: bool) -> tuple[bytes, str, tuple[int, int]]:
    """Return a picture's smallest loss that fits: its bytes, ending and size."""
    while True:
        content, ending = _fitting(image, photo=photo)
        if len(content) <= LARGEST:
            return content, ending, image.size
        scale = min(0.9, max(0.3, 0.95 * sqrt(LARGEST / len(content))))
        image = _resized(image, (max(1, int(scale * image.width)), max(1, int(scale * image.height))))


def _fitting(image: Image.Image, *, photo: bool) -> tuple[bytes, str]:
    """Return the first encoding that is small enough, or else the last."""
    if not photo:
        content = _png(image)
        if len(content) <= LARGEST:
            return content, "png"
    if image.mode == "RGBA":
        return _png(image.quantize(256, method=Image.Quantize.FASTOCTREE)), "png"
    content = b""
    for quality in _QUALITIES:
        content = _jpeg(image, quality, sharp_colors=not photo)
        if len(content) <= LARGEST:
            break
    return content, "jpg"


def _jpeg(image: Image.Image, quality: int, *, sharp_colors: bool) -> bytes:
    image.info = {}
    return _saved_jpeg(image, quality=quality, subsampling="4:4:4" if sharp_colors else "4:2:0")


def _saved_jpeg(image: Image.Image, **options: Any) -> bytes:
    try:
        file = BytesIO()
        image.save(file, "JPEG", optimize=True, progressive=True, **options)
    except OSError:  # Pillow has a buffer of one byte for each pixel, and this is more
        file = BytesIO()
        image.save(file, "JPEG", **options)
    return file.getvalue()


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.info = {}
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
