"""`pxctl simulate` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
AZURE = ROOT / "examples/traces/AzureLLMInferenceTrace_code.csv.gz"


def test_the_sample_repository_on_the_azure_trace(pxctl: Any) -> None:
    first = pxctl("simulate", str(AZURE), "--repo", str(ROOT), "--format", "json")
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert report["schema_version"] == 1
    assert report["rows"] == 8819
    assert report["totals"]["input_tokens"] == 18_059_974
    again = pxctl("simulate", str(AZURE), "--repo", str(ROOT), "--format", "json", "--preset", "azure2023")
    assert again.stdout == first.stdout
    other = pxctl("simulate", str(AZURE), "--repo", str(ROOT), "--format", "json", "--seed", "2")
    assert json.loads(other.stdout)["totals"]["cost"] != report["totals"]["cost"]


def test_text_and_markdown_carry_the_same_figures(pxctl: Any) -> None:
    text = pxctl("simulate", str(AZURE), "--repo", str(ROOT))
    mark = pxctl("simulate", str(AZURE), "--repo", str(ROOT), "--format", "markdown")
    for said in ("8,819", "18,059,974"):
        assert said in text.stdout
        assert said in mark.stdout
    assert mark.stdout.startswith("## ")
    assert "| figure | value |" in mark.stdout


def test_bad_input_is_one_clear_message(pxctl: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("input_tokens,output_tokens\n10,5\n10,-5\n", encoding="utf-8")
    done = pxctl("simulate", str(bad), "--repo", str(ROOT), "-q")
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{bad}:3: output_tokens is `-5`, not a whole number" in done.stderr
    missing = pxctl("simulate", str(tmp_path / "none.csv"), "--repo", str(ROOT), "-q")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "no trace" in missing.stderr
    policy = pxctl("simulate", str(AZURE), "--policy", "defualt", "--repo", str(ROOT), "-q")
    assert policy.returncode == 2
    assert "the policies are default, regulated" in policy.stderr


def test_nothing_judged_is_a_failure(pxctl: Any, tmp_path: Path) -> None:
    strangers = tmp_path / "strangers.csv"
    strangers.write_text("input_tokens,tenant\n10,stranger\n", encoding="utf-8")
    done = pxctl("simulate", str(strangers), "--repo", str(ROOT), "-q")
    assert done.returncode == 1
    assert "stranger" in done.stdout
