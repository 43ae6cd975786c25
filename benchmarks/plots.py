"""Two pictures, as SVG: ratios to the hand-built application, and growth curves."""

import html
import math

STYLE = "font-family='system-ui, sans-serif' font-size='13' fill='currentColor'"


def bars(results):
    """CPU of Cliquet against the hand-built application; the line is equality."""
    rows = []
    for place, (name, values) in enumerate(results.items()):
        base = values["hand-built"]["cpu"]
        top = 50 + place * 46
        rows.append(
            f"<text x='150' y='{top + 20}' text-anchor='end' {STYLE}>{html.escape(name)}</text>"
        )
        for line, (app, colour) in enumerate(
            [("cliquet", "#e07b39"), ("shareable", "#f0b48a")]
        ):
            ratio = values[app]["cpu"] / base
            width = min(ratio, 3) * 200
            y = top + line * 17
            rows.append(
                f"<rect x='160' y='{y}' width='{width:.0f}' height='14' rx='2' fill='{colour}'/>"
            )
            rows.append(
                f"<text x='{166 + width:.0f}' y='{y + 12}' {STYLE}>{ratio:.2f}</text>"
            )
    height = 70 + len(results) * 46
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 820 {height}' color='#333'>"
        f"<rect width='820' height='{height}' fill='white'/>"
        f"<text x='160' y='24' {STYLE}>CPU against the same thing written by hand (1 = equal);"
        " pale: shareable resource</text>"
        f"<line x1='360' y1='36' x2='360' y2='{height - 10}' stroke='#888' stroke-dasharray='4'/>"
        f"{''.join(rows)}</svg>\n"
    )


def curves(grown):
    """Wall time by the size of the collection, on logarithmic axes."""
    colours = ["#e07b39", "#3b7dd8", "#4a9c5d", "#a154b8", "#c0392b", "#7f8c8d",
               "#b8860b", "#16a085", "#2c3e50", "#d16ba5", "#6b8e23", "#8e6e53"]  # fmt: skip
    sizes = sorted({size for points in grown.values() for size in points})
    x_of = {
        size: 80 + 520 * place / max(len(sizes) - 1, 1)
        for place, size in enumerate(sizes)
    }
    highest = max(value for points in grown.values() for value in points.values())
    lowest = min(value for points in grown.values() for value in points.values())
    span = math.log(highest / lowest) or 1

    def y_of(value):
        return 330 - 280 * math.log(value / lowest) / span

    parts = [
        f"<text x='{x:.0f}' y='360' text-anchor='middle' {STYLE}>{size:,}</text>"
        for size, x in x_of.items()
    ]
    for value in (lowest, math.sqrt(lowest * highest), highest):
        parts.append(
            f"<text x='70' y='{y_of(value) + 4:.0f}' text-anchor='end' {STYLE}>{value:.1f} ms</text>"
        )
        parts.append(
            f"<line x1='80' x2='600' y1='{y_of(value):.0f}' y2='{y_of(value):.0f}' stroke='#ddd'/>"
        )
    for place, (name, points) in enumerate(grown.items()):
        colour = colours[place % len(colours)]
        path = " ".join(
            f"{x_of[size]:.0f},{y_of(value):.0f}"
            for size, value in sorted(points.items())
        )
        parts.append(
            f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2.5'/>"
        )
        parts.append(
            f"<rect x='620' y='{58 + place * 24}' width='14' height='4' fill='{colour}'/>"
        )
        parts.append(
            f"<text x='640' y='{65 + place * 24}' {STYLE}>{html.escape(name)}</text>"
        )
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 820 380' color='#333'>"
        "<rect width='820' height='380' fill='white'/>"
        f"<text x='80' y='24' {STYLE}>Time of a request by records in the collection (both axes logarithmic)</text>"
        f"{''.join(parts)}</svg>\n"
    )
