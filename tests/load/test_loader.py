# ruff: noqa: E501 - tables with one case a line read better
"""From a tree to a configuration: places, sentences, duplicates, origins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pxctl.core.errors import UsageError
from pxctl.load.loader import load
from pxctl.load.models import MODELS, schema_of
from pxctl.load.schema import schema_text
from pxctl.load.tree import DictTree, WorkTree
from pxctl.model.finding import Finding

ROOT = Path(__file__).parents[2]
BASE = Path(__file__).parents[1] / "data" / "lint" / "_base"
PROVIDER = (BASE / "providers/openai-main.yaml").read_text()
POLICY = (BASE / "routing-policies/default.yaml").read_text()


def provider_findings(old: str, new: str) -> list[Finding]:
    assert old in PROVIDER
    files = {
        "pxctl.yaml": (BASE / "pxctl.yaml").read_text(),
        "providers/openai-main.yaml": PROVIDER.replace(old, new, 1),
    }
    return list(load(DictTree(files)).findings)


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "hint"),
    [
        ("pxctl.yaml", "rollback_window: 14d", "rolback_window: 14d", "unknown field `rolback_window` in `environments.production`", "did you mean `rollback_window`?"),
        ("pxctl.yaml", "percent: 10", "percent: 1000", "`rollouts.standard.steps[1].percent` must be a number above 0 and below 100, not `1000`", None),
        ("pxctl.yaml", "{names: [acme]}", "{tier: free}", "`rollouts.standard.steps[0].canary.tier` must be a list of texts, not the text `free`", "put it in brackets: `[…]`"),
        ("routing-policies/default.yaml", "share: 10,", "share: 110,", "`routes[1].experiment.arms.treatment.share` must be a number from 0 to 100, not `110`", None),
        ("routing-policies/default.yaml", "share: 10,", "share: ten,", "`routes[1].experiment.arms.treatment.share` must be a number from 0 to 100, not the text `ten`", "write the number without quotes or unit"),
        ("providers/openai-main.yaml", "input_per_mtok: 2,", "input_per_mtok: [2],", "`models[0].price.input_per_mtok` must be a number of at least 0, not a list", None),
    ],
)  # fmt: skip
def test_sentences_about_what_has_a_name_for_a_key(
    file: str, old: str, new: str, message: str, hint: str | None
) -> None:
    text = (BASE / file).read_text()
    assert old in text
    found = load(DictTree({"pxctl.yaml": (BASE / "pxctl.yaml").read_text(), file: text.replace(old, new, 1)})).findings
    assert (message, hint) in [(f.message, f.hint) for f in found], found


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "hint"),
    [
        ("timeout_ms: 30000", "timout_ms: 30000", "11:1", "unknown field `timout_ms`", "did you mean `timeout_ms`?"),
        ("timeout_ms: 30000", "timeout_ms: soon", "11:13", "`timeout_ms` must be a whole number above 0 and at most 3600000, not the text `soon`", None),
        ("status: active", "status: activ", "4:9", "`status` must be `draft`, `active`, `standby` or `disabled`, not `activ`", "did you mean `active`?"),
        ("id: openai-main\n", "", "1:1", "the file lacks `id`", "add `id: …` (text)"),
        ("region: eu, ", "", "8:5", "`endpoints[1]` lacks `region`", "add `region: …` (text)"),
        ("{owner: platform}", "[x]", "29:11", "`metadata` must be a mapping, not a list", None),
        ("region: eu", "region: us", "7:3", "region `us` has two endpoints; keep one, or name a region of its own", None),
        ("input_per_mtok: 2,", "input_per_mtok: 2.1234567,", "20:29", "`2.1234567` has more than 6 decimals", "round it to 6 decimals"),
        ("priority: 20", "priority: true", "5:11", "`priority` must be a whole number from 0 to 1000, not `true`", None),
    ],
)  # fmt: skip
def test_sentences(old: str, new: str, place: str, message: str, hint: str | None) -> None:
    found = provider_findings(old, new)
    said = [(str(f.span).partition(":")[2], f.message) for f in found]
    assert (place, message) in said, said
    if hint is not None:
        assert hint in {f.hint for f in found}


def test_all_findings_in_one_run() -> None:
    text = (
        PROVIDER.replace("priority: 20", "priority: x")
        .replace("status: active", "status: y")
        .replace("  - id: gpt-4.1\n", "  - idd: gpt-4.1\n")
    )
    found = load(DictTree({"providers/openai-main.yaml": text}), require_project=False).findings
    assert {f.code for f in found} == {"PX0011", "PX0012", "PX0013", "PX0014"}


def test_a_secret_in_a_wrong_place_is_not_repeated() -> None:
    secret = "sk-proj-" + "Zx9" * 10
    for old in ("status: active", "kind: openai_compatible", "timeout_ms: 30000", "id: openai-main"):
        field = old.split(":")[0]
        for finding in provider_findings(old, f"{field}: {secret}"):
            assert secret not in finding.model_dump_json()


def test_origins_and_documents() -> None:
    loaded = load(WorkTree(BASE))
    assert not loaded.findings
    assert set(loaded.config.providers) == {"openai-main", "azure-eu", "ollama-local"}
    assert loaded.origin["tenant", "birch"] == ("tenants/all.yaml", ("tenants", 1))
    place = loaded.document_of("tenant", "birch")
    assert place is not None
    assert str(place[0].span(*place[1], "tier")) == "tenants/all.yaml:3:23"
    assert loaded.documents["pxctl.yaml"].span("regions", key=True)[1:3] == (3, 1)
    assert loaded.source is None


def test_fast_places_are_the_slow_ones() -> None:
    """Places of top-level fields are found without reading the text slowly; they must be the same."""
    from pxctl.load.reader import Locator, _top_level

    for path in sorted(BASE.rglob("*.yaml")):
        text = path.read_text()
        composed = Locator(path.name, text).composed
        for key in [steps for steps in composed.keys if len(steps) == 1]:
            for want_key in (True, False):
                quick = _top_level(path.name, text, str(key[0]), want_key)
                slow = (composed.keys if want_key else composed.values)[key].span(path.name)
                assert quick is None or quick == slow, (path, key, want_key)


def test_json_is_accepted_everywhere() -> None:
    import json

    from pxctl.load.yaml_positions import compose

    files = {}
    for path in sorted(BASE.rglob("*.yaml")):
        name = path.relative_to(BASE).as_posix().removesuffix(".yaml") + ".json"
        files[name] = json.dumps(compose(path.read_text()).value, indent="\t")
    loaded = load(DictTree(files))
    assert not loaded.findings
    assert loaded.config == load(WorkTree(BASE)).config or set(loaded.config.providers) == {
        "openai-main",
        "azure-eu",
        "ollama-local",
    }
    assert loaded.documents["providers/azure-eu.json"].span("kind")[1:3] == (4, 10)


def test_committed_schemas_are_those_of_the_models() -> None:
    for kind in MODELS:
        made = json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"
        assert schema_text(kind) == made, f"run `python tools/make_schemas.py` ({kind})"
        assert (ROOT / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8") == made, kind


def test_an_unknown_schema() -> None:
    with pytest.raises(UsageError, match="is no kind of file"):
        schema_text("providers")
