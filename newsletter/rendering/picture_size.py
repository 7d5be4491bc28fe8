"""The size at which a picture is shown."""

from markupsafe import Markup


def dimensions(size: tuple[int, int] | None, most: int) -> Markup:
    """Return an image's attributes for ``{{ entry.image_size | dimensions(552) }}``, ``most`` pixels wide or narrower.

    A picture is never shown wider than it is. A remote image, whose size isn't known, gets no height.
    """
    if size is None:
        return Markup('width="{}"').format(most)
    width = min(most, size[0])
    return Markup('width="{}" height="{}"').format(width, max(1, round(width * size[1] / size[0])))
