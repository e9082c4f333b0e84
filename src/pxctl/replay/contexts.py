"""Blocks of checked columns as request contexts, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pxctl.model.context import Context
from pxctl.replay.draws import request_keys
from pxctl.replay.population import Column
from pxctl.replay.rows import NUMBERS, Block

_SET = set(Context.model_fields)


def contexts(block: Block, columns: Mapping[str, Column], seed: int) -> Iterator[Context]:
    """The contexts of a block's rows. Every value was checked when its column was made, so none is checked again."""
    names = tuple(columns)
    values = [[column.values[code] for code in column.codes] for column in columns.values()]
    numbers = [getattr(block, name).tolist() for name in NUMBERS]
    trace_ids = block.given.get("trace_id") or [""] * len(block)
    users = block.given.get("user") or [""] * len(block)
    keys = request_keys(seed, block.rows()).tolist()
    fields = (*names, *NUMBERS, "trace_id", "user", "request_key")
    for row in zip(*values, *numbers, trace_ids, users, keys, strict=True):
        made = dict(zip(fields, row, strict=True))
        if made["trace_id"]:
            made["request_key"] = None
        made["user"] = made["user"] or None
        yield trusted(made)


def trusted(fields: dict[str, Any]) -> Context:
    """A context from values that are right by construction; all fields must be given."""
    made = Context.__new__(Context)
    put = object.__setattr__
    put(made, "__dict__", fields)
    put(made, "__pydantic_fields_set__", _SET)
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made
