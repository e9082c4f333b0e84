"""Planted mistakes are found, at their line; real files are read; nothing crashes."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.interop.planted import MISTAKES, SOUND, VARIABLES, Mistake, text_of

from pxctl.interop.base import Gateway
from pxctl.interop.litellm import gateway
from pxctl.interop.registry import gateway as by_name
from pxctl.interop.registry import names
from pxctl.lint.run import lint
from pxctl.load.catalogue import load_catalogue
from pxctl.load.loader import load
from pxctl.load.tree import DictTree
from pxctl.model.finding import Finding, Severity

DATA = Path(__file__).parent.parent / "data/litellm"
FILES = sorted(DATA.glob("*.y*ml"))


def check(text: str, environment: frozenset[str] | None = VARIABLES) -> tuple[Finding, ...]:
    return gateway.check(text, "config.yaml", load_catalogue(), environment)


def line_of(text: str, finding: Finding) -> str:
    return text.splitlines()[finding.span.line - 1]


def test_the_sound_configuration_has_no_finding() -> None:
    assert check(SOUND) == ()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_each_planted_mistake_is_found_at_its_line(mistake: Mistake) -> None:
    text = text_of(mistake)
    found = [finding for finding in check(text) if finding.code == mistake.code]
    assert found
    assert any(mistake.at in line_of(text, finding) for finding in found), [line_of(text, one) for one in found]
    assert {one.severity for one in found} & {Severity.ERROR, Severity.WARNING}


def test_a_misspelt_key_names_what_was_meant() -> None:
    found = check(SOUND.replace("  fallbacks:\n", "  falbacks:\n", 1))
    assert any(finding.hint == "did you mean `fallbacks`?" for finding in found)


def test_a_secret_is_never_repeated() -> None:
    secret = "sk-proj-abcdEFGH1234567890abcdEFGH1234567890"
    text = SOUND.replace("os.environ/MISTRAL_API_KEY", secret).replace("mistral/mistral-large-2512", secret)
    for finding in check(text):
        assert secret not in finding.message + (finding.hint or "")
    imported = gateway.read(text, "config.yaml", load_catalogue())
    assert secret not in imported.model_dump_json()
    assert "credential_ref: env://" in "".join(imported.files.values())


def test_a_password_in_a_url_is_not_taken_over() -> None:
    text = SOUND.replace("https://acme-eastus2", "https://me:hunter2hunter2@acme-eastus2")
    imported = gateway.read(text, "config.yaml", load_catalogue())
    assert "hunter2" not in imported.model_dump_json()
    assert any("not taken over" in note.why for note in imported.notes)


def test_variables_are_information_until_somebody_says_which_count() -> None:
    assert {finding.severity for finding in check(SOUND, None)} == {Severity.INFO}
    assert {finding.code for finding in check(SOUND, frozenset())} == {"PX0808"}
    assert all(finding.severity is Severity.ERROR for finding in check(SOUND, frozenset()))


def test_a_config_map_gives_places_in_the_outer_file() -> None:
    body = "".join(f"    {line}\n" if line else "\n" for line in text_of(MISTAKES[0]).splitlines())
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  config.yaml: |-\n{body}"
    found = [finding for finding in check(text) if finding.code == "PX0809"]
    assert "chat-bakcup" in line_of(text, found[0])
    assert text.splitlines()[found[0].span.line - 1][found[0].span.column - 1 :].startswith("chat-bakcup")


def test_merge_keys_anchors_and_the_last_of_two_keys_are_read_as_litellm_reads_them() -> None:
    text = (
        "base: &base {api_key: os.environ/MISTRAL_API_KEY, model: mistral/mistral-embed}\n"
        "model_list:\n  - model_name: a\n    litellm_params:\n"
        "      <<: *base\n      model: mistral/mistral-large-2512\n"
        "router_settings:\n  enable_tag_filtering: no\n  fallbacks: [{a: [gone]}]\n  fallbacks: []\n"
    )
    assert {finding.code for finding in check(text)} == {"PX0802", "PX0803"}


NONSENSE = [
    "",
    "a",
    "[]",
    "model_list: 3",
    "model_list: [1, {}, {litellm_params: []}]",
    "{",
    "\t",
    "a: b: c",
    "x: &x [*x]",
    "router_settings: {fallbacks: {a: b}}\nmodel_list: []",
    "model_list:\n- model_name: [a]\n  litellm_params: {model: {}}",
    "model_list: []\nrouter_settings: {fallbacks: [{a: b}, 3], model_group_alias: [1]}",
    "---\nmodel_list: []\n---\nmodel_list: []\n",
    "[" * 500,
]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_a_finding_and_no_crash(text: str) -> None:
    gateway.read(text, "config.yaml", load_catalogue())
    assert check(text)


_LINES = SOUND.splitlines()
_HOW = ["drop", "twice", "cut", "null", "list", "dent"]


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.tuples(st.integers(0, len(_LINES) - 1), st.sampled_from(_HOW)), min_size=1, max_size=6))
def test_no_damaged_file_crashes_and_what_is_imported_loads(edits: list[tuple[int, str]]) -> None:
    lines = list(_LINES)
    for at, how in edits:
        line = lines[at]
        lines[at] = {
            "drop": "",
            "twice": f"{line}\n{line}",
            "cut": line[: len(line) // 2],
            "null": re.sub(r": .*", ":", line),
            "list": re.sub(r": (.+)", r": [\1]", line),
            "dent": f"  {line}",
        }[how]
    imported = gateway.read("\n".join(lines), "config.yaml", load_catalogue())
    if imported.files:
        assert load(DictTree(imported.files)).findings == ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem[-40:])
def test_every_real_file_is_imported_lints_and_comes_back(file: Path) -> None:
    catalogue = load_catalogue()
    text = file.read_text(encoding="utf-8")
    imported = gateway.read(text, file.name, catalogue)
    lines = text.splitlines()
    assert all(1 <= finding.span.line <= len(lines) for finding in imported.findings)
    if not imported.files:
        assert imported.deployments == 0
        return
    loaded = load(DictTree(imported.files), catalogue=catalogue)
    assert loaded.findings == ()
    assert not [finding for finding in lint(loaded).findings if finding.severity is Severity.ERROR]
    exported = gateway.write(loaded.config, "default")
    again = gateway.read(exported.text, file.name, catalogue)
    assert again.files == imported.files


def test_there_are_48_real_files() -> None:
    assert len(FILES) == 48


def test_what_does_not_come_over_is_listed() -> None:
    text = (
        SOUND + "  cooldown_time: 30\n  content_policy_fallbacks: []\nguardrails: []\nlitellm_settings: {cache: true}\n"
    )
    imported = gateway.read(text, "config.yaml", load_catalogue())
    subjects = {note.subject for note in imported.notes}
    assert {"router_settings.cooldown_time", "guardrails", "litellm_settings.cache"} <= subjects
    assert all(note.span is not None and note.span.line for note in imported.notes if "settings." in note.subject)


def test_a_long_configuration_is_checked_within_bounds() -> None:
    members = "".join(
        f"  - model_name: g{i}\n    litellm_params: {{model: openai/gpt-4.1, api_key: os.environ/K}}\n"
        for i in range(400)
    )
    text = "model_list:\n" + members + "router_settings:\n  fallbacks:\n"
    text += "".join(f"    - g{i}: [g{(i + 1) % 400}]\n" for i in range(400))
    started = time.process_time()
    assert any(finding.code == "PX0810" for finding in check(text))
    assert time.process_time() - started < 60  # a bound against explosions, not a budget


def test_the_registry_knows_the_format() -> None:
    form: Gateway = by_name("litellm")
    assert form.name in names()
    codes = [rule.code for rule in form.rules()]
    assert len(codes) == len(set(codes)) >= 20
    assert all(rule.doc and "Why:" in rule.doc and "Fix:" in rule.doc for rule in form.rules())
