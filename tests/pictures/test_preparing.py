"""Preparing pictures: what readers get of an editor's file, and what is refused."""

from io import BytesIO
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from newsletter.domain.pictures import UnusablePicture
from newsletter.pictures import preparing
from newsletter.pictures.limits import HEIGHT, LARGEST, WIDTH
from newsletter.pictures.preparing import PreparedPicture
from tests.pictures.drawings import decoded, drawing, encoded, noise

RED, BLUE = (200, 30, 30), (30, 30, 200)


def close(pixel: object, color: tuple[int, ...], within: int = 12) -> bool:
    """Return whether a pixel has nearly this colour, as JPEG isn't exact."""
    assert isinstance(pixel, tuple)
    return len(pixel) == len(color) and all(abs(a - b) <= within for a, b in zip(pixel, color, strict=True))


def prepare(content: bytes) -> PreparedPicture:
    """Return the prepared picture of a file that is one."""
    prepared = preparing.prepare(content)
    assert isinstance(prepared, PreparedPicture)
    return prepared


def refusal(content: bytes) -> str:
    """Return the rule that a file breaks."""
    refused = preparing.prepare(content)
    assert isinstance(refused, UnusablePicture)
    assert refused.what
    assert refused.hint
    return refused.rule


@pytest.mark.parametrize(("kind", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("GIF", "png"), ("WEBP", "png")])
def test_a_large_picture_becomes_as_wide_as_mail_needs(kind: str, ending: str) -> None:
    prepared = prepare(encoded(drawing(2800, 1400), kind))
    image = decoded(prepared.content)

    assert (prepared.width, prepared.height) == image.size == (WIDTH, WIDTH // 2)
    assert (prepared.ending, prepared.original_width, prepared.animated) == (ending, 2800, False)
    rgb = image.convert("RGB")
    assert close(rgb.getpixel((100, 100)), RED)
    assert close(rgb.getpixel((WIDTH - 100, 100)), BLUE)


def test_a_small_picture_keeps_its_size() -> None:
    prepared = prepare(encoded(drawing(300, 200)))

    assert (prepared.width, prepared.height) == (300, 200)
    assert decoded(prepared.content).format == "JPEG"


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("L", "PNG")])
def test_every_picture_is_small_enough_to_load_on_a_phone(mode: str, kind: str) -> None:
    prepared = prepare(encoded(noise(1300, 900, mode), kind))

    assert len(prepared.content) <= LARGEST
    assert decoded(prepared.content).size == (prepared.width, prepared.height)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_shown_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    prepared = prepare(encoded(drawing(1400, 700), exif=exif))
    image = decoded(prepared.content)

    on_its_side = orientation >= 5
    assert prepared.original_width == (700 if on_its_side else 1400)
    first = {1: RED, 2: BLUE, 3: BLUE, 4: RED, 5: RED, 6: RED, 7: BLUE, 8: BLUE}[orientation]
    assert image.size == ((700, 1400) if on_its_side else (WIDTH, WIDTH // 2))
    assert close(image.getpixel((40, 40)), first)


def test_nothing_of_the_camera_is_left() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera of the test"
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)  # where it was taken
    for content in (
        encoded(drawing(1400, 700), exif=exif, comment=b"A comment of the test"),
        encoded(drawing(300, 200), exif=exif, comment=b"A comment of the test"),
        encoded(drawing(300, 200), "PNG", exif=exif),
        encoded(drawing(300, 200), "WEBP", exif=exif, xmp=b"<x>of the test</x>"),
    ):
        assert b"of the test" in content
        prepared = prepare(content)
        assert b"of the test" not in prepared.content
        assert b"Exif" not in prepared.content
        assert not decoded(prepared.content).getexif()


def test_colors_are_converted_to_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = decoded(prepare(encoded(drawing(400, 300), icc_profile=srgb)).content)
    assert "icc_profile" not in plain.info
    assert close(plain.getpixel((50, 50)), RED)

    swapped = srgb.replace(b"rXYZ", b"none").replace(b"bXYZ", b"rXYZ").replace(b"none", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "BGRs".encode("utf-16-be"))
    for kind in ("JPEG", "PNG"):
        image = decoded(prepare(encoded(drawing(400, 300), kind, icc_profile=swapped)).content)
        assert "icc_profile" not in image.info
        assert close(image.getpixel((50, 50)), (30, 30, 200), within=25)


def test_a_damaged_color_profile_is_left_out() -> None:
    image = decoded(prepare(encoded(drawing(400, 300), icc_profile=b"no profile at all")).content)

    assert close(image.getpixel((50, 50)), RED)


def test_the_inks_of_print_become_colors_of_a_screen() -> None:
    image = decoded(prepare(encoded(Image.new("CMYK", (900, 600), (0, 255, 255, 0)))).content)

    assert image.mode == "RGB"
    assert close(image.getpixel((450, 300)), (255, 0, 0))


def test_grey_of_sixteen_bits_is_not_clipped() -> None:
    middle = Image.new("I;16", (400, 300), 0x8000)

    assert decoded(prepare(encoded(middle, "PNG")).content).convert("L").getpixel((10, 10)) in (127, 128, 129)


def test_what_is_transparent_stays_so() -> None:
    clear = drawing(1400, 700, "RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    palette = clear.quantize(64, method=Image.Quantize.FASTOCTREE)

    for image in (clear, palette):
        prepared = prepare(encoded(image, "PNG"))
        assert prepared.ending == "png"
        alpha = decoded(prepared.content).convert("RGBA").getchannel("A").tobytes()
        assert min(alpha) < 60
        assert max(alpha) > 200


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (900, 300), color) for color in (RED, BLUE)]
    for kind in ("GIF", "PNG", "WEBP"):
        prepared = prepare(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert prepared.animated
        image = decoded(prepared.content)
        assert not getattr(image, "is_animated", False)
        assert close(image.convert("RGB").getpixel((5, 5)), RED)


def test_a_second_picture_in_a_jpeg_is_no_animation() -> None:
    """Cameras put a preview or a depth map behind the picture itself (CIPA DC-007)."""
    content = encoded(drawing(400, 300), "MPO", save_all=True, append_images=[drawing(40, 30)])

    prepared = prepare(content)

    assert (prepared.animated, prepared.width) == (False, 400)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (20_000, 1), (9_000, 450), (100, 20_000)])
def test_strange_shapes_stay_within_limits(size: tuple[int, int]) -> None:
    prepared = prepare(encoded(drawing(*size), "PNG"))

    assert 1 <= prepared.width <= WIDTH
    assert 1 <= prepared.height <= HEIGHT
    assert decoded(prepared.content).size == (prepared.width, prepared.height)


@pytest.mark.parametrize("side", [7_100, 60_000])  # below and above the size that Pillow refuses itself
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    png = bytearray(encoded(Image.new("1", (1, 1)), "PNG"))
    png[16:24] = side.to_bytes(4, "big") * 2
    png[29:33] = crc32(png[12:29]).to_bytes(4, "big")
    assert refusal(bytes(png)) == "image-huge"
    gif = bytearray(encoded(Image.new("1", (1, 1)), "GIF"))
    gif[6:10] = side.to_bytes(2, "little") * 2
    assert refusal(bytes(gif)) == "image-huge"


@pytest.mark.parametrize("size", [(1, 20_001), (20_001, 1)])
def test_a_picture_with_a_very_long_side_is_refused(size: tuple[int, int]) -> None:
    assert refusal(encoded(Image.new("1", size), "PNG")) == "image-huge"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
    content = encoded(noise(300, 200), kind)

    assert refusal(content[: len(content) // 2]) == "image-broken"
    assert refusal(content[:30]) == "image-broken"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><title>Not found</title>", "a web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS, not the picture itself"),
        (b"%PDF-1.7", "a PDF"),
        (b"\0\0\0\x18ftypheic", "a HEIC picture"),
        (b"\0\0\0\x18ftypavif", "an AVIF picture"),
        (b"\0\0\0\x18ftypmp42", "a video"),
        (b"hello", "not a picture"),
        (encoded(Image.new("RGB", (2, 2)), "BMP"), "a BMP picture"),
        (encoded(Image.new("RGB", (2, 2)), "TIFF"), "a TIFF picture or a camera's raw file"),
    ],
)
def test_other_files_are_named_for_what_they_are(content: bytes, kind: str) -> None:
    refused = preparing.prepare(content)

    assert isinstance(refused, UnusablePicture)
    assert (refused.rule, refused.what) == ("image-type", f"is {kind}")


def test_the_same_file_gives_the_same_bytes() -> None:
    content = encoded(noise(1200, 100), "PNG")

    assert prepare(content).content == prepare(content).content


_SAMPLES = [
    encoded(drawing(40, 30), "JPEG"),
    encoded(drawing(40, 30), "PNG"),
    encoded(drawing(40, 30), "GIF"),
    encoded(drawing(40, 30), "WEBP"),
]


@settings(max_examples=150)
@given(st.sampled_from(_SAMPLES), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8))
def test_any_damage_is_refused_or_harmless(sample: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(sample)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    prepared = preparing.prepare(bytes(damaged))
    if isinstance(prepared, UnusablePicture):
        assert prepared.rule in ("image-type", "image-broken", "image-huge")
    else:
        assert Image.open(BytesIO(prepared.content)).format in ("JPEG", "PNG")
