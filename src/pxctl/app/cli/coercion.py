"""From words on the command line to values, without pydantic where none is needed.

typer 0.29 builds an adapter for every option, given or not, which takes longer than linting a file. Here an adapter is
built when there is a value that needs one: texts, paths without conditions, and defaults need none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer._coercion import RuntimeParam, TypeDescriptor, build_runtime_param  # typer is pinned to one minor version

_PATH_CONDITIONS = ("exists", "writable", "executable", "resolve_path", "allow_dash", "path_type", "parser")


@dataclass(frozen=True)
class Later(RuntimeParam):
    """What typer asks to turn a parameter's words into its value."""

    descriptor: TypeDescriptor

    def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
        make = {str: str, Path: Path, list[str]: str, list[Path]: Path}.get(self.annotation)
        if isinstance(self.annotation, type) and isinstance(value, self.annotation):
            return value
        if make is None or any(getattr(self.parameter_info, name, None) for name in _PATH_CONDITIONS):
            return build_runtime_param(self.descriptor)._coerce_value(value, param=param, ctx=ctx)
        return make(value) if isinstance(value, str) else [make(item) for item in value]


def spare(parameter: Any) -> None:
    """Let a parameter of typer's build its adapter only when it must."""
    descriptor = parameter.type_descriptor
    parameter._runtime_param = Later(descriptor.parameter_info, descriptor.annotation, descriptor)
