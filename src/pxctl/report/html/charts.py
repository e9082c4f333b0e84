"""Charts as SVG: stacked areas and lines over time, with bands for what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from pxctl.report.amounts import clock

WIDE, HALF, HEIGHT = 1040, 500, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 26


@dataclass(frozen=True)
class Axis:
    """Time in microseconds: where each window starts, and how long one is."""

    starts: Sequence[int]
    length: int
    width: int = WIDE

    @property
    def end(self) -> int:
        """When the last window ends."""
        return self.starts[-1] + self.length if self.starts else self.length

    def x(self, at: float) -> float:
        """The horizontal place of a moment."""
        return LEFT + (self.width - LEFT - RIGHT) * min(max(at / self.end, 0.0), 1.0)


@dataclass(frozen=True)
class Band:
    """A stretch of time in which something was the case; `kind` is `band` (a fault) or `safe` (safe mode)."""

    start: int
    end: int
    what: str
    kind: str = "band"


def stacked(
    axis: Axis, series: Mapping[str, Sequence[float]], colours: Mapping[str, str], bands: Sequence[Band] = ()
) -> str:
    """Shares of the whole in each window as stacked areas; an empty window shows nothing."""
    totals = [sum(values[i] for values in series.values()) for i in range(len(axis.starts))]
    below = [0.0] * len(axis.starts)
    shapes = []
    for name, values in series.items():
        above = [b + (v / t if t else 0.0) for b, v, t in zip(below, values, totals, strict=True)]
        top = _steps(axis, [_y(v, 1.0) for v in above])
        bottom = _steps(axis, [_y(v, 1.0) for v in below])[::-1]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (*top, *bottom))
        shapes.append(
            f'<polygon points="{points}" fill="{colours[name]}" fill-opacity=".88"><title>{escape(name)}</title>'
            "</polygon>"
        )
        below = above
    return _frame(axis, "".join(shapes), 1.0, lambda v: f"{100 * v:.0f} %", bands, strip=True) + legend(
        colours, list(series)
    )


def lines(
    axis: Axis, series: Mapping[str, Sequence[float]], colours: Mapping[str, str], unit: Callable[[float], str],
    bands: Sequence[Band] = (),
) -> str:  # fmt: skip
    """Values over time, from 0."""
    top = nice(max((max(values, default=0.0) for values in series.values()), default=0.0))
    shapes = []
    for name, values in series.items():
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _steps(axis, [_y(v, top) for v in values]))
        shapes.append(
            f'<polyline points="{points}" fill="none" stroke="{colours[name]}" stroke-width="2" '
            f'stroke-linejoin="round"><title>{escape(name)}</title></polyline>'
        )
    names = legend(colours, list(series)) if len(series) > 1 else ""
    return _frame(axis, "".join(shapes), top, unit, bands) + names


def nice(value: float) -> float:
    """The next round number at or above a value."""
    if value <= 0:
        return 1.0
    size = 1.0
    while size < value:
        size *= 10
    while size / 10 >= value:
        size /= 10
    return next(size * step for step in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if size * step >= value)


def legend(colours: Mapping[str, str], names: Sequence[str]) -> str:
    """Colours and their names."""
    items = "".join(f'<span><i style="background:{colours[n]}"></i>{escape(n)}</span>' for n in names)
    return f'<div class="legend">{items}</div>'


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value / top, 1.0)


def _steps(axis: Axis, ys: Sequence[float]) -> list[tuple[float, float]]:
    points = []
    for start, y in zip(axis.starts, ys, strict=True):
        points += [(axis.x(start), y), (axis.x(start + axis.length), y)]
    return points


def _frame(
    axis: Axis, shapes: str, top: float, unit: Callable[[float], str], bands: Sequence[Band], strip: bool = False
) -> str:
    parts = [f'<svg viewBox="0 0 {axis.width} {HEIGHT}" role="img">']
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(top * part, top)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{axis.width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(unit(top * part))}</text>')
    count = 6 if axis.width == WIDE else 3
    for i in range(count + 1):
        at = axis.end * i / count
        anchor = "start" if i == 0 else "end" if i == count else "middle"
        parts.append(f'<text x="{axis.x(at):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{clock(int(at))}</text>')
    parts.append(shapes)
    parts += [_band(axis, band, strip) for band in bands]
    return "".join([*parts, "</svg>"])


def _band(axis: Axis, band: Band, strip: bool) -> str:
    """A stretch of time; as a strip above the drawing where it would hide colours."""
    x, width = axis.x(band.start), max(axis.x(band.end) - axis.x(band.start), 1.5)
    colour = "bad" if band.kind == "band" else "warn"
    style = f"fill:var(--{band.kind});stroke:var(--{colour});stroke-opacity:.5;stroke-dasharray:3 3"
    place = f'x="{x:.1f}" width="{width:.1f}"'
    title = f"<title>{escape(band.what)}</title>"
    if not strip:
        return f'<rect {place} y="{TOP}" height="{HEIGHT - TOP - BOTTOM}" style="{style}">{title}</rect>'
    edges = "".join(
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" style="stroke:var(--{colour});'
        'stroke-dasharray:3 3"/>'
        for at in (x, x + width)
    )
    return f'<rect {place} y="{TOP - 7}" height="6" style="fill:var(--{colour})">{title}</rect>{edges}'
