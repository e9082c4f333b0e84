"""Deployments of a LiteLLM file as providers of ours.

Deployments with the same connection (vendor, endpoint, credential, limits, parameters) share a provider.
`metadata.litellm` keeps what only LiteLLM understands, so that an export can write it again. Secrets are never taken
over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from pxctl.core.secretlike import looks_random, secret_format
from pxctl.interop.litellm.config import Config, Deployment, environment_name, mapping, number
from pxctl.interop.litellm.facts import base_of, host_of, local, zone
from pxctl.interop.litellm.names import free, model_id, slug
from pxctl.interop.litellm.rules.secrets import sensitive
from pxctl.interop.litellm.specs import SUPPORTS, spec_of
from pxctl.interop.litellm.vocabulary import BASES, KEYLESS, KEYS, KINDS
from pxctl.model.catalogue import Catalogue
from pxctl.model.interop import Note, NoteKind

# Parameters of one deployment, not of the connection.
PER_MODEL = frozenset({"model", "weight", "order", "tags", "custom_llm_provider", "model_info"})
PRICES = frozenset({"input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost"})
MAPPED = PER_MODEL | PRICES | {
    "api_key", "api_base", "base_url", "rpm", "tpm", "max_parallel_requests", "timeout", "max_retries",
}  # fmt: skip
_INFO_MAPPED = frozenset({*SUPPORTS, *PRICES, "mode", "max_input_tokens", "max_output_tokens", "base_model", "pxctl"})


def marker(deployment: Deployment) -> dict[str, Any]:
    """What our own export wrote beside a deployment, so that ids come back as they were."""
    return mapping(deployment.info.get("pxctl"))


@dataclass
class Draft:
    """A provider in the making."""

    id: str
    data: dict[str, Any]
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Providers:
    """All drafts, and which deployment became what."""

    config: Config
    catalogue: Catalogue
    drafts: dict[str, Draft] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    _by_key: dict[str, str] = field(default_factory=dict)

    def add(self, deployment: Deployment) -> None:
        """Give a deployment its provider, model and region."""
        model = model_id(deployment.name)
        if secret_format(deployment.model):
            where = (*deployment.path, "litellm_params", "model")
            self.note("for_you", f"a deployment of {deployment.group}", "its model looks like a secret", where)
            return
        said = marker(deployment).get("deployment")
        if isinstance(said, str) and (found := re.fullmatch(r"([a-z0-9-]+)/([^\s@]+)@([^\s@/]+)", said)):
            draft = self._marked(deployment, found[1], found[3])
            model, region = found[2], found[3]
        else:
            region = region_of(deployment)
            draft = self._draft(deployment, model, region)
        spec = spec_of(deployment, model, self.catalogue)
        draft.models.setdefault(model, spec)
        kept = {name: value for name, value in deployment.info.items() if name not in _INFO_MAPPED and name != "id"}
        kept = {name: value for name, value in kept.items() if harmless(name, value)}
        if deployment.info.get("base_model") is not None:
            kept["base_model"] = deployment.info["base_model"]
        if kept:
            draft.kept.setdefault(model, kept)
        self.references[deployment.index] = f"{draft.id}/{model}@{region}"

    def _draft(self, deployment: Deployment, model: str, region: str) -> Draft:
        shared = {name: value for name, value in deployment.params.items() if name not in PER_MODEL | PRICES}
        limited = any(deployment.limit(name) for name in ("rpm", "tpm")) or "max_parallel_requests" in shared
        identity = [
            deployment.provider or deployment.model,
            region,
            shared,
            deployment.limit("rpm"),
            deployment.limit("tpm"),
        ]
        key = json.dumps([*identity, model if limited else ""], sort_keys=True, default=str)
        spec = json.dumps(spec_of(deployment, model, self.catalogue), sort_keys=True, default=str)
        number_ = 0
        while True:
            id_ = self._by_key.get(f"{key}#{number_}")
            if id_ is None:
                id_ = self._by_key[f"{key}#{number_}"] = self._name(deployment, region)
                self.drafts[id_] = Draft(id_, self._data(deployment, id_, region))
                return self.drafts[id_]
            known = self.drafts[id_].models.get(model)
            if known is None or json.dumps(known, sort_keys=True, default=str) == spec:
                return self.drafts[id_]
            number_ += 1

    def _marked(self, deployment: Deployment, id_: str, region: str) -> Draft:
        if id_ not in self.drafts:
            self.drafts[id_] = Draft(id_, self._data(deployment, id_, region))
        else:
            endpoints = self.drafts[id_].data["endpoints"]
            if all(endpoint["region"] != region for endpoint in endpoints):
                endpoints.append({"region": region, "url": self._url(deployment, quiet=True)})
        return self.drafts[id_]

    def _name(self, deployment: Deployment, region: str) -> str:
        vendor = slug(deployment.provider or deployment.model.partition("/")[0])
        host = host_of(base_of(deployment) or "")
        labels = [
            label for label in host.split(".") if label not in ("www", "api", "com", "org", "net", "svc", "local")
        ]
        label = slug(labels[0], 24) if labels and not re.fullmatch(r"[0-9.]+", host) else ""
        for wanted in (vendor, f"{vendor}-{region}", f"{vendor}-{label}" if label else vendor):
            if wanted not in self.drafts:
                return wanted
        return free(f"{vendor}-{label}" if label else vendor, self.drafts)

    def _data(self, deployment: Deployment, id_: str, region: str) -> dict[str, Any]:
        params, where = deployment.params, (*deployment.path, "litellm_params")
        data: dict[str, Any] = {
            "id": id_,
            "display_name": f"{deployment.provider or deployment.model} (from LiteLLM)",
            "kind": KINDS.get(deployment.provider, "other"),
            "status": "active",
            "endpoints": [{"region": region, "url": self._url(deployment)}],
        }
        data |= self._credentials(deployment, id_)
        timeout = number(params.get("timeout")) or number(self.config.setting("request_timeout")[0])
        timeout = timeout or number(self.config.setting("timeout")[0])
        if timeout and 0.001 <= timeout <= 3600:
            data["timeout_ms"] = round(timeout * 1000)
        retries = number(params.get("max_retries", self.config.setting("num_retries")[0]))
        if retries is not None and retries >= 0:
            data["retries"] = {"max": min(int(retries), 10)}
        limits = {
            "rpm": deployment.limit("rpm"),
            "tpm": deployment.limit("tpm"),
            "concurrency": number(params.get("max_parallel_requests")),
        }
        found = {name: int(value) for name, value in limits.items() if value is not None and value >= 1}
        if found:
            data["limits"] = found
        if params.get("api_version") is not None and not isinstance(params["api_version"], dict | list):
            data["options"] = {"api_version": str(params["api_version"])}
        kept: dict[str, Any] = {}
        for name, value in params.items():
            if name in MAPPED or name == "api_version" or name in data.get("credentials", {}):
                continue
            if harmless(name, value):
                kept[name] = value
            else:
                self.note("for_you", f"{id_}: {name}", "a value in plain text is not taken over", (*where, name))
        if environment_name(params.get("api_base")):
            kept["api_base"] = params["api_base"]
        data["metadata"] = {"litellm": {"provider": deployment.provider, **({"params": kept} if kept else {})}}
        return data

    def _credentials(self, deployment: Deployment, id_: str) -> dict[str, Any]:
        params = deployment.params
        others = {}
        for name, value in params.items():
            variable = environment_name(value)
            if variable and name != "api_key" and sensitive(name) and _variable(variable):
                others[name] = self._env(variable, id_)
        found: dict[str, Any] = {"credentials": others} if others else {}
        variable = environment_name(params.get("api_key"))
        if variable and _variable(variable):
            return {"credential_ref": self._env(variable, id_), **found}
        literal = params.get("api_key")
        where = (*deployment.path, "litellm_params", "api_key")
        if isinstance(literal, str) and literal and not _stand_in(literal):
            name = KEYS.get(deployment.provider, slug(id_).replace("-", "_").upper() + "_API_KEY")
            self.note("for_you", f"{id_}: api_key", f"the key in plain text is not taken over; put it into {name}, "
                      "and renew it where it was real", where)  # fmt: skip
            return {"credential_ref": self._env(name, id_), **found}
        if literal is None and deployment.provider in KEYS and not local(deployment):
            return {"credential_ref": self._env(KEYS[deployment.provider], id_), **found}
        keyless = deployment.provider in KEYLESS
        return {"secret_policy": "none" if keyless and not found else "optional", **found}

    def _env(self, variable: str, id_: str) -> str:
        self.variables.setdefault(variable, id_)
        return f"env://{variable}"

    def _url(self, deployment: Deployment, quiet: bool = False) -> str:
        base = base_of(deployment)
        if base is not None:
            plain = re.sub(r"(?<=://)[^/]*@|[?#].*", "", base)
            if plain != base and not quiet:
                why = "what stood before `@` or after `?` of its URL is not taken over: it may be a secret"
                self.note("for_you", f"{deployment.group}: endpoint", why, (*deployment.path, "litellm_params"))
            return plain
        params = deployment.params
        written = params.get("api_base", params.get("base_url"))
        region = params.get("aws_region_name") or params.get("region_name")
        location = params.get("vertex_location") or params.get("vertex_ai_location")
        if written is None and deployment.provider in BASES:
            return BASES[deployment.provider]
        if (
            written is None
            and deployment.provider == "bedrock"
            and isinstance(region, str)
            and not environment_name(region)
        ):
            return f"https://bedrock-runtime.{region}.amazonaws.com"
        if written is None and deployment.provider == "vertex_ai" and isinstance(location, str):
            front = "" if location == "global" or environment_name(location) else f"{location}-"
            return f"https://{front}aiplatform.googleapis.com"
        name = environment_name(written) or f"{deployment.provider or 'unknown'}_endpoint"
        if not quiet:
            where = (*deployment.path, "litellm_params", *(["api_base"] if "api_base" in params else []))
            why = f"the URL is not in the file (`{name}`); write it into the provider's `endpoints`"
            self.note("for_you", f"{deployment.group}: endpoint", why, where)
        return f"https://{slug(name)}.invalid"

    def note(self, kind: NoteKind, subject: str, why: str, path: tuple[str | int, ...]) -> None:
        """Remember what did not come over as it is."""
        self.notes.append(Note(kind=kind, subject=subject, why=why, span=self.config.source.span(path)))

    def finished(self) -> dict[str, dict[str, Any]]:
        """Every provider's file content by id."""
        found = {}
        for id_, draft in self.drafts.items():
            data = {name: value for name, value in draft.data.items() if name != "metadata"}
            data["models"] = list(draft.models.values())
            metadata = draft.data["metadata"]
            if draft.kept:
                metadata = {"litellm": metadata["litellm"] | {"model_info": draft.kept}}
            found[id_] = {**data, "metadata": metadata}
        return found


def region_of(deployment: Deployment) -> str:
    """The region of ours: the zone, else `local` on a private network, else `global`."""
    return zone(deployment) or ("local" if local(deployment) else "global")


def harmless(name: str, value: Any) -> bool:
    """Whether a value may be written down again: neither a secret, nor under a name that holds one."""
    if isinstance(value, dict):
        return all(harmless(str(key), item) for key, item in value.items())
    if isinstance(value, list):
        return all(harmless(name, item) for item in value)
    if not isinstance(value, str):
        return True
    if environment_name(value):
        return True
    return not (sensitive(name) or secret_format(value) or looks_random(value))


def _variable(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None


def _stand_in(literal: str) -> bool:
    from pxctl.interop.litellm.rules.secrets import _PLACEHOLDER

    return bool(_PLACEHOLDER.fullmatch(literal)) or (len(literal) < 16 and not literal.startswith("sk-"))
