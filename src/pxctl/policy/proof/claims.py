"""Judging guarantees: for each claim, the entries that could break it, and the requests that do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pxctl.model.governance import Condition, Guarantee
from pxctl.model.proof import Counterexample, GuaranteeResult
from pxctl.policy.compile import Compiled
from pxctl.policy.fleet import Deployment
from pxctl.policy.integers import pico
from pxctl.policy.proof.bounds import GapError, dearest, slowest
from pxctl.policy.proof.eligible import TENANT, Eligibility, Option, Witness
from pxctl.policy.proof.outage import any_of, weak_point
from pxctl.policy.proof.search import Search, TooLargeError, meet
from pxctl.policy.proof.space import Box, Space, seats_of
from pxctl.policy.proof.witness import Amounts, request, show


@dataclass(slots=True)
class Question:
    """One guarantee on one policy."""

    compiled: Compiled
    guarantee: Guarantee
    space: Space
    search: Search
    eligible: Eligibility


def judge(compiled: Compiled, guarantee: Guarantee) -> GuaranteeResult:
    """The verdict on one guarantee, over every policy that it names (default: all that tenants have)."""
    names = guarantee.policies or tuple(compiled.config.policies)
    looked: list[str] = []
    parts, status, message, shown = 0, "holds", "", None
    for name in names:
        if name not in compiled.config.policies:
            status, message = "undecided", f"there is no policy `{name}`"
            break
        if not seats_of(compiled, name):
            continue
        space = Space(compiled, compiled.policy(name), guarantee.when)
        if space.empty:
            continue
        looked.append(name)
        question = Question(compiled, guarantee, space, Search.of(space), Eligibility(space))
        try:
            shown = _break(question)
        except TooLargeError as error:
            status, message = "undecided", f"{error.message}; {error.hint}"
        except GapError as error:
            status, message = "undecided", str(error)
        parts += question.search.nodes
        if shown is not None:
            status, message = "broken", shown.message
        if status != "holds":
            break
    if status == "holds" and not looked:
        status, message = "vacuous", "no tenant's request is meant by it"
    return GuaranteeResult.model_validate({
        "name": guarantee.name, "description": guarantee.description, "claim": claim(guarantee), "status": status,
        "policies": tuple(looked), "message": message, "counterexample": shown, "parts": parts,
    })  # fmt: skip


def claim(guarantee: Guarantee) -> str:
    """The claim in a few words."""
    if guarantee.cost_at_most is not None:
        return f"no request costs more than ${guarantee.cost_at_most}"
    if guarantee.latency_at_most is not None:
        return f"no request takes longer than {guarantee.latency_at_most} ms"
    if guarantee.survives is not None:
        asked = guarantee.survives
        kinds = ((asked.providers_down, "provider"), (asked.regions_down, "region"))
        parts = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in kinds if n]
        return f"every request survives {' and '.join(parts)} down" if parts else "every request is served"
    word, condition = ("always", guarantee.always) if guarantee.always else ("never", guarantee.never)
    fields = condition.model_dump(exclude_none=True) if condition else {}
    return f"{word} " + ", ".join(
        f"{name} {', '.join(map(str, value)) if isinstance(value, tuple) else value}" for name, value in fields.items()
    )


def _break(question: Question) -> Counterexample | None:
    guarantee = question.guarantee
    condition = guarantee.always or guarantee.never
    if condition is not None:
        return _condition(question, condition, guarantee.always is not None)
    if guarantee.survives is not None:
        return _survives(question, guarantee.survives.providers_down, guarantee.survives.regions_down)
    if guarantee.cost_at_most is not None:
        limit = pico(guarantee.cost_at_most)
        return _options(question, lambda o, p: dearest(question.eligible, o, p, limit), lambda _d: True, first=True)
    limit_ms = guarantee.latency_at_most or 0
    return _options(question, lambda o, p: slowest(question.eligible, o, p, limit_ms), lambda _d: True)


Test = Callable[[Option, Box], tuple[Witness, str] | None]


def _condition(question: Question, condition: Condition, always: bool) -> Counterexample | None:
    compiled, refused = question.compiled, condition.refused
    about = bool(set(condition.model_dump(exclude_none=True)) - {"refused"})
    fault = refused is False if always else refused is True and not about
    if fault and (found := _survives(question, 0, 0, ceilings=True)) is not None:
        return found
    everybody = frozenset(range(len(compiled.fleet.deployments)))
    if always:
        bad = everybody if refused else everybody - _meets(compiled, condition)
    else:
        bad = frozenset() if refused else _meets(compiled, condition)
    if not bad:
        return None
    word = "is not what it must always be" if always else "is what it must never be"

    def test(option: Option, part: Box) -> tuple[Witness, str] | None:
        witness = question.eligible.may(option, part)
        return None if witness is None else (witness, f"`{option.deployment.id}` may be chosen, and {word}")

    return _options(question, test, lambda d: d.index in bad)


def _meets(compiled: Compiled, condition: Condition) -> frozenset[int]:
    """Fleet indices of the deployments that a condition describes."""
    named = condition.deployments
    expanded = {d.index for text in named or () for d in compiled.fleet.expand(text)}

    def holds(d: Deployment) -> bool:
        return (
            (named is None or d.index in expanded)
            and (condition.providers is None or d.provider in condition.providers)
            and (condition.regions is None or d.region in condition.regions)
            and (condition.kinds is None or d.kind in condition.kinds)
            and (condition.capabilities is None or d.capabilities.issuperset(condition.capabilities))
            and (condition.privacy_max is None or d.privacy_max in condition.privacy_max)
            and (condition.training_on_data is None or bool(d.training_on_data) == condition.training_on_data)
        )

    return frozenset(d.index for d in compiled.fleet.deployments if holds(d))


def _options(
    question: Question, test: Test, meant: Callable[[Deployment], bool], *, first: bool = False
) -> Counterexample | None:
    """The first deployment, among those meant, for which the test finds a request."""
    space, eligible = question.space, question.eligible
    possible = [d for d in question.compiled.fleet.deployments if meant(d) and all(eligible.box(d))]
    mask = sum(1 << d.index for d in possible)
    touched, _, _ = question.search.touched(space.everything)
    wanted = 0
    for number in _routes(space, touched):
        if space.policy.named(number) & mask:
            wanted |= 1 << number + space.first
    for part, entry in question.search.leaves(space.everything, wanted):
        number = entry - space.first
        for plan, tenants in eligible.arms(number):
            mine = (*part[:TENANT], part[TENANT] & tenants, *part[TENANT + 1 :])
            if not mine[TENANT]:
                continue
            for option in eligible.options(plan):
                if mask >> option.deployment.index & 1 and (found := test(option, mine)) is not None:
                    witness, message = found
                    amounts = Amounts(witness.input_tokens, witness.output_tokens, witness.cached_tokens)
                    context = request(space, witness.part, amounts, number, plan.arm)
                    return show(question.compiled, space, context, option.deployment.id, message, first=first)
    return None


def _routes(space: Space, entries: int) -> Iterator[int]:
    for number in range(space.routes):
        if entries >> (number + space.first) & 1:
            yield number


def _survives(question: Question, providers: int, regions: int, *, ceilings: bool = False) -> Counterexample | None:
    space, eligible, compiled = question.space, question.eligible, question.compiled
    routes = ((1 << space.routes) - 1) << space.first
    wanted = routes | 1 << space.none | ((1 << space.first) - 1 if ceilings else 0)
    kill = any_of(providers, regions)
    for part, entry in question.search.leaves(space.everything, wanted):
        number = space.route(entry)
        if number is None:
            why = "matches no route" if entry == space.none else "is above its tenant's privacy ceiling"
            return show(compiled, space, request(space, part), None, f"the request {why} and is refused")
        for plan, tenants in eligible.arms(number):
            mine = meet(part, (*space.everything[:TENANT], tenants, *space.everything[TENANT + 1 :]))
            if not mine[TENANT] or (weak := weak_point(eligible, plan, mine, kill)) is None:
                continue
            context = request(space, weak.part, Amounts(weak.input_tokens, weak.output_tokens), number, plan.arm)
            gone = f"with {' and '.join(weak.down)} down nothing is left" if weak.down else "no deployment may serve it"
            shown = show(compiled, space, context, None, f"route `{plan.route.name}`: {gone}")
            return shown.model_copy(update={"down": weak.down})
    return None
