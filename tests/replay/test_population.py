"""Seeded populations: the same draws in any split, shares as stated, ceilings kept, nonsense refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.core.errors import TraceError, UsageError
from pxctl.model.configuration import Configuration
from pxctl.model.context import Context
from pxctl.model.governance import Population
from pxctl.model.routing import Match
from pxctl.replay.contexts import contexts
from pxctl.replay.draws import GOLDEN, request_keys
from pxctl.replay.population import Crowd
from pxctl.replay.rows import Block
from pxctl.replay.traces import read_trace

from .conftest import configured, rows


def drawn(crowd: Crowd, block: Block, seed: int = 1) -> list[Context]:
    return list(contexts(block, crowd.fill(block), seed))


def test_keys_as_the_semantics_page_writes_them() -> None:
    def splitmix64(x: int) -> int:
        z = (x + GOLDEN) % 2**64
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) % 2**64
        return z ^ z >> 31

    wanted = [splitmix64((7 * GOLDEN + row) % 2**64) for row in range(5)]
    assert request_keys(7, rows(5).rows()).tolist() == wanted


@given(st.integers(1, 60), st.integers(0, 2**40))
def test_a_split_trace_draws_the_same(cut: int, seed: int) -> None:
    crowd = Crowd(configured(), seed=seed)
    whole = rows(61)
    assert drawn(crowd, whole) == drawn(crowd, whole.slice(0, cut)) + drawn(crowd, whole.slice(cut, 61))


def test_contexts_are_what_pydantic_would_have_made(company: Configuration) -> None:
    shares = Population(task_tags={"finance+legal": 1, "none": 1}, language={"PT_br": 1}, budget_usd={"0.05": 1})
    for context in drawn(Crowd(company, seed=3, population=shares), rows(40)):
        assert Context.model_validate(context.model_dump()) == context
        assert context.language == "pt-br"


def test_shares_and_ceilings(company: Configuration) -> None:
    shares = Population(privacy={"restricted": 80, "public": 20}, tenant={"acme": 3, "cove": 1})
    found = drawn(Crowd(company, seed=1, population=shares), rows(4000))
    tenants, levels = Counter(c.tenant for c in found), Counter((c.tenant, c.privacy) for c in found)
    assert 0.72 < tenants["acme"] / 4000 < 0.78
    assert 0.77 < levels["acme", "restricted"] / tenants["acme"] < 0.83
    assert levels["cove", "public"] == tenants["cove"]  # its ceiling


def test_a_template_restricts(company: Configuration) -> None:
    template = Match(tier=("free",), task_type=("code",), modality=("vision",))
    found = drawn(Crowd(company, seed=1, template=template), rows(50))
    assert {c.tenant for c in found} == {"bolt", "cove"}
    assert {(c.task_type, c.modality) for c in found} == {("code", "vision")}
    with pytest.raises(UsageError, match="no tenant for this traffic"):
        Crowd(company, seed=1, template=Match(tier=("platinum",)))


def test_what_the_trace_says_is_taken(company: Configuration) -> None:
    block = replace(rows(3), given={"tenant": ["acme", "", "team-9"], "privacy": ["internal", "", "internal"]})
    first = drawn(Crowd(company, seed=1), block)
    assert (first[0].tenant, first[0].privacy, first[2].tenant) == ("acme", "internal", "team-9")
    sticky = drawn(Crowd(company, seed=1, sticky_tenants=True), block)
    assert sticky[2].tenant in company.tenants
    assert sticky[2].tenant == drawn(Crowd(company, seed=2, sticky_tenants=True), block)[2].tenant


@pytest.mark.parametrize(
    ("dimension", "text"),
    [("modality", "telepathy"), ("budget_usd", "much"), ("sla_ms", "-3"), ("tenant", "No Such!"), ("risk_level", "x")],
)
def test_a_given_value_that_no_request_may_have(company: Configuration, dimension: str, text: str) -> None:
    with pytest.raises(TraceError, match=f"row 1: {dimension} is"):
        drawn(Crowd(company, seed=1), replace(rows(2), given={dimension: ["", text]}))


@pytest.mark.parametrize(
    "shares",
    [{"privacy": {"public": 0}}, {"task_type": {"chat": -1}}, {"tenant": {"nobody": 1}}, {"modality": {"smell": 1}}],
)
def test_shares_that_mean_nothing(company: Configuration, shares: dict[str, dict[str, float]]) -> None:
    with pytest.raises(UsageError):
        Crowd(company, seed=1, population=Population.model_validate(shares))


@pytest.mark.parametrize("weights", [{"public": inf}, {"public": 1e308, "internal": 1e308}, {"public": nan}])
def test_weights_that_have_no_sum_are_refused(company: Configuration, weights: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="finite weights"):
        Crowd(company, seed=1, population=Population(privacy=weights))


def test_a_privacy_level_that_is_none_is_refused(company: Configuration) -> None:
    with pytest.raises(UsageError, match="privacy `secret`, which is no level"):
        Crowd(company, seed=1, population=Population(privacy={"secret": 1}))


@pytest.mark.parametrize("text", ["input_tokens,sla_ms\n1,5\n\n2,soon\n", 'input_tokens,sla_ms\n1,5\n"\n2",soon\n'])
def test_a_given_value_that_means_nothing_has_its_line(company: Configuration, tmp_path: Path, text: str) -> None:
    file = tmp_path / "trace.csv"
    file.write_text(text, encoding="utf-8")
    crowd = Crowd(company, seed=1)
    with pytest.raises(TraceError, match=r"trace.csv:4: sla_ms is `soon`"):
        [crowd.fill(block) for block in read_trace(file, preset="plain")]
