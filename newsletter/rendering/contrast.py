"""Compute the contrast of two colours by WCAG 2.2."""

AA = 4.5  # success criterion 1.4.3, text of any size


def contrast_ratio(front: str, back: str) -> float:
    """Return the contrast of two colours written ``#rrggbb``, from 1 (the same) to 21 (black and white)."""
    lighter, darker = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
