"""Deployments: providers, models, prices, weights, repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pxctl.core.secretlike import quoted
from pxctl.interop.litellm.config import mapping, number
from pxctl.interop.litellm.facts import entry_of, local, modality, official, stated_price
from pxctl.interop.litellm.rules import Hit, Subject, rule
from pxctl.interop.litellm.vocabulary import COMPLETE, KEYLESS, VENDORS, vocabulary
from pxctl.model.finding import Severity


@rule("PX0804", "litellm-unknown-provider", Severity.ERROR)
def unknown_provider(subject: Subject) -> Iterator[Hit]:
    """The model's prefix is no provider of LiteLLM, and the bare name is no model that it knows.

    Why: LiteLLM drops the deployment at the start, says so in its log, and serves the rest.

    Example:

        model: antropic/claude-sonnet-4-6

    Fix: correct the prefix, or set `custom_llm_provider`.
    """
    for deployment in subject.config.deployments:
        path = (*deployment.path, "litellm_params", "model")
        known = vocabulary().providers
        if deployment.provider and deployment.provider in known:
            continue
        if deployment.provider:
            message = f"`{deployment.provider}` is no provider of LiteLLM"
            yield Hit(message, (*path[:-1], "custom_llm_provider"), _near(deployment.provider))
            continue
        prefix, slash, _ = deployment.model.partition("/")
        if slash:
            yield Hit(f"`{prefix}` is no provider of LiteLLM", path, _near(prefix) or "see LiteLLM's list of providers")
        elif not deployment.wildcard:
            yield Hit(f"{quoted(deployment.model)} names no provider, and is no model that is known by its bare name",
                      path, "write `provider/model`")  # fmt: skip


def _near(word: str) -> str | None:
    close = get_close_matches(word, vocabulary().providers, 1, 0.7)
    return f"did you mean `{close[0]}`?" if close else None


@rule("PX0805", "litellm-unknown-model", Severity.WARNING)
def unknown_model(subject: Subject) -> Iterator[Hit]:
    """The vendor's own endpoint is asked for a model that the dated catalogue does not list.

    Why: a misspelt or retired model fails at the first request. A model newer than the catalogue is reported too.

    Fix: check the name against the vendor's list.
    """
    for deployment in subject.config.deployments:
        vendor = VENDORS.get(deployment.provider)
        if deployment.wildcard or vendor not in COMPLETE or not official(deployment, subject.catalogue):
            continue
        if entry_of(deployment, subject.catalogue) is None and not _special(deployment.params, deployment.name):
            names = [model.id for model in subject.catalogue.models.values() if model.vendor == vendor]
            close = get_close_matches(deployment.name, names, 1, 0.8)
            hint = f"did you mean `{close[0]}`?" if close else f"the catalogue is of {subject.catalogue.dated}"
            path = (*deployment.path, "litellm_params", "model")
            yield Hit(f"`{vendor}` lists no model {quoted(deployment.name)}", path, hint)


def _special(params: dict[str, Any], name: str) -> bool:
    """Fine-tunes, inference profiles and mocks have names of their own."""
    return name.startswith(("ft:", "arn:", "projects/", "responses/")) or "mock_response" in params or ":ft-" in name


@rule("PX0806", "litellm-unpriced-model", Severity.WARNING)
def unpriced_model(subject: Subject) -> Iterator[Hit]:
    """Neither the file nor the catalogue has a price for the model.

    Why: LiteLLM counts an unpriced model as free: budgets never stop it, and spend reports leave it out.

    Fix: state `input_cost_per_token` and `output_cost_per_token` in `model_info`, or `base_model`; 0 is a price.
    """
    for deployment in subject.config.deployments:
        if (
            deployment.wildcard
            or deployment.provider in KEYLESS
            or deployment.provider in ("auto_router", "")
            or local(deployment)
        ):
            continue
        entry = entry_of(deployment, subject.catalogue)
        by_name = subject.catalogue.find(VENDORS.get(deployment.provider), deployment.name)
        if stated_price(deployment) is not None or any(one is not None and one.price for one in (entry, by_name)):
            continue
        others = any(
            name.startswith(("input_cost_per", "output_cost_per")) for name in (*deployment.info, *deployment.params)
        )
        if others or modality(deployment, entry) in ("tts", "stt", "image") or _special(deployment.params, ""):
            continue
        if "rerank" in deployment.name or deployment.mode == "rerank":
            continue
        path = (*deployment.path, "litellm_params", "model")
        yield Hit(f"no price is known for {quoted(deployment.model)}; LiteLLM counts it as free", path,
                  "state it in model_info, or name a base_model")  # fmt: skip


@rule("PX0825", "litellm-retired-model", Severity.WARNING)
def retired_model(subject: Subject) -> Iterator[Hit]:
    """The vendor has retired the model by the day of the catalogue.

    Why: requests are refused, or answered by another model at another price.

    Fix: move to the vendor's successor.
    """
    day = subject.catalogue.dated
    for deployment in subject.config.deployments:
        entry = entry_of(deployment, subject.catalogue)
        if (
            entry is not None
            and entry.deprecated
            and day
            and entry.deprecated <= day
            and official(deployment, subject.catalogue)
        ):
            path = (*deployment.path, "litellm_params", "model")
            yield Hit(f"{quoted(deployment.model)} was retired on {entry.deprecated}", path)


@rule("PX0816", "litellm-bad-weight", Severity.ERROR)
def bad_weight(subject: Subject) -> Iterator[Hit]:
    """A weight is negative or no number, or all weights of a group are 0.

    Why: shuffling by negative weights raises an error, or never picks the deployment.

    Fix: write a number that is not negative; leave `weight` out for an equal share.
    """
    for deployment in subject.config.deployments:
        if "weight" in deployment.params and deployment.params["weight"] is not None:
            weight = number(deployment.params["weight"])
            if weight is None or weight < 0:
                path = (*deployment.path, "litellm_params", "weight")
                yield Hit(
                    f"the weight of a deployment of `{deployment.group}` is {quoted(deployment.params['weight'])}", path
                )
    for group, members in subject.config.groups.items():
        if len(members) > 1 and all(member.weight == 0 for member in members):
            yield Hit(f"every weight of `{group}` is 0", (*members[0].path, "litellm_params", "weight"))
        given = [member for member in members if member.weight is not None]
        if given and len(given) < len(members):
            other = next(member for member in members if member.weight is None)
            message = f"some deployments of `{group}` have a weight; this one has none and is never picked"
            yield Hit(message, (*other.path, "litellm_params", "model"), severity=Severity.WARNING)


@rule("PX0818", "litellm-duplicate-deployment", Severity.WARNING)
def duplicate_deployment(subject: Subject) -> Iterator[Hit]:
    """Two members of a group are the same deployment, or two deployments have the same `model_info.id`.

    Why: it doubles a share, and looks like a fallback that is none: both fail together.

    Fix: keep one; give it a weight if it is to have a larger share.
    """
    seen: dict[str, int] = {}
    ids: dict[str, int] = {}
    for deployment in subject.config.deployments:
        text = json.dumps([deployment.group, deployment.params], sort_keys=True, default=str)
        if text in seen:
            line = subject.config.source.span(("model_list", seen[text])).line
            yield Hit(f"`{deployment.group}` has this deployment already, on line {line}", deployment.path)
        seen.setdefault(text, deployment.index)
        id_ = mapping(deployment.outer.get("model_info")).get("id")
        if isinstance(id_, str) and id_ in ids:
            line = subject.config.source.span(("model_list", ids[id_])).line
            path = (*deployment.path, "model_info", "id")
            yield Hit(f"the id `{id_}` is taken, on line {line}", path, severity=Severity.ERROR)
        elif isinstance(id_, str):
            ids[id_] = deployment.index
