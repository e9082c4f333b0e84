"""What a real LiteLLM Router makes of our exports: the same groups, order and fallbacks as of the original files.

LiteLLM is heavy, so it lives in an environment of its own. The test runs where `PXCTL_LITELLM_PYTHON` names that
environment's Python, or where the benchmarks' environment (`.bench-venv`) has it; otherwise it is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pxctl.interop.litellm import gateway
from pxctl.interop.litellm.config import parse
from pxctl.interop.litellm.source import open_source
from pxctl.load.catalogue import load_catalogue
from pxctl.load.loader import load
from pxctl.load.tree import DictTree, WorkTree
from pxctl.model.context import Context
from pxctl.model.signals import Signals
from pxctl.policy.compile import compile_config

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests/data/litellm"
PROBE = Path(__file__).with_name("router_probe.py")


ASK = "import importlib.util as u, sys; sys.exit(u.find_spec('litellm') is None)"


def _python() -> str | None:
    for candidate in (os.environ.get("PXCTL_LITELLM_PYTHON"), str(ROOT / ".bench-venv/bin/python")):
        if candidate and Path(candidate).exists():
            done = subprocess.run([candidate, "-c", ASK], check=False)
            if done.returncode == 0:
                return candidate
    return None


PYTHON = _python()
pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="no environment with litellm (PXCTL_LITELLM_PYTHON, .bench-venv)"
)


def probe(files: list[Path]) -> dict[str, Any]:
    """The Router's view of each file, by file name."""
    done = subprocess.run([str(PYTHON), str(PROBE), *map(str, files)], capture_output=True, text=True, check=True)
    lines = [json.loads(line[6:]) for line in done.stdout.splitlines() if line.startswith("PROBE ")]
    return {Path(file).stem: found for file, found in lines}


def normal(text: str, name: str, found: dict[str, Any]) -> dict[str, Any]:
    """A Router's view without what means the same: repeats of a deployment, an explicit prefix, one lone order."""
    config = parse(open_source(text, name), load_catalogue())
    prefixed = {one.model: f"{one.provider}/{one.name}" for one in config.deployments}
    groups = {}
    for group, members in found["groups"].items():
        models = [prefixed.get(model, model) for model, _, _ in members]
        orders = [order for _, _, order in members]
        groups[group] = (list(dict.fromkeys(models)), sorted(set(orders), key=str) if len(set(orders)) > 1 else [])
    return {
        "groups": groups,
        "fallbacks": found["fallbacks"],
        "windows": found["context_window_fallbacks"],
        "aliases": found["aliases"],
    }


def test_every_real_file_loads_again_with_the_same_groups_order_and_fallbacks(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    originals, exports, texts = [], [], {}
    for file in sorted(DATA.glob("*.y*ml")):
        text = file.read_text(encoding="utf-8")
        imported = gateway.read(text, file.name, catalogue)
        if not imported.files:
            continue
        config = load(DictTree(imported.files), catalogue=catalogue).config
        target = tmp_path / f"{file.stem}.yaml"
        target.write_text(gateway.write(config, "default").text, encoding="utf-8")
        originals.append(file)
        exports.append(target)
        texts[file.stem] = (text, target.read_text(encoding="utf-8"))
    assert len(originals) >= 46
    before, after = probe(originals), probe(exports)
    for stem, (text, exported) in texts.items():
        assert "error" not in after[stem], (stem, after[stem])
        if "error" in before[stem]:
            continue
        assert normal(text, stem, before[stem]) == normal(exported, stem, after[stem]), stem


def test_the_sample_policies_load(tmp_path: Path) -> None:
    config = load(WorkTree(ROOT)).config
    files = []
    for policy in config.policies:
        files.append(tmp_path / f"{policy}.yaml")
        files[-1].write_text(gateway.write(config, policy).text, encoding="utf-8")
    for found in probe(files).values():
        assert "error" not in found
        assert found["groups"]


def _provider(number: int) -> str:
    return (
        f"id: p{number}\ndisplay_name: P {number}\nkind: openai_compatible\nstatus: active\n"
        f"endpoints: [{{region: eu, url: 'https://p{number}.example.test/v1'}}]\ncredential_ref: env://K{number}\n"
        "models: [{id: m, price: {input_per_mtok: 1}}]\ncompliance: {privacy_max: public}\n"
    )


CHAINS = {
    **{f"providers/p{number}.yaml": _provider(number) for number in range(6)},
    "pxctl.yaml": "environments: {production: {}}\n",
    "tenants/t.yaml": "tenants: [{id: t, tier: a, business_line: b, region: eu, privacy_max: public}]\n",
    "routing-policies/default.yaml": """\
name: default
routes:
  - {name: a, match: {task_type: [a]}, candidates: [p0/m], fallbacks: [p1/m, p3/m, p2/m], max_fallbacks: 3}
  - {name: b, match: {task_type: [b]}, candidates: [p1/m], fallbacks: [p3/m], max_fallbacks: 1}
  - {name: c, match: {task_type: [c]}, candidates: [p2/m, p4/m], max_fallbacks: 1}
  - {name: d, match: {task_type: [d]}, candidates: [p4/m, p5/m], fallbacks: [p2/m, p0/m], max_fallbacks: 3}
""",
}


def test_litellm_decides_as_the_policy_does_while_one_deployment_after_the_other_fails(tmp_path: Path) -> None:
    loaded = load(DictTree(CHAINS))
    assert loaded.findings == ()
    file = tmp_path / "chains.yaml"
    file.write_text(gateway.write(loaded.config, "default").text, encoding="utf-8")
    done = subprocess.run([str(PYTHON), str(PROBE), "--served", str(file)], capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("PROBE "))
    served = json.loads(line[6:])[1]
    bound = compile_config(loaded.config).bind(Signals())
    for group in "abcd":
        decision = bound.decide(Context(tenant="t", privacy="public", task_type=group)).render()
        assert served[group] == [decision.primary, *decision.fallbacks]
