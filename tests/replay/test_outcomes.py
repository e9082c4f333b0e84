"""Recorded outcomes: the published figures to the last digit, and a policy's own choices on the same rows."""

from __future__ import annotations

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from pxctl.core.errors import TraceError
from pxctl.model.comparison import Chosen
from pxctl.replay.outcomes import evaluate, read_outcomes

DATA = Path(__file__).parents[1] / "data" / "outcomes"
ARENA, DCROUTER = DATA / "routerarena_two_models.csv.gz", DATA / "dcrouter_train.csv.gz"
HAIKU, FLASH = "claude-3-haiku-20240307", "gemini-2.0-flash-001"
NINE = (
    "codegemma-7b", "gemma-2-9b-it", "llama-3.1-8b-instruct", "llama-3.1-nemotron-51b-instruct",
    "llama-3.3-nemotron-super-49b-v1", "llama3-chatqa-1.5-70b", "llama3-chatqa-1.5-8b", "mistral-7b-instruct-v0.3",
    "qwen2.5-7b-instruct",
)  # fmt: skip


def shown(way: Chosen) -> tuple[str, str]:
    return f"{100 * way.score:.2f} %", "-" if way.cost is None else f"${way.cost / 10**12:.4f}"


def test_routerarena_as_published() -> None:
    report = evaluate(ARENA, seed=1)
    always = {way.name: shown(way) for way in report.always}
    assert report.rows == 809
    assert always == {FLASH: ("69.01 %", "$0.0384"), HAIKU: ("52.34 %", "$0.1424")}
    assert shown(report.oracle) == ("74.08 %", "$0.0459")
    assert report.random.score == pytest.approx((report.always[0].score + report.always[1].score) / 2, abs=1e-12)
    assert report.random_seeded.requests == 809
    assert shown(report.random_seeded) != shown(evaluate(ARENA, seed=2).random_seeded)


def test_every_recorded_cost_is_tokens_times_price() -> None:
    prices = json.loads((DATA / "routerarena_cost.json").read_text(encoding="utf-8"))
    with gzip.open(ARENA, "rt", encoding="utf-8", newline="") as handle:
        tokens = list(csv.DictReader(handle))
    for row, results in zip(tokens, read_outcomes(ARENA), strict=True):
        for name, result in results.items():
            rate = prices[name]
            wanted = int(row[f"{name}:in_tokens"]) * Decimal(str(rate["input_token_price_per_million"]))
            wanted += int(row[f"{name}:out_tokens"]) * Decimal(str(rate["output_token_price_per_million"]))
            assert result.cost == int(wanted * 10**6)


def test_dcrouter_as_published() -> None:
    report = evaluate(DCROUTER, seed=1, models=NINE)
    assert report.rows == 5608
    assert f"{report.oracle.score:.4f}" == "0.8017"
    assert f"{report.always[0].score:.4f}" == "0.6213"
    assert report.always[0].name == "llama-3.1-nemotron-51b-instruct"
    assert report.oracle.cost is None


def test_a_policys_choices_are_looked_up() -> None:
    def choose(row: int) -> str | None:
        return None if row % 4 == 3 else f"vendor/{FLASH}@us" if row % 4 else "vendor/haiku@eu"

    report = evaluate(ARENA, seed=1, choose=choose, names={"vendor/haiku": HAIKU})
    assert report.policy is not None
    assert report.policy.models == {FLASH: 404, HAIKU: 203}
    assert report.refused == 202
    unknown = evaluate(ARENA, seed=1, choose=lambda _row: "vendor/other@us")
    assert unknown.unrecorded == {"other": 809}
    assert unknown.policy is not None
    assert unknown.policy.requests == 0


def test_always_the_same_model_is_what_choosing_it_gives() -> None:
    report = evaluate(ARENA, seed=1, choose=lambda _row: f"vendor/{HAIKU}@us")
    assert report.policy is not None
    assert (report.policy.score, report.policy.cost) == (report.always[1].score, report.always[1].cost)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a:score,b:score\n1,2\n1,nan\n", "t.csv:3: the result of b is `nan`"),
        ("a:score,b:score\n1,much\n", "the result of b is `much`"),
        ("a:score,a:cost_usd\n1,-1\n", "below 0"),
        ("x,y\n1,2\n", "no column ends in `:score`"),
    ],
)
def test_tables_that_mean_nothing(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TraceError) as caught:
        evaluate(path, seed=1)
    assert says in str(caught.value)
