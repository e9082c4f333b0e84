"""A file at the bound of 1 MiB with a fault in every item: the work grows with the file, not with its square."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

import pytest
from tests.lint.helpers import BASE

from pxctl.app.flows.fix import apply_edits
from pxctl.core import lines
from pxctl.lint.run import lint
from pxctl.load import yaml_positions
from pxctl.load.bounds import MAX_FAULTS
from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.model.finding import Edit, LintReport

FILES = {path.relative_to(BASE).as_posix(): path.read_bytes() for path in BASE.rglob("*.yaml")}


def roster(items: int) -> DictTree:
    head = "  - id: t{}\n    tier: nosuch\n    business_line: retail\n    region: eu\n    privacyMax: internal\n"
    return DictTree({**FILES, "tenants/big.yaml": "tenants:\n" + "".join(head.format(n) for n in range(items))})


def work(items: int) -> tuple[int, LintReport]:
    """How many calls linting a roster takes."""
    calls = 0

    def count(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    tree = roster(items)
    sys.setprofile(count)
    try:
        report = lint(load(tree))
    finally:
        sys.setprofile(None)
    return calls, report


def test_findings_cost_alike_however_many() -> None:
    work(5)
    (few, _), (many, report) = work(100), work(400)
    assert len([f for f in report.findings if f.span.file == "tenants/big.yaml"]) == 800
    assert many < 4.2 * few


def test_a_file_is_read_for_places_once(monkeypatch: Any) -> None:
    texts: list[str] = []
    real = yaml_positions.libyaml
    monkeypatch.setattr(yaml_positions, "libyaml", lambda text: texts.append(text) or real(text))
    lines.starts.cache_clear()
    lint(load(roster(50)))
    assert len(texts) == len(set(texts))
    assert lines.starts.cache_info().misses <= len(FILES) + 1


def test_edits_of_one_file_are_made_in_one_pass() -> None:
    text = "ab" * 3
    found = [Edit(file="f", start=n, end=n + 1, text="xyz") for n in range(0, 6, 2)]
    assert apply_edits(text, found) == "xyzbxyzbxyzb"
    overlap = [*found, Edit(file="f", start=1, end=3, text="!")]
    assert apply_edits(text, overlap) == "xyzbxyzbxyzb"
    assert (
        apply_edits(text, [Edit(file="f", start=3, end=3, text="+"), Edit(file="f", start=9, end=9, text="-")])
        == "aba+bab"
    )


def at_the_bound(*, faulty: range, end: str = "") -> dict[str, bytes]:
    """The base with a roster of 1 MiB; the tenants in `faulty` have an unknown field and lack a needed one."""
    good = "  - id: t{}\n    tier: gold\n    business_line: retail\n    region: eu\n    privacy_max: internal\n"
    items = (good if n not in faulty else good.replace("privacy_max", "privacyMax") for n in range(10_300))
    text = "tenants:\n" + "".join(item.format(n) for n, item in enumerate(items))
    assert 900_000 < len(text) < 1024 * 1024
    return {**FILES, "tenants/big.yaml": (text + end).encode()}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("what", "faulty", "end"),
    [
        ("nothing wrong", range(0), ""), ("the last tenant", range(10_299, 10_300), ""),
        ("every tenant", range(10_300), ""), ("broken in its last line", range(0), "  - id: [\n"),
    ],
)  # fmt: skip
def test_a_roster_at_the_bound(what: str, faulty: range, end: str) -> None:
    tree = DictTree(at_the_bound(faulty=faulty, end=end))
    began = time.process_time()
    report = lint(load(tree))
    print(f"\n{what}: {len(report.findings)} findings, {time.process_time() - began:.2f} cpu-seconds")
    assert report.failed == (what != "nothing wrong")


def test_faults_of_shape_are_told_up_to_a_bound() -> None:
    text = "name: x\n" + "".join(f"key{n}: 1\n" for n in range(3_000))
    found = load(DictTree({**FILES, "scenarios/x.yaml": text})).findings
    assert Counter(finding.code for finding in found) == {"PX0011": MAX_FAULTS, "PX0006": 1}


MIB = 1024 * 1024
PIECES = [
    "\t", "\t\r\n", " \t", "-\n", "- ", "# x\n", "# pxctl: ignore PX0001 x\n", "a: 1\n", "a:\tb\n", "? ", "{}", "[",
    "*a ", "&a ", "!x ", "%x\n", "---\n", "'", '"', "\u2028", "é", "  - sk-proj-" + "Ab1" * 12 + "\n", "  - {}\n",
    "a: &a 1\n", "<<: {}\n", "\\", "|\n", "a: 1\r",
]  # fmt: skip


@pytest.mark.soak
def test_one_piece_over_and_over() -> None:
    """1 MiB of one piece, alone and below a key: nothing in our reading grows with the square of a file."""
    slowest = ("", 0.0)
    for piece in PIECES:
        for head in ("", "a:\n", 'a: "'):
            text = head + piece * ((MIB - len(head)) // len(piece.encode()))
            began = time.process_time()
            assert lint(load(DictTree({**FILES, "scenarios/x.yaml": text}))).failed
            slowest = max(slowest, (head + piece, time.process_time() - began), key=lambda one: one[1])
    print(f"\n{3 * len(PIECES)} files, the slowest {slowest[0]!r} in {slowest[1]:.2f} cpu-seconds")
    assert slowest[1] < 2, "the budget of the issue: under two seconds each"
