"""The contrast of two colours.

The definitions are those of WCAG 2.1: “relative luminance” and “contrast ratio”
(https://www.w3.org/TR/WCAG21/#dfn-relative-luminance, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio).
"""

MIN_CONTRAST = 3.0
"""The contrast that WCAG 2.1 requires for large text (1.4.3) and for graphical objects (1.4.11)."""


def luminance(colour: str) -> float:
    """Return the luminance of a colour, ``#rgb`` or ``#rrggbb``: from 0, black, to 1, white."""
    digits = colour.removeprefix("#")
    width = len(digits) // 3
    parts = [digits[start : start + width] * (3 - width) for start in range(0, len(digits), width)]
    red, green, blue = (_linear(int(part, 16) / 255) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, ``#rgb`` or ``#rrggbb``: from 1, none, to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
