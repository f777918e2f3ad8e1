"""The graph of a soak: memory, and what else the app held, by simulated hour."""

from collections.abc import Mapping, Sequence

from docs.drawing import svg

_WIDTH, _LEFT, _RIGHT, _TOP, _PANEL, _GAP = 900, 80, 160, 60, 150, 70
_INK, _QUIET, _GROUND = "#dbe2ea", "#8794a3", "#161b22"
_COLOURS = "#7cc4ff", "#ffb86b", "#8fe388", "#ff8fa3", "#c9a6ff", "#ffe27a"

Lines = Mapping[str, Sequence[float]]
"""The values of each line, one for each hour."""


def graph(hours: Sequence[float], memory: Sequence[float], counts: Lines, most_growth: float) -> str:
    """Return the graph as SVG: the memory in MB with its limit, and below it the counts.

    The limit is `most_growth` times the memory after the first hour.
    """
    first = memory[min(1, len(memory) - 1)]
    limits = {"memory, MB": memory, f"limit, +{most_growth - 1:.0%}": [first * most_growth] * len(hours)}
    height = _TOP + 2 * (_PANEL + _GAP)
    content = [
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="{_GROUND}"/>',
        *_panel(_TOP, hours, limits, "Memory after each simulated half hour"),
        *_panel(_TOP + _PANEL + _GAP, hours, counts, "What the app holds"),
    ]
    title = f"A soak of {hours[-1]:g} simulated hours: memory, and what the app holds"
    return svg(_WIDTH, height, title, "\n".join(content))


def _panel(top: int, hours: Sequence[float], lines: Lines, title: str) -> list[str]:
    """Return the lines in one frame, from zero up, each with its name and its last value."""
    most = max(max(values) for values in lines.values()) * 1.1 or 1
    right, bottom = _WIDTH - _RIGHT, top + _PANEL

    def x(hour: float) -> float:
        return _LEFT + (right - _LEFT) * hour / hours[-1]

    def y(value: float) -> float:
        return bottom - _PANEL * value / most

    drawn = [_words(_LEFT, top - 12, title, _INK)]
    drawn += [
        f'<path d="M{_LEFT} {y(value):.1f}H{right}" stroke="#30363d"/>'
        f"{_words(_LEFT - 10, y(value) + 5, f'{value:.0f}', _QUIET, 'end')}"
        for value in (0, most / 2.2, most / 1.1)
    ]
    drawn += [
        _words(x(hour), bottom + 22, f"{hour:g} h", _QUIET, "middle") for hour in hours if hour == int(hour)
    ]
    free = float(bottom)
    for (name, values), colour in sorted(
        zip(lines.items(), _COLOURS, strict=False), key=lambda one: one[0][1][-1]
    ):
        points = "L".join(f"{x(hour):.1f} {y(value):.1f}" for hour, value in zip(hours, values, strict=True))
        drawn.append(f'<path d="M{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        # Names of lines that end close to each other stand above each other.
        free = min(y(values[-1]) + 5, free - 18)
        drawn.append(_words(right + 10, free, f"{name} {values[-1]:.0f}", colour))
    return drawn


def _words(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text {place} font-size="14">{text}</text>'
