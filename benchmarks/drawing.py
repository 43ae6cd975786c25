"""How is a picture drawn? As SVG text: bars and curves, with their values.

Scales of bars begin at zero. Colours are those of Okabe and Ito, which colour-blind
people tell apart; nothing is told by colour alone.
"""

import html
import math
from typing import NamedTuple

ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#999999"
INK, PALE = "#222222", "#DDDDDD"
_DARK = (BLUE, GREEN)

WIDTH = 860
LEFT, RIGHT = 175, 700
"""Between them is what is drawn; names are on the left, values on the right."""

_HEAD = 84
_BAR, _GAP = 15, 12


class Bar(NamedTuple):
    parts: list
    """Pairs of a colour and a value, end to end."""

    told: str = ""
    """Its value, in words."""


class Group(NamedTuple):
    name: str
    bars: list
    target: float | None = None
    """Where a mark is drawn across the first bar."""


class Panel(NamedTuple):
    """Bars on one scale."""

    name: str
    groups: list
    most: float = math.inf
    """Longer bars are cut there."""

    line: float | None = None
    """Where a line is drawn across the panel."""


class Drawing:
    """Parts of a picture, in the order in which they cover each other."""

    def __init__(self, title, note, legend=()):
        self.parts = []
        self.text(20, 28, title, size=17, weight="bold")
        self.text(20, 48, note)
        x = 20
        for name, colour in legend:
            self.rect(x, 60, 12, 12, colour)
            self.text(x + 18, 71, name)
            x += 34 + 7.6 * len(name)

    def text(self, x, y, content, anchor="start", size=13, colour=INK, weight="normal"):
        self.parts.append(
            f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-size='{size}'"
            f" fill='{colour}' font-weight='{weight}'>{html.escape(content)}</text>"
        )

    def rect(self, x, y, width, height, colour):
        self.parts.append(
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height}'"
            f" fill='{colour}'/>"
        )

    def line(self, points, colour=PALE, width=1.0, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f"<polyline points='{path}' fill='none' stroke='{colour}'"
            f" stroke-width='{width}' stroke-dasharray='{dash}'/>"
        )

    def circle(self, x, y, colour, *, full):
        self.parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4.5' stroke='{colour}'"
            f" stroke-width='2' fill='{colour if full else 'white'}'/>"
        )

    def svg(self, height):
        return (
            "<svg xmlns='http://www.w3.org/2000/svg' font-family='sans-serif'"
            f" viewBox='0 0 {WIDTH} {height:.0f}'>"
            f"<rect width='{WIDTH}' height='{height:.0f}' fill='white'/>\n"
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )


def bar_chart(title, note, legend, panels):
    """Draw bars, panel under panel."""
    drawing, y = Drawing(title, note, legend), _HEAD
    for panel in panels:
        y = _draw_panel(drawing, panel, y)
    return drawing.svg(y)


def _draw_panel(drawing, panel, y):
    """Draw a panel from some height on; the height where it ends."""
    if panel.name:
        drawing.text(20, y + 14, panel.name, weight="bold")
        y += 24
    bars = [bar for group in panel.groups for bar in group.bars]
    ends = [sum(value for _, value in bar.parts) for bar in bars]
    marks = [group.target or 0 for group in panel.groups] + [panel.line or 0]
    scale = (RIGHT - LEFT) / min(max(ends + marks), panel.most)
    top, bottom = y, y + sum(map(_height, panel.groups))
    for value in ticks((RIGHT - LEFT) / scale):
        x = LEFT + value * scale
        drawing.line([(x, top), (x, bottom)])
        drawing.text(x, bottom + 14, f"{value:g}", "middle", 11, "#666666")
    for group in panel.groups:
        _draw_group(drawing, group, y, scale, panel)
        y += _height(group)
    if panel.line is not None:
        x = LEFT + panel.line * scale
        drawing.line([(x, top), (x, bottom)], INK, 1.2)
    return bottom + 32


def _height(group):
    return len(group.bars) * _BAR + _GAP


def _draw_group(drawing, group, y, scale, panel):
    top = y + _GAP / 2
    drawing.text(LEFT - 10, y + _height(group) / 2 + 4, group.name, "end")
    target = None if group.target is None else LEFT + group.target * scale
    line = None if panel.line is None else LEFT + panel.line * scale
    for place, bar in enumerate(group.bars):
        y = top + place * _BAR
        end = _draw_parts(drawing, bar, y, scale, panel.most)
        cut = sum(value for _, value in bar.parts) > panel.most
        told = f"» {bar.told}" if cut else bar.told
        x = end + 6
        for mark in (target if place == 0 else None, line):
            # Not across what is read.
            if mark is not None and x - 4 < mark < x + 8 * len(told):
                x = mark + 6
        drawing.text(x, y + 11, told, size=12)
    if target is not None:
        drawing.line([(target, top - 4), (target, top + _BAR + 2)], INK, 3)


def _draw_parts(drawing, bar, y, scale, most):
    """Draw the parts of a bar, end to end; where it ends."""
    end = LEFT
    for colour, value in bar.parts:
        width = min(value, most - (end - LEFT) / scale) * scale
        drawing.rect(end, y, width, _BAR - 2, colour)
        if len(bar.parts) > 1 and width > 20:
            ink = "white" if colour in _DARK else INK
            drawing.text(end + width / 2, y + 11, f"{value:.0f}", "middle", 11, ink)
        end += width
    return end


def ticks(most):
    """Choose round values from zero on, some five of them."""
    step = 10 ** math.floor(math.log10(most / 3))
    step *= next(each for each in (1, 2, 5, 10) if most / (step * each) <= 6)
    return [number * step for number in range(int(most / step + 1e-9) + 1)]


class Logarithmic:
    """A scale of positive values, between two places."""

    def __init__(self, values, first, last):
        self.lowest, self.highest = min(values) / 1.15, max(values) * 1.15
        self.first = first
        self.per_decade = (last - first) / math.log10(self.highest / self.lowest)

    def __call__(self, value):
        return self.first + math.log10(value / self.lowest) * self.per_decade

    def ticks(self):
        """Choose 1, 2, 5, 10, 20… within the scale."""
        decades = range(
            math.floor(math.log10(self.lowest)), math.ceil(math.log10(self.highest))
        )
        values = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
        return [value for value in values if self.lowest <= value <= self.highest]
