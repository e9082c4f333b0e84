from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from pxctl.core.secret import Secret
from pxctl.model.doctor import Checkup
from pxctl.report.json import to_json


class Colour(StrEnum):
    RED = "red"


@dataclass
class Thing:
    colour: Colour
    price: Decimal
    when: datetime
    share: float
    names: frozenset[str]


def test_every_document_says_its_version_first_and_keeps_exact_numbers() -> None:
    moment = datetime(2026, 11, 1, 10, tzinfo=UTC)
    text = to_json(Thing(Colour.RED, Decimal("0.10"), moment, float("nan"), frozenset({"b", "a"})))
    document = json.loads(text)
    assert next(iter(document)) == "schema_version"
    assert document == {
        "schema_version": 1, "colour": "red", "price": "0.10", "when": "2026-11-01T10:00:00Z", "share": None,
        "names": ["a", "b"],
    }  # fmt: skip
    assert text.endswith("}\n")
    assert json.loads(to_json(Checkup(repository="x"))) == {"schema_version": 1, "repository": "x", "checks": []}


def test_a_list_is_wrapped_so_that_it_can_grow() -> None:
    assert json.loads(to_json([1, 2])) == {"schema_version": 1, "items": [1, 2]}


def test_a_secret_has_no_json_form() -> None:
    with pytest.raises(TypeError, match="Secret has no JSON form"):
        to_json({"key": Secret("correct horse battery")})
