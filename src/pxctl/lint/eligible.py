"""Whether any request of a route can be answered by a deployment, whatever the signals say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pxctl.lint.reach import Box, Reach
from pxctl.lint.view import Deployment, View
from pxctl.model.base import MODALITIES, UNDETERMINED

if TYPE_CHECKING:
    from pxctl.model.provider import Provider
    from pxctl.model.routing import Constraints
    from pxctl.model.tenant import Tenant


def why_never(
    view: View, deployment: Deployment, reach: Reach, number: int, constraints: Constraints, fallback: bool = False
) -> str | None:
    """Why no request of a policy's route can go to a deployment, or None where one can; looked up once.

    `number` is the route's, from 0; the checks are in the engine's order.
    """
    key = (number, deployment.id, fallback)
    if key not in reach.verdicts:
        reach.verdicts[key] = _why_never(view, deployment, reach.boxes[number], reach, constraints, fallback)
    return reach.verdicts[key]


def _why_never(
    view: View, deployment: Deployment, box: Box, reach: Reach, constraints: Constraints, fallback: bool
) -> str | None:
    provider, model = deployment.provider, deployment.model
    statuses = ("active", "standby") if fallback else ("active",)
    if not provider.enabled:
        return "the provider is not enabled"
    if provider.status not in statuses:
        return f"the provider's status is {provider.status}"
    if provider.secret_policy == "required" and "api_key" not in provider.credential_refs():
        return "the provider requires a credential and names none"
    who = {
        (number, level)
        for number, level in box.who
        if not reach.classes[number] or any(allows(provider, tenant) for tenant in reach.classes[number])
    }
    if not who:
        return "no tenant of this route may use the provider"
    if box.values["modality"].isdisjoint(served(deployment)):
        return f"the model serves none of {_words(box.values['modality'])}"
    features = box.sets.get("features")
    if features is not None and not features.intersection(model.capabilities):
        return f"the model has none of {_words(features)}"
    languages = box.values["language"]
    if "*" not in model.languages and UNDETERMINED not in languages and not languages.intersection(model.languages):
        return f"the model speaks none of {_words(languages)}"
    ceiling = privacy_ceiling(view, provider)
    if min(view.privacy_rank[level] for _number, level in who) > ceiling:
        return f"the provider may see {provider.compliance.privacy_max or 'the lowest level'} at most"
    if constraints.regions is not None and deployment.region not in constraints.regions:
        return f"the route allows {_words(constraints.regions)} alone"
    if provider.compliance.data_regions and deployment.region not in provider.compliance.data_regions:
        return f"the provider's data_regions are {_words(provider.compliance.data_regions)}"
    input_, output = box.ranges["input_tokens"][0], box.ranges["output_tokens"][0]
    if model.context_tokens is not None and input_ + output > model.context_tokens:
        return f"the route takes {input_ + output:,} tokens and more, the model holds {model.context_tokens:,}"
    if model.max_output_tokens is not None and output > model.max_output_tokens:
        return f"the route asks for {output:,} tokens and more, the model writes {model.max_output_tokens:,}"
    return _too_dear(deployment, box, constraints)


def _too_dear(deployment: Deployment, box: Box, constraints: Constraints) -> str | None:
    """Compares the file's price of the cheapest request with the route's bound; a fresh quote may be lower, so only
    a factor of four counts."""
    price = deployment.model.price
    if price is None or constraints.max_cost_usd is None:
        return None
    cheapest = price.input_per_mtok
    if price.cached_input_per_mtok is not None:
        cheapest = min(cheapest, price.cached_input_per_mtok)
    cost = (box.ranges["input_tokens"][0] * cheapest + box.ranges["output_tokens"][0] * price.output_per_mtok) / 10**6
    if cost > constraints.max_cost_usd * 4:
        return f"its cheapest request costs ${cost:.4f}, the route allows ${constraints.max_cost_usd}"
    return None


def serves(deployment: Deployment, modality: str) -> bool:
    """Whether a model takes and gives what a modality needs."""
    return modality in served(deployment)


def served(deployment: Deployment) -> frozenset[str]:
    """The modalities of which a model takes and gives what they need."""
    has = deployment.model.modality
    return _served(has.input, has.output)


@cache
def _served(takes: tuple[str, ...], gives: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        name for name, (inputs, outputs) in MODALITIES.items() if inputs.issubset(takes) and outputs.issubset(gives)
    )


def privacy_ceiling(view: View, provider: Provider) -> int:
    """The rank of the highest level that a provider may see; an absent one is the lowest, an unknown one below all."""
    level = provider.compliance.privacy_max
    return 0 if level is None else view.privacy_rank.get(level, -1)


def allows(provider: Provider, tenant: Tenant) -> bool:
    """Whether a tenant may use a provider; deny wins."""
    names = {"*", tenant.id, f"tier:{tenant.tier}", f"business_line:{tenant.business_line}"}
    return bool(names.intersection(provider.tenants.allow)) and not names.intersection(provider.tenants.deny)


def _words(names: object) -> str:
    words = sorted(str(name) for name in names) if isinstance(names, (frozenset, tuple, set)) else []
    return ", ".join(words[:6]) + (" …" if len(words) > 6 else "")
