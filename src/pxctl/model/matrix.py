"""The route-matrix snapshot: the profile that it is judged by, what is wrong with one, and how two differ."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from pxctl.model.base import Model

JsonPath = tuple[str | int, ...]

SNAPSHOT_SCHEMA = "ai_provider_route_matrix_v1"

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def json_path(path: JsonPath) -> str:
    """A place in a JSON document as RFC 9535 writes it: `$.provider_routes[2].status`."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}"
        else:
            quoted = step.replace("\\", "\\\\").replace("'", "\\'")
            text += f"['{quoted}']"
    return text


class MatrixGate(Model):
    """A gate that a profile asks for, and why a person must agree."""

    gate_id: str = Field(min_length=1)
    reason: str = "a person decides, outside this snapshot"


class MatrixProfile(Model):
    """What a snapshot must hold to be read-only in one organisation's words."""

    name: str = Field(min_length=1)
    program: str = Field(default="", description="the programme under which `build` writes")
    approval_boundaries: tuple[str, ...] = Field(default=(), description="what `build` writes as not approved")
    denied_operations: tuple[str, ...] = Field(min_length=1, description="present and exactly false")
    allowed_operations: tuple[str, ...] = Field(
        default=("read_only_api_allowed",), description="present and exactly true"
    )
    required_routes: tuple[str, ...] = ()
    required_gates: tuple[MatrixGate, ...] = Field(min_length=1)
    fixed_status: dict[str, str] = Field(default_factory=dict, description="kind -> the only status it may have")
    denials: tuple[str, ...] = Field(min_length=1, description="each stands in must_not_interpret_as, to the letter")
    switch_policy_holds: tuple[str, ...] = Field(min_length=1, description="each stands in provider_switch_policy")
    switch_policy: str = Field(default="", description="the sentence that `build` writes")
    zero_counts: tuple[str, ...] = (
        "provider_switch_allowed_count",
        "paid_api_call_allowed_count",
        "shadow_or_canary_allowed_count",
        "runtime_route_change_allowed_count",
    )
    secret_key_parts: tuple[str, ...] = Field(min_length=1, description="no key may hold one, whatever its case")
    forbidden_keys: tuple[str, ...] = Field(default=(), description="strict: no key may be one, whatever its case")


class MatrixFault(Model):
    """One broken rule: its id, the place, a sentence that names it, and the way out."""

    rule: str
    path: JsonPath
    message: str
    hint: str | None = None

    @property
    def place(self) -> str:
        """The place as a JSON path."""
        return json_path(self.path)


class MatrixReport(Model):
    """All faults of one snapshot."""

    schema_version: Literal[1] = 1
    file: str
    profile: str
    strict: bool
    faults: tuple[MatrixFault, ...] = ()
    routes: int = 0

    @property
    def failed(self) -> bool:
        """Whether a rule is broken."""
        return bool(self.faults)


class MatrixChange(Model):
    """One difference between two snapshots; `old` or `new` is None where it is absent there."""

    kind: Literal["added", "removed", "changed"]
    what: str = Field(description="route, gate, source gap, operation boundary, operator contract, roll-up, other, ...")
    id: str
    field: str = ""
    old: Any = None
    new: Any = None


class MatrixDiff(Model):
    """How two snapshots differ. Both are only read: a difference permits nothing."""

    schema_version: Literal[1] = 1
    old: str
    new: str
    changes: tuple[MatrixChange, ...] = ()
