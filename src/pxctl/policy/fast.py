"""The generated Python that decides one request on a lane.

Fragments are chosen by the lane's shape (which checks can fail at all, how it ranks), so lanes of one shape share one
compiled function; tables reach it as free variables.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import getitem
from typing import TYPE_CHECKING, Any

from pxctl.core.digest import key64
from pxctl.model.base import MODALITIES
from pxctl.model.context import Context
from pxctl.policy.facts import Facts
from pxctl.policy.generate import function
from pxctl.policy.integers import LAST, UNBOUNDED
from pxctl.policy.neglog import NEGLOG
from pxctl.policy.rank import SCALE, scale_of

if TYPE_CHECKING:
    from pxctl.policy.lane import Lane


def _scales(lane: Lane) -> list[tuple[int, ...]]:
    if lane.plan.strategy != "weighted":
        return []
    if lane.even:  # the order is that of the logarithms, and small integers sort fast
        return [NEGLOG] * lane.count
    return [scale_of(units) for units in lane.units]


_HEAD = """\
def run(s, c):
    m = base.get(s.key)
    if m is None:
        m = fill(s)
    m &= modality[c.modality] & privacy[c.privacy]
    f = c.features
    if f:
        for x in f:
            m &= capability.get(x, 0)
"""
_LANGUAGE = """\
    m &= language.get(c.language, any_language)
"""
_TOKENS = """\
    i = c.input_tokens
    o = c.output_tokens
    g = c.cached_input_tokens
"""
_TOTAL = """\
    t = i + o
    if t > total_least:
        m &= total_masks[bisect_left(total_points, t)]
"""
_OUTPUT = """\
    if o > output_least:
        m &= output_masks[bisect_left(output_points, o)]
"""
_BOUNDS = """\
    q = c.sla_ms
    if q is not None:
        m &= latency_masks[bisect_right(latency_points, q * 1000)]
    price = prices[c.modality]
    b = s.budget
"""
_MOST = """\
    if b > max_cost:
        b = max_cost
"""
_BUDGET = """\
    u = c.budget_usd
    if u is not None:
        u = int(u.scaleb(12))
        if u < b:
            b = u
"""
_WITHIN = """\
    if b < UNBOUNDED and i * price.most_input + o * price.most_output > b:
        m = price.within(m, price.costs(i, g, o), b)
"""
_COSTS = """\
    costs = price.costs(i, g, o)
    if b < UNBOUNDED and i * price.most_input + o * price.most_output > b:
        m = price.within(m, costs, b)
"""
_STATIC = """\
    found = outcomes.get(m)
    if found is None:
        found = settle(m)
    p, chain = found
"""
_KEPT = """\
    kept = m & candidates
    if not kept:
        scores = order = None
        found = outcomes.get(m)
        if found is None:
            found = settle(m)
        p, chain = found
    else:
        groups = grouped.get(kept)
        if groups is None:
            groups = group(kept)
"""
_WEIGHTED = """\
        k = c.request_key
        if k is None:
            k = key64(c.trace_id)
        scores = list(map(getitem, scales, hashes(k)))
"""
_CHEAPEST = """\
        scores = costs
"""
_BALANCED = """\
        fixed = terms_of.get(kept)
        if fixed is None:
            fixed = fill_terms(kept)
        places, health, latency = fixed
        some = [costs[x] for x in places]
        low = min(some)
        d = float(max(some) - low)
        if d:
            scores = [int(((a + weight * ((y - low) / d)) + z) * SCALE) for y, a, z in zip(some, health, latency)]
        else:
            scores = [int(((a + 0.0) + z) * SCALE) for a, z in zip(health, latency)]
        if kept != candidates:
            scores = dict(zip(places, scores))
"""
_ORDER_ONE = """\
        order = sorted(groups[0], key=scores.__getitem__)
"""
_ORDER_MANY = """\
        order = []
        for x in groups:
            order += sorted(x, key=scores.__getitem__)
"""
_CHAIN = """\
        p = order[0]
        chain = tuple([ids[x] for x in order[1:most]])
"""
_REST = """\
        if len(chain) < max_fallbacks:
            x = rests.get(m)
            if x is None:
                x = rest(m)
            if x:
                chain = (chain + x)[:max_fallbacks]
"""
_TAIL = """\
    if p < 0:
        return Facts(lane, s, c, m, p, chain, None, price)
    r = price.rates[p]
    return Facts(lane, s, c, m, p, chain, (i - g) * r.input + g * r.cached + o * r.output, price{known})
"""


def _source(lane: Lane) -> str:
    restricted = any(mask != lane.all for mask in (*lane.language.values(), lane.any_language))
    text = _HEAD + (_LANGUAGE if restricted else "") + _TOKENS
    text += (_TOTAL if lane.total.points else "") + (_OUTPUT if lane.output.points else "")
    text += _BOUNDS + (_MOST if lane.plan.max_cost < UNBOUNDED else "") + _BUDGET
    strategy = lane.plan.strategy
    if lane.static:
        return text + _WITHIN + _STATIC + _TAIL.format(known="")
    text += _WITHIN if strategy == "weighted" else _COSTS
    text += _KEPT + {"weighted": _WEIGHTED, "cheapest": _CHEAPEST, "balanced": _BALANCED}[strategy]
    text += (_ORDER_ONE if lane.single_class else _ORDER_MANY) + _CHAIN
    known = f", {'None' if strategy == 'weighted' else 'costs'}, scores, order"
    return text + (_REST if lane.spare else "") + _TAIL.format(known=known)


def make_run(lane: Lane) -> Callable[[Any, Context], Facts]:
    """The decide function of a lane."""
    names: dict[str, object] = {
        "Facts": Facts, "LAST": LAST, "SCALE": SCALE, "UNBOUNDED": UNBOUNDED, "bisect_left": bisect_left,
        "bisect_right": bisect_right, "key64": key64, "lane": lane, "base": lane.base, "fill": lane.fill_base,
        "modality": lane.modality, "privacy": lane.privacy, "capability": lane.capability, "language": lane.language,
        "any_language": lane.any_language, "total_least": lane.total.least, "total_masks": lane.total.masks,
        "total_points": lane.total.points, "output_least": lane.output.least, "output_masks": lane.output.masks,
        "output_points": lane.output.points, "latency_masks": lane.latency_masks,
        "latency_points": lane.latency_points, "prices": {name: lane.prices(name) for name in MODALITIES},
        "max_cost": lane.plan.max_cost, "outcomes": lane.outcomes, "settle": lane.settle,
        "candidates": lane.candidates, "grouped": lane.groups, "group": lane.group, "hashes": lane.hashes,
        "getitem": getitem,
        "scales": _scales(lane),
        "terms_of": lane.terms, "fill_terms": lane.fill_terms,
        "weight": lane.plan.weights.cost if lane.plan.weights else 0.0, "ids": lane.ids,
        "most": lane.plan.max_fallbacks + 1, "max_fallbacks": lane.plan.max_fallbacks, "rests": lane.rests,
        "rest": lane.rest,
    }  # fmt: skip
    made: Callable[[Any, Context], Facts] = function(_source(lane), names)
    return made
