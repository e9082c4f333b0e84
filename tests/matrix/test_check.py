"""Every valid and invalid example judged rightly; every rule broken once; every shape survived."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.core.errors import UsageError
from pxctl.matrix.check import RULES, check, judge
from pxctl.matrix.look import walk
from pxctl.matrix.profile import contract
from pxctl.matrix.snapshot import find, parse
from pxctl.model.matrix import JsonPath

DATA = Path(__file__).parent.parent / "data/matrix"
VALID = json.loads(next((DATA / "valid").glob("*.json")).read_text(encoding="utf-8"))
MISSING = object()

EXPECTED = {
    "01_not_an_object": ("S1", "$"),
    "04_approval_boundary_null": ("P2", "$.approval_boundaries.shadow_approved"),
    "07_blocked_flag_int_0": ("O2", "$.operation_boundaries.secret_read_allowed"),
    "10_by_status_wrong": ("R3", "$.rollups.by_status.blocked"),
    "13_approval_gate_ids_duplicated": ("R6", "$.rollups.candidate_gate_ids_requiring_approval"),
    "16_route_without_evidence": ("E1", "$.provider_routes[0].evidence_refs"),
    "19_nemotron_candidate_not_blocked": ("E3", "$.provider_routes[6].status"),
    "22_denial_simplified_chinese": ("D1", "$.operator_contract.must_not_interpret_as"),
    "25_nested_secret_key_mixed_case": ("K1", "$.provider_routes[4].meta.NVIDIA_API_KEY_VALUE_REF"),
}


def changed(path: JsonPath, value: Any) -> dict[str, Any]:
    """The valid example with one value replaced, or removed with MISSING."""
    copy = deepcopy(VALID)
    parent = copy
    for step in path[:-1]:
        parent = parent[step]
    if value is MISSING:
        del parent[path[-1]]
    elif isinstance(parent, list) and path[-1] == len(parent):
        parent.append(value)
    else:
        parent[path[-1]] = value
    return copy


def rules(value: Any, *, strict: bool = False) -> set[str]:
    return {fault.rule for fault in judge(value, contract(), strict_too=strict)}


@pytest.mark.parametrize("strict", [False, True])
def test_the_valid_example_has_no_fault(strict: bool) -> None:
    assert judge(VALID, contract(), strict_too=strict) == ()


@pytest.mark.parametrize("file", sorted((DATA / "invalid").glob("*.json")), ids=lambda file: file.stem)
def test_each_invalid_example_has_its_one_fault(file: Path) -> None:
    report = check(file.read_bytes(), file.name, contract())
    name = file.stem.removeprefix("ai_provider_route_matrix_")
    assert report.failed
    assert [(fault.rule, fault.place) for fault in report.faults] == [EXPECTED[name]]


BROKEN: list[tuple[str, JsonPath, Any]] = [
    ("S2", ("schema_version",), "ai_provider_route_matrix_v2"),
    ("S2", ("schema_version",), MISSING),
    ("P1", ("program_status", "read_only_mode"), 1),
    ("P1", ("program_status", "read_only_mode"), "true"),
    ("P1", ("program_status", "read_only_mode"), MISSING),
    ("T1", ("program_status",), []),
    ("P2", ("approval_boundaries", "shadow_approved"), 0),
    ("P2", ("approval_boundaries", "new"), True),
    ("T1", ("approval_boundaries",), None),
    ("O1", ("operation_boundaries", "read_only_api_allowed"), 1),
    ("O1", ("operation_boundaries", "read_only_api_allowed"), MISSING),
    ("T1", ("operation_boundaries",), "all"),
    ("R1", ("rollups", "total_routes"), 7),
    ("R1", ("rollups", "total_routes"), "6"),
    ("R1", ("rollups", "total_routes"), MISSING),
    ("R2", ("rollups", "by_kind", "paid_fallback"), 0),
    ("R2", ("rollups", "by_kind", "unseen"), 0),
    ("R2", ("rollups", "by_kind", "paid_fallback"), MISSING),
    ("R2", ("provider_routes", 0, "kind"), MISSING),
    ("R2", ("provider_routes", 0, "kind"), ["router_policy"]),
    ("R2", ("provider_routes", 0, "kind"), 3),
    ("R2", ("rollups", "by_kind"), []),
    ("R3", ("provider_routes", 0, "status"), {"a": 1}),
    ("R4", ("rollups", "by_route_gate", "replay_required"), 2),
    ("R4", ("provider_routes", 0, "route_gate"), None),
    ("R5", ("rollups", "route_ids_requiring_action", 2), "ai_router_execution_policy"),
    ("R5", ("rollups", "route_ids_requiring_action"), []),
    ("R5", ("rollups", "route_ids_requiring_action"), 5),
    ("R5", ("provider_routes", 2, "route_id"), MISSING),
    ("R6", ("rollups", "candidate_gate_ids_requiring_approval", 0), MISSING),
    ("R7", ("rollups", "source_gap_ids", 0), "gap_unknown"),
    ("R7", ("source_gaps",), []),
    ("R8", ("rollups", "provider_switch_allowed_count"), 1),
    ("R8", ("rollups", "paid_api_call_allowed_count"), None),
    ("R8", ("rollups", "shadow_or_canary_allowed_count"), MISSING),
    ("R8", ("rollups", "runtime_route_change_allowed_count"), "0"),
    ("T1", ("rollups",), None),
    *(("E1", ("provider_routes", 1, name), value)
      for name in ("current_policy", "provider_order", "fallback_policy", "evidence_refs", "next_action")
      for value in (MISSING, "", [], None)),
    *(("E2", ("provider_routes", i, "route_id"), "renamed") for i in range(6)),
    ("E3", ("provider_routes", 4, "status"), "observed"),
    ("E3", ("provider_routes", 4, "status"), MISSING),
    *(("G1", ("candidate_gates", i, "gate_id"), "renamed") for i in range(3)),
    ("G2", ("candidate_gates", 0, "approval_required"), 1),
    ("G2", ("candidate_gates", 0, "approval_required"), MISSING),
    ("T1", ("candidate_gates",), {"a": 1}),
    ("T1", ("candidate_gates", 0), "gate"),
    ("T1", ("provider_routes", 0), "route"),
    ("T1", ("provider_routes",), None),
    *(("D1", ("operator_contract", "must_not_interpret_as", i), MISSING) for i in range(11)),
    ("D1", ("operator_contract", "must_not_interpret_as", 2), "Gemini/Claude/NVIDIA 付費呼叫批准"),
    ("D1", ("operator_contract", "must_not_interpret_as", 11), ["nested"]),
    ("D1", ("operator_contract", "must_not_interpret_as"), "provider 切換批准"),
    ("D2", ("operator_contract", "provider_switch_policy"), "P1-004"),
    ("D2", ("operator_contract", "provider_switch_policy"), "只能盤點與顯示"),
    ("D2", ("operator_contract", "provider_switch_policy"), 4),
    ("T1", ("operator_contract",), MISSING),
    ("K1", ("program_status", "my_Private_Key_ref"), ""),
    ("K1", ("source_gaps", 0, "deep"), [[{"CLAUDE_API_KEY_VALUE": None}]]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "value"), BROKEN)
def test_each_rule_is_found_when_it_alone_is_broken(rule: str, path: JsonPath, value: Any) -> None:
    assert rule in rules(changed(path, value))


@pytest.mark.parametrize("name", contract().denied_operations)
@pytest.mark.parametrize("value", [MISSING, True, None, 0, "false"])
def test_every_denied_operation_is_exactly_false(name: str, value: Any) -> None:
    assert "O2" in rules(changed(("operation_boundaries", name), value))


@pytest.mark.parametrize(
    ("rule", "path", "value"),
    [
        ("X4", ("approval_boundaries",), MISSING),
        ("X4", ("approval_boundaries",), {}),
        ("X7", ("rollups", "provider_switch_allowed_count"), False),
        ("X7", ("rollups", "paid_api_call_allowed_count"), 0.0),
        ("X7", ("rollups", "total_routes"), 6.0),
        ("X3", ("operation_boundaries", "teleport_allowed"), True),
        ("X3", ("provider_routes", 0, "switch_allowed"), "yes"),
        ("X1", ("provider_routes", 0, "next_action"), "use sk-proj-abcdEFGH1234567890abcdEFGH1234567890"),
        ("X1", ("source_gaps", 0, "note"), "AKIAQ3EGTSNRO7PLWVXZ"),
        ("X5", ("provider_routes", 0, "API_Key"), ""),
        ("X5", ("program_status", "password"), None),
        ("X5", ("program_status", "client-secret"), "x"),
        ("X6", ("provider_routes", 0, "provider_order"), "ollama"),
        ("X6", ("provider_routes", 0, "evidence_refs", 0), 7),
        ("X6", ("operator_contract", "must_not_interpret_as"), dict.fromkeys(contract().denials, True)),
        ("X6", ("operator_contract", "provider_switch_policy"), ["P1-004", "只能盤點與顯示"]),
        ("X8", ("candidate_gates", 3), {"approval_required": False}),
    ],
)  # fmt: skip
def test_strict_refuses_what_the_contract_leaves_open(rule: str, path: JsonPath, value: Any) -> None:
    snapshot = changed(path, value)
    if rule == "X8":
        snapshot["candidate_gates"][3]["approval_required"] = True
        snapshot["rollups"]["candidate_gate_ids_requiring_approval"].append("x")
    else:
        assert rules(snapshot) == set()
    assert rule in rules(snapshot, strict=True)


def test_strict_finds_ids_and_keys_that_stand_there_twice() -> None:
    snapshot = deepcopy(VALID)
    snapshot["provider_routes"].append(deepcopy(VALID["provider_routes"][0]))
    snapshot["rollups"] |= {"total_routes": 7, "by_kind": VALID["rollups"]["by_kind"] | {"router_policy": 2}}
    snapshot["rollups"]["by_status"]["observed"] += 1
    snapshot["rollups"]["by_route_gate"]["approval_required"] += 1
    assert rules(snapshot) == set()
    assert rules(snapshot, strict=True) == {"X2"}
    raw = json.dumps(VALID).replace('"program": "P1-004"', '"program": "P1-003", "program": "P1-004"').encode()
    assert check(raw, "x", contract()).faults == ()
    assert [fault.rule for fault in check(raw, "x", contract(), strict_too=True).faults] == ["X9"]


def test_a_lone_gap_without_an_id_passes_unless_strict() -> None:
    snapshot = changed(("source_gaps",), [{"note": "no id"}])
    snapshot["rollups"]["source_gap_ids"] = [None]
    assert rules(snapshot) == set()
    assert {"X6", "X8"} <= rules(snapshot, strict=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff{}",
        b"nul",
        b"[" * 100_000,
        b"{" + b'"a":' * 3,
        b"[" + b"9" * 10_000 + b"]",
        "\ufeff{}".encode(),
    ],
    ids=["empty", "open", "not utf-8", "word", "deep", "cut", "digits", "bom"],
)
def test_what_is_no_json_is_a_fault_and_no_crash(raw: bytes) -> None:
    assert [fault.rule for fault in check(raw, "x", contract()).faults] in (["F2"], ["S1"])


_NODES = [path for path, _ in walk(VALID) if path]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_NODES), _JSON), min_size=1, max_size=4))
def test_no_shape_crashes_and_every_fault_has_a_known_rule(edits: list[tuple[JsonPath, Any]]) -> None:
    snapshot = deepcopy(VALID)
    for path, value in edits:
        parent: Any = snapshot
        try:
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue
    for strict in (False, True):
        for fault in judge(snapshot, contract(), strict_too=strict):
            assert fault.rule in RULES
            assert fault.place.startswith("$")


@settings(max_examples=100, deadline=None)
@given(_JSON)
def test_any_json_value_is_judged(value: Any) -> None:
    raw = json.dumps(value).encode()
    assert check(raw, "x", contract(), strict_too=True).failed


def test_messages_never_repeat_a_secret() -> None:
    secret = "sk-proj-abcdEFGH1234567890abcdEFGH1234567890"
    snapshot = changed(("schema_version",), secret)
    snapshot["rollups"]["total_routes"] = secret
    text = repr(judge(snapshot, contract(), strict_too=True))
    assert secret not in text
    assert secret[:20] not in text


def test_the_last_name_in_plain_order_is_taken(tmp_path: Path) -> None:
    for name in ("ai_provider_route_matrix_2026-06-05.json", "ai_provider_route_matrix_10.json", "other_9.json"):
        (tmp_path / name).write_text("{}")
    assert find(tmp_path).name == "ai_provider_route_matrix_2026-06-05.json"
    file: Callable[[], Path] = lambda: tmp_path / "ai_provider_route_matrix_10.json"  # noqa: E731
    assert find(file()) == file()


def test_a_folder_without_snapshots_is_an_error_of_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no AI provider route matrix snapshots found"):
        find(tmp_path)
    with pytest.raises(UsageError, match="neither a file nor a directory"):
        find(tmp_path / "absent")


def test_parse_keeps_the_value() -> None:
    assert parse(json.dumps(VALID).encode()) == (VALID, None)


def test_a_key_that_is_no_text_is_a_key() -> None:
    """Found by the random edits: a list that became a mapping with a number for a key."""
    value = deepcopy(VALID)
    value["provider_routes"][3]["provider_order"] = {0: {"secret_value": "x"}}
    assert "K1" in {fault.rule for fault in judge(value, contract())}
