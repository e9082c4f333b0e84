"""Judging a snapshot: every fault in one run, and never a crash."""

from __future__ import annotations

from typing import Any

from pxctl.matrix.look import Look, fault, kind_of
from pxctl.matrix.rules import boundaries, operator, rollups, routes, strict
from pxctl.matrix.snapshot import parse
from pxctl.model.matrix import MatrixFault, MatrixProfile, MatrixReport

RULES = {
    "F2": "the file is UTF-8 JSON",
    "S1": "the top level is an object",
    "S2": "the schema version is the one of the contract",
    "T1": "lists are lists and objects are objects",
    "P1": "read-only mode is exactly true",
    "P2": "every approval boundary is exactly false",
    "O1": "the read-only interface is exactly allowed",
    "O2": "every other operation is present and exactly denied",
    "R1": "total_routes counts the routes",
    "R2": "by_kind counts the routes by kind",
    "R3": "by_status counts the routes by status",
    "R4": "by_route_gate counts the routes by gate",
    "R5": "routes that require action are listed",
    "R6": "gates that require approval are listed",
    "R7": "source gaps are listed",
    "R8": "nothing is counted as allowed",
    "E1": "every route has policy, order, fallback, evidence and next action",
    "E2": "the required routes are there",
    "E3": "kinds with a fixed status have it",
    "G1": "the required gates are there",
    "G2": "every gate requires approval",
    "D1": "every denial stands there to the letter",
    "D2": "the switch policy holds the required words",
    "K1": "no key names a secret",
    "X1": "strict: no value looks like a secret",
    "X2": "strict: ids are unique",
    "X3": "strict: no unknown flag allows anything",
    "X4": "strict: approval boundaries are stated",
    "X5": "strict: no forbidden key",
    "X6": "strict: lists of texts are lists of texts",
    "X7": "strict: counts are whole numbers",
    "X8": "strict: everything has an id",
    "X9": "strict: no key stands twice",
}
"""Every rule and what it asks for; F1 (there is a file) is an error of use, not a fault of a file."""

_ORDER = {rule: i for i, rule in enumerate(RULES)}


def judge(value: Any, profile: MatrixProfile, *, strict_too: bool = False) -> tuple[MatrixFault, ...]:
    """Every fault of a snapshot's value, by rule and place."""
    if not isinstance(value, dict):
        return (fault("S1", (), f"the top level is {kind_of(value)}, where an object belongs"),)
    look = Look(value)
    found: list[MatrixFault] = []
    for rules in (boundaries, rollups, routes, operator):
        found.extend(rules.check(look, profile))
    if strict_too:
        found.extend(strict.check(look, profile))
    found.extend(look.misshapen.values())
    return tuple(sorted(found, key=lambda one: (_ORDER[one.rule], [str(step).rjust(6) for step in one.path])))


def check(raw: bytes, file: str, profile: MatrixProfile, *, strict_too: bool = False) -> MatrixReport:
    """Judge the bytes of a snapshot."""
    value, unreadable = parse(raw)
    faults = (unreadable,) if unreadable else judge(value, profile, strict_too=strict_too)
    routes_there = value.get("provider_routes") if isinstance(value, dict) else None
    count = len(routes_there) if isinstance(routes_there, list) else 0
    return MatrixReport(file=file, profile=profile.name, strict=strict_too, faults=faults, routes=count)
