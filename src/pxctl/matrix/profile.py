"""The boundary profile that a snapshot is judged by: the contract's own is built in, others are data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pxctl.model.matrix import MatrixProfile


@cache
def contract() -> MatrixProfile:
    """The contract's own profile, the default of `matrix check`."""
    text = files("pxctl.matrix").joinpath("data/contract.json").read_text(encoding="utf-8")
    return MatrixProfile.model_validate_json(text)
