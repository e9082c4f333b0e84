"""What is known of a deployment beyond its lines: its catalogue entry, modality, context, price, region."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from typing import Any

from pxctl.interop.litellm.config import Deployment, environment_name, number
from pxctl.interop.litellm.vocabulary import BASES, VENDORS
from pxctl.model.catalogue import Catalogue, CatalogueModel
from pxctl.model.provider import Price

MODES = {
    "chat": "chat", "completion": "chat", "responses": "chat", "messages": "chat", "embedding": "embedding",
    "audio_transcription": "stt", "audio_speech": "tts", "image_generation": "image", "image_edit": "image",
}  # fmt: skip
_ZONES = (
    (
        "eu",
        r"eu|eu-(west-[13]|central-[12]|north-1|south-[12])"
        r"|europe(-(west[134589]|west1[02]|north\d|central\d|southwest\d))?|(west|north)europe"
        r"|(sweden|france|germanywest|poland|italy|spain)(central|north|south)|switzerland(north|west)|norway(east|west)",
    ),
    ("uk", r"uk(south|west)?|eu-west-2|europe-west2"),
    (
        "us",
        r"us|us-(east|west|central|south|gov-[a-z]+|east\d|west\d|central\d)(-?\d)?"
        r"|(east|west|central|northcentral|southcentral|westcentral)us\d?",
    ),
    (
        "apac",
        r"ap|apac|jp|au|ap-[a-z]+-\d|asia(-[a-z]+\d)?|(japan|korea|australia|southeast|east)(east|west|central|asia)"
        r"|(south|central|west)india|australia-southeast\d",
    ),
)
_PATTERNS = [(zone, re.compile(pattern)) for zone, pattern in _ZONES]
_HOMES = {"mistral": "eu", "openai": "us", "anthropic": "us", "groq": "us", "gemini": "us", "cohere": "us"}
"""Where a vendor's one public endpoint answers from, as its own pages say; others are left open."""


def zone_of(region: str) -> str | None:
    """The residency zone of a vendor's region name, or None where it says none."""
    for zone, pattern in _PATTERNS:
        if pattern.fullmatch(region.lower()):
            return zone
    return None


def stated_zone(deployment: Deployment) -> str | None:
    """The zone that the configuration itself names: a region parameter, a model prefix, or the endpoint's host."""
    for name in ("aws_region_name", "region_name", "vertex_location", "vertex_ai_location", "watsonx_region_name"):
        value = deployment.params.get(name)
        if isinstance(value, str) and not environment_name(value) and zone_of(value):
            return zone_of(value)
    parts = re.split(r"[/.]", deployment.name)
    if deployment.provider in ("bedrock", "azure") and parts[0] in ("eu", "us", "apac", "jp", "au"):
        return zone_of(parts[0])
    if deployment.provider == "bedrock" and parts[0] == "converse" and len(parts) > 1:
        return zone_of(parts[1])
    host = host_of(base_of(deployment) or "")
    for word in re.split(r"[.-]", host):
        if word != "us" and zone_of(word):
            return zone_of(word)
    for width in (2, 3):
        words = host.replace(".", "-").split("-")
        for i in range(len(words) - width + 1):
            found = zone_of("-".join(words[i : i + width]))
            if found:
                return found
    return "us" if host.startswith("us.") else None


def zone(deployment: Deployment) -> str | None:
    """The stated zone, else the home of a vendor that has one endpoint and was not pointed elsewhere."""
    stated = stated_zone(deployment)
    if stated or deployment.params.get("api_base") or deployment.params.get("base_url"):
        return stated
    return _HOMES.get(deployment.provider)


def base_of(deployment: Deployment) -> str | None:
    """The endpoint's URL as written, if it is a plain one."""
    for name in ("api_base", "base_url"):
        value = deployment.params.get(name)
        if isinstance(value, str) and value.startswith(("http://", "https://")) and not re.search(r"\s", value):
            return value
    return None


def host_of(url: str) -> str:
    """The host of a URL, in lower case, without user and port."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()


def local(deployment: Deployment) -> bool:
    """Whether the endpoint is on this machine or a private network: a name without a public ending."""
    url = base_of(deployment) or ("" if deployment.params.get("api_base") else BASES.get(deployment.provider, ""))
    host = host_of(url)
    private = re.fullmatch(
        r"localhost|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|0\.0\.0\.0|host\.docker\.internal", host
    )
    return bool(host) and (private is not None or "." not in host or host.endswith((".local", ".internal", ".lan")))


def official(deployment: Deployment, catalogue: Catalogue) -> bool:
    """Whether it is called at the vendor's own endpoint, so that the vendor's list of models applies."""
    base = base_of(deployment)
    if base is None:
        return not (deployment.params.get("api_base") or deployment.params.get("base_url"))
    return catalogue.vendor_of("", base) == VENDORS.get(deployment.provider)


def entry_of(deployment: Deployment, catalogue: Catalogue) -> CatalogueModel | None:
    """The catalogue's entry: by `base_model`, by the provider's vendor, or by the host of the endpoint."""
    base_model = deployment.info.get("base_model")
    if isinstance(base_model, str):
        prefix, _, rest = base_model.partition("/")
        for vendor, name in (
            (VENDORS.get(prefix), rest),
            (VENDORS.get(deployment.provider), base_model),
            ("openai", base_model),
        ):
            found = catalogue.find(vendor, name)
            if found is not None:
                return found
    base = base_of(deployment)
    vendors = [catalogue.vendor_of("", base) if base else None]
    if deployment.provider not in ("openai", "custom_openai") or not (deployment.params.get("api_base") or base):
        vendors.append(VENDORS.get(deployment.provider))
    for vendor in vendors:
        for name in _spellings(deployment):
            found = catalogue.find(vendor, name)
            if found is not None:
                return found
    return None


def _spellings(deployment: Deployment) -> list[str]:
    name = deployment.name
    found = [name, deployment.model, name.replace("@", "-")]
    if deployment.provider == "bedrock":
        found.append(name.removeprefix("converse/").removeprefix("invoke/"))
        found.append(re.sub(r"^(us|eu|apac|jp|au|global)\.", "", found[-1]))
    if deployment.provider == "vertex_ai":
        found.append(name.split("@")[0])
    return found


def modality(deployment: Deployment, entry: CatalogueModel | None) -> str | None:
    """chat, embedding, tts, stt or image; None where nothing says so."""
    if deployment.mode is not None:
        return MODES.get(deployment.mode)
    return entry.mode if entry is not None else None


def context(deployment: Deployment, entry: CatalogueModel | None) -> int | None:
    """The context window in tokens."""
    stated = number(deployment.info.get("max_input_tokens"))
    if stated is not None and stated >= 1:
        return int(stated)
    return entry.context_tokens if entry is not None else None


def _per_million(value: Any) -> Decimal | None:
    amount = number(value)
    if amount is None and isinstance(value, str) and re.fullmatch(r"[0-9.]+(e-?[0-9]+)?", value):
        amount = float(value)
    if amount is None or amount < 0:
        return None
    return (Decimal(repr(amount)) * 1_000_000).quantize(Decimal("0.000001"), rounding=ROUND_UP)


def stated_price(deployment: Deployment) -> Price | None:
    """The price in the file: in `model_info` or in `litellm_params`, USD per million tokens."""
    for where in (deployment.info, deployment.params):
        into = _per_million(where.get("input_cost_per_token"))
        if into is not None:
            return Price(
                input_per_mtok=into,
                cached_input_per_mtok=_per_million(where.get("cache_read_input_token_cost")),
                output_per_mtok=_per_million(where.get("output_cost_per_token")) or Decimal(0),
            )
    return None
