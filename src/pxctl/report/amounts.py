"""How replays and plans write figures: money rounded up, shares, times, sparklines."""

from __future__ import annotations

from collections.abc import Sequence

from pxctl.model.decision import usd

_BARS = "▁▂▃▄▅▆▇█"


def money(pico: int) -> str:
    """`$12.35`, small amounts with six decimals; rounded up, so that a cost is never shown smaller than it is."""
    if abs(pico) >= 10**12:
        cents = -(-abs(pico) // 10**10)
        return f"{'-' if pico < 0 else ''}${cents // 100:,}.{cents % 100:02d}"
    return f"{'-' if pico < 0 else ''}${usd(abs(pico))}"


def signed_money(pico: int) -> str:
    """A difference: `+$1.20`, `-$0.30`, `$0`."""
    return "$0" if pico == 0 else f"+{money(pico)}" if pico > 0 else money(pico)


def share(value: float | None) -> str:
    """A share of one, as percent with two decimals; `-` where there is nothing to divide by."""
    if value is None:
        return "-"
    text = f"{100 * value:.2f} %"
    return ">99.99 %" if text == "100.00 %" and value < 1 else "<0.01 %" if text == "0.00 %" and value > 0 else text


def change(before: float, after: float) -> str:
    """A relative difference: `+5.0 %`; `-` where there was nothing before."""
    return "-" if not before else f"{100 * (after - before) / before:+.1f} %"


def milliseconds(micro: int) -> str:
    """`840 ms`, `12.3 s`."""
    return f"{micro / 1000:,.0f} ms" if micro < 10_000_000 else f"{micro / 1_000_000:,.1f} s"


def clock(micro: int) -> str:
    """A moment of the trace's own time: `0:05:30`."""
    seconds = micro // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """Values as bars from 0 to the largest, neighbours joined where there are more than `width`."""
    if not values:
        return ""
    count = min(width, len(values))
    joined = []
    for i in range(count):
        part = values[i * len(values) // count : (i + 1) * len(values) // count]
        joined.append(sum(part) / len(part))
    top = max(joined)
    return "".join(_BARS[min(7, int(8 * v / top))] if top > 0 else _BARS[0] for v in joined)
