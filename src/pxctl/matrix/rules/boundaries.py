"""S2, P1, P2, O1, O2: the snapshot says what it is, and that nothing is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.matrix.look import NOTHING, Look, fault, shown
from pxctl.model.matrix import SNAPSHOT_SCHEMA, MatrixFault, MatrixProfile


def check(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    """Exactly true and exactly false: 1, 0, "true" and null are neither."""
    version = look.top.get("schema_version", NOTHING)
    if version != SNAPSHOT_SCHEMA:
        yield fault("S2", ("schema_version",), f"the schema version is {shown(version)}, not `{SNAPSHOT_SCHEMA}`")
    mode = look.object("program_status").get("read_only_mode", NOTHING)
    if mode is not True:
        yield fault("P1", ("program_status", "read_only_mode"), f"read-only mode is {shown(mode)}, not exactly `true`")
    for name, value in look.object("approval_boundaries", optional=True).items():
        if value is not False:
            yield fault("P2", ("approval_boundaries", name), f"`{name}` is {shown(value)}, not exactly `false`")
    operations = look.object("operation_boundaries")
    for name in profile.allowed_operations:
        value = operations.get(name, NOTHING)
        if value is not True:
            yield fault("O1", ("operation_boundaries", name), f"`{name}` is {shown(value)}, not exactly `true`")
    for name in profile.denied_operations:
        value = operations.get(name, NOTHING)
        if value is not False:
            yield fault("O2", ("operation_boundaries", name), f"`{name}` is {shown(value)}, not exactly `false`")
