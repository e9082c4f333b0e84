"""D1, D2, K1: what operators must not read into the snapshot, and what must never stand in it."""

from __future__ import annotations

from collections.abc import Iterator

from pxctl.matrix.look import NOTHING, Look, fault, kind_of, walk
from pxctl.model.matrix import MatrixFault, MatrixProfile


def check(look: Look, profile: MatrixProfile) -> Iterator[MatrixFault]:
    """Every denial to the letter, the switch policy's words, and no secret-like key at any depth."""
    contract = look.object("operator_contract")
    path = ("operator_contract", "must_not_interpret_as")
    denials = contract.get("must_not_interpret_as", NOTHING)
    if not isinstance(denials, list | dict):
        yield fault("D1", path, f"the denials are {kind_of(denials)}, where a list of sentences belongs")
        denials = []
    for i, item in enumerate(denials):
        if not isinstance(item, str):
            yield fault("D1", (*path, i), f"a denial is {kind_of(item)}, where a sentence belongs")
    for sentence in profile.denials:
        if sentence not in denials:
            yield fault("D1", path, f"the denial `{sentence}` is missing", "it must stand there to the letter")
    policy = contract.get("provider_switch_policy", NOTHING)
    place = ("operator_contract", "provider_switch_policy")
    if not isinstance(policy, str | list):
        yield fault("D2", place, f"the switch policy is {kind_of(policy)}, where a sentence belongs")
        policy = ""
    for words in profile.switch_policy_holds:
        if words not in policy:
            yield fault("D2", place, f"the switch policy lacks `{words}`")
    parts = [part.casefold() for part in profile.secret_key_parts]
    for where, value in walk(look.top):
        for key in value if isinstance(value, dict) else ():
            held = next((part for part in parts if part in str(key).casefold()), None)
            if held is not None:
                message = f"the key names a secret (`{held}`)"
                yield fault("K1", (*where, key), message, "a snapshot holds neither secrets nor places for them")
