"""Recorded results per request and model, and what other choices would have come to on them.

A table has one row a request and, for each model, a column `MODEL:score` (or just `MODEL`) and perhaps
`MODEL:cost_usd`. Sums are exact: decimals as written, costs in 1e-12 USD.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pxctl.core.errors import TraceError
from pxctl.core.span import Span
from pxctl.model.comparison import Chosen, OutcomeReport
from pxctl.replay.draws import request_keys
from pxctl.replay.records import header_of, read_records

SCORE, COST = ":score", ":cost_usd"


@dataclass(frozen=True, slots=True)
class Result:
    """What one model did on one request; `cost` is 1e-12 USD."""

    score: Decimal
    cost: int | None


@dataclass
class _Sum:
    requests: int = 0
    score: Decimal = Decimal(0)
    cost: int | None = 0
    models: Counter[str] = field(default_factory=Counter)

    def add(self, model: str, result: Result) -> None:
        self.requests += 1
        self.score += result.score
        self.cost = None if self.cost is None or result.cost is None else self.cost + result.cost
        self.models[model] += 1

    def chosen(self, name: str) -> Chosen:
        mean = float(self.score / self.requests) if self.requests else 0.0
        models = dict(sorted(self.models.items(), key=lambda i: (-i[1], i[0])))
        return Chosen(name=name, requests=self.requests, score=mean, cost=self.cost, models=models)


def models_of(path: Path, models: tuple[str, ...] = ()) -> dict[str, tuple[str, str | None]]:
    """Model -> its score column and its cost column. `models` names those whose score column is their bare name.

    Raises TraceError where a table names no model.
    """
    header = header_of(path)
    found = {name.removesuffix(SCORE): name for name in header if name.endswith(SCORE)}
    for name in models:
        if name not in header and name not in found:
            raise TraceError(f"no column `{name}` or `{name}{SCORE}`", span=Span(str(path), 1))
        found.setdefault(name, name)
    if models:
        found = {name: found[name] for name in models}
    if not found:
        raise TraceError(
            "no column ends in `:score`", span=Span(str(path), 1), hint="name the models with --model NAME"
        )
    return {name: (column, name + COST if name + COST in header else None) for name, column in found.items()}


def read_outcomes(path: Path, models: tuple[str, ...] = ()) -> Iterator[dict[str, Result]]:
    """The results of each row. Raises TraceError with the line of a value that is no number."""
    columns = models_of(path, models)
    wanted = {f"{name}{SCORE}": score for name, (score, _) in columns.items()}
    wanted |= {f"{name}{COST}": cost for name, (_, cost) in columns.items() if cost is not None}
    for records in read_records(path, wanted, tuple(wanted)):
        for position, line in enumerate(records.lines):
            row = {}
            for name, (_, cost) in columns.items():
                score = _number(path, line, name, records.columns[name + SCORE][position])
                spent = None if cost is None else _number(path, line, name, records.columns[name + COST][position])
                if spent is not None and spent < 0:
                    raise TraceError(f"the cost of {name} is below 0", span=Span(str(path), line))
                row[name] = Result(score, None if spent is None else round(spent * 10**12))
            yield row


def _number(path: Path, line: int, name: str, text: object) -> Decimal:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) > 10**12:
        raise TraceError(f"the result of {name} is `{str(text)[:40]}`, not a number", span=Span(str(path), line))
    return number


def evaluate(
    path: Path,
    *,
    seed: int,
    models: tuple[str, ...] = (),
    choose: Callable[[int], str | None] | None = None,
    names: Mapping[str, str] | None = None,
) -> OutcomeReport:
    """What every model alone, the best choice, a random one and `choose` (row -> deployment) come to.

    The best has the highest score, then the lowest cost, then stands first. The random choice is given as its
    expectation and as one seeded draw. `names` maps deployments to the table's models where they differ.
    """
    import numpy as np

    known = tuple(models_of(path, models))
    always = {name: _Sum() for name in known}
    best, drawn, own = _Sum(), _Sum(), _Sum()
    unrecorded: Counter[str] = Counter()
    refused = rows = 0
    for row, results in enumerate(read_outcomes(path, models)):
        rows += 1
        for name, result in results.items():
            always[name].add(name, result)
        top = min(results, key=lambda n: (-results[n].score, results[n].cost or 0))
        best.add(top, results[top])
        key = int(request_keys(seed, np.array([row], dtype=np.uint64))[0])
        lot = known[key % len(known)]
        drawn.add(lot, results[lot])
        if choose is None:
            continue
        deployment = choose(row)
        if deployment is None:
            refused += 1
            continue
        model = model_of(deployment, names or {})
        if model in results:
            own.add(model, results[model])
        else:
            unrecorded[model] += 1
    costs = [s.cost for s in always.values()]
    total = None if None in costs else sum(c for c in costs if c is not None)
    mean = sum((s.score for s in always.values()), Decimal(0)) / (rows * len(known))
    return OutcomeReport(
        table=path.name,
        rows=rows,
        seed=seed,
        always=tuple(s.chosen(name) for name, s in sorted(always.items(), key=lambda i: -i[1].score)),
        oracle=best.chosen("oracle"),
        random=Chosen(name="random, expected", requests=rows, score=float(mean),
                      cost=None if total is None else total // len(known)),
        random_seeded=drawn.chosen(f"random, seed {seed}"),
        policy=own.chosen("policy") if choose is not None else None,
        refused=refused,
        unrecorded=dict(unrecorded),
    )  # fmt: skip


def model_of(deployment: str, names: Mapping[str, str]) -> str:
    """The table's name for a deployment: as mapped (by deployment, `provider/model` or model), else the model's id."""
    place = deployment.rpartition("@")[0]
    model = place.partition("/")[2]
    return names.get(deployment) or names.get(place) or names.get(model) or model
