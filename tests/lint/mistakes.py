# ruff: noqa: E501 - a table, one mistake a line
"""The mistakes that issue 3 lists, one planted into the clean base each: what is wrong, where, and the code that says so."""

from __future__ import annotations

from typing import NamedTuple

OPENAI, AZURE, OLLAMA = "providers/openai-main.yaml", "providers/azure-eu.yaml", "providers/ollama-local.yaml"
POLICY, ROSTER, FLAGS = "routing-policies/default.yaml", "tenants/all.yaml", "feature_flags/provider.yaml"
PROJECT, GUARANTEES, SCENARIO, KEYS = "pxctl.yaml", "guarantees.yaml", "scenarios/azure-outage.yaml", "config_keys.yaml"


class Mistake(NamedTuple):
    """`old` becomes `new` in `file`; END stands for its end (`new` may be all of it), ALL_OF_IT for the file; a folder for
    each file in it."""

    what: str
    code: str
    file: str
    old: str
    new: str


END, ALL_OF_IT = "", "*"
META = "metadata: {owner: platform}"
ROUTE = "  - name: everything-else\n    match: {}\n"
CANDIDATES = "    candidates: [openai-main/gpt-4.1, azure-eu/gpt-4.1]\n"
FALLBACKS = "    fallbacks: [openai-main/gpt-4.1-mini, ollama-local/llama3.2]\n"
GOLD = "  - name: gold-chat\n    match: {tier: [gold], modality: [chat]}\n"
ANTHROPIC = 'id: anthropic\ndisplay_name: Anthropic\nkind: anthropic\nendpoints: [{region: us, url: "https://api.anthropic.com"}]\n'
URL = 'url: "https://acme.openai.azure.com"'

STRUCTURE = [
    Mistake("syntax", "PX0001", OPENAI, "models:\n", "models: [\n"),
    Mistake("duplicate key", "PX0002", OPENAI, END, "priority: 3\n"),
    Mistake("duplicate key, quoted", "PX0002", OPENAI, END, '"priority": 3\n'),
    Mistake("merge key", "PX0003", OPENAI, META, "metadata: {<<: {owner: platform}}"),
    Mistake("tag", "PX0004", OPENAI, "priority: 20", "priority: !!int 20"),
    Mistake("directive", "PX0004", SCENARIO, "name: azure", "%YAML 1.2\n---\nname: azure"),
    Mistake("several documents", "PX0005", OPENAI, END, "---\nid: other\n"),
    Mistake("bounds: depth", "PX0006", OPENAI, META, "metadata: " + "[" * 70 + "]" * 70),
    Mistake("bounds: digits", "PX0006", OPENAI, "priority: 20", "priority: " + "2" * 40),
    Mistake("encoding", "PX0007", SCENARIO, "name:", "\ufeffname:"),
    Mistake("control character", "PX0007", OPENAI, META, "metadata: {owner: platf\x07orm}"),
    Mistake("a key that is no text", "PX0009", OPENAI, META, "metadata: {1: x}"),
    Mistake("an empty file", "PX0010", "scenarios/none.yaml", END, "# nothing yet\n"),
    Mistake("unknown field", "PX0011", OPENAI, "timeout_ms:", "timeot_ms:"),
    Mistake("missing field", "PX0012", OPENAI, "display_name: OpenAI, main account\n", ""),
    Mistake("wrong type", "PX0013", OPENAI, "priority: 20", "priority: high"),
    Mistake("a value out of range", "PX0014", OPENAI, "status: active", "status: activ"),
    Mistake("file name and id differ", "PX0016", OPENAI, "id: openai-main", "id: openai-second"),
    Mistake("duplicate id", "PX0017", ROSTER, END, "  - {id: acme, tier: gold, business_line: retail, region: eu, privacy_max: internal}\n"),
    Mistake("a file that nobody reads", "PX0018", "providers/new.yml.bak.yaml/x.yaml", END, "id: x\n"),
    Mistake("letters of another script", "PX0021", ROSTER, END,
            "  - {id: birсh, tier: free, business_line: health, region: us, privacy_max: internal}\n"),
    Mistake("confusable ids: homoglyphs", "PX0020", ROSTER, END,
            "  - {id: b1rch, tier: free, business_line: health, region: us, privacy_max: internal}\n"),
    Mistake("confusable ids: case", "PX0020", PROJECT, "regions: [eu, us]", "regions: [eu, us, EU]"),
    Mistake("an ignore without a reason", "PX0090", OPENAI, "priority: 20", "priority: 20 # pxctl: ignore PX0401"),
    Mistake("an ignore that does nothing", "PX0091", OPENAI, "priority: 20", "priority: 20 # pxctl: ignore PX0401 a reason"),
]  # fmt: skip

REFERENCES = [
    Mistake("unknown provider", "PX0101", POLICY, "candidates: [azure-eu/text", "candidates: [azure-eux/m, azure-eu/text"),
    Mistake("unknown model", "PX0102", POLICY, "candidates: [azure-eu/text", "candidates: [azure-eu/no-such-model, azure-eu/text"),
    Mistake("unknown deployment", "PX0103", POLICY, "[azure-eu/text-embedding-3-large]\n  - n", "[azure-eu/text-embedding-3-large@us]\n  - n"),
    Mistake("unknown tenant", "PX0104", OPENAI, META, "tenants: {deny: [acne]}"),
    Mistake("unknown policy", "PX0105", ROSTER, "policy: default", "policy: special"),
    Mistake("unknown flag", "PX0106", FLAGS, "model-provider-registry", "model-provider-registri"),
    Mistake("unknown rollout plan", "PX0107", OPENAI, META, "rollout: stndard"),
    Mistake("unknown privacy level", "PX0108", OPENAI, "privacy_max: confidential", "privacy_max: secret"),
    Mistake("unknown region", "PX0109", ROSTER, "region: eu", "region: mars"),
    Mistake("unknown tier", "PX0110", ROSTER, "tier: free", "tier: fre"),
    Mistake("unknown business line", "PX0111", ROSTER, "business_line: retail", "business_line: retial"),
    Mistake("a default model that the provider lacks", "PX0112", OPENAI, "default_model: gpt-4.1", "default_model: gpt-4.1-nano"),
    Mistake("a fallback model that the provider lacks", "PX0113", OPENAI, "[gpt-4.1-mini]", "[gpt-4.1-nano]"),
    Mistake("a provider that nothing uses", "PX0114", OPENAI, "id: openai-main", "id: openai-second"),
    Mistake("a configuration key that is not registered", "PX0115", KEYS, "  - {name: llm.openai, kind: vault}\n", ""),
    Mistake("an environment variable that is not registered", "PX0115", OPENAI, "vault://secret/{environment}/llm/openai#api_key", "env://OPENAI_API_KEY"),
    Mistake("a registered key that nothing uses", "PX0116", KEYS, END, "  - {name: llm.old, kind: vault}\n"),
    Mistake("an unknown fault target", "PX0120", SCENARIO, "target: azure-eu", "target: azure-us"),
    Mistake("no policy called default", "PX0122", POLICY, "name: default", "name: special"),
]  # fmt: skip

SECRETS = [
    Mistake(f"a key of {vendor} in a value", "PX0201", OPENAI, META, f"metadata: {{note: {secret}}}")
    for vendor, secret in {
        "OpenAI": "sk-proj-" + "Ab1" * 12, "Anthropic": "sk-ant-api03-" + "Ab1" * 12, "Google": "AIza" + "Ab1_" * 8 + "abc",
        "AWS": "AKIA" + "QWERTYUIOP123456", "Azure": "AccountKey=" + "Ab1x" * 20 + "Ab1x==", "GitHub": "ghp_" + "Ab1" * 12,
        "Slack": "xoxb-" + "123456789012-abcdefABCDEF", "Hugging Face": "hf_" + "Ab1" * 12,
        "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlLXBhcnQ", "PEM": '"-----BEGIN ' + 'RSA PRIVATE KEY-----"',
    }.items()
] + [
    Mistake("a key in a comment", "PX0201", OPENAI, "priority: 20", "priority: 20 # was sk-proj-" + "Ab1" * 12),
    Mistake("a key in a key", "PX0201", OPENAI, META, "metadata: {ghp_" + "Ab1" * 12 + ": x}"),
    Mistake("a key in a file name", "PX0202", "scenarios/ghp_" + "Ab1" * 12 + ".yaml", END, "name: x\n"),
    Mistake("a random value in a suspicious field", "PX0203", OPENAI, META, "metadata: {session: q8Zr2LxV9mKp4TnWb7YcEd3HsUf6}"),
    Mistake("userinfo in a URL", "PX0204", AZURE, URL, 'url: "https://me:pw@acme.openai.azure.com"'),
    Mistake("a token in a URL", "PX0205", AZURE, URL, 'url: "https://acme.openai.azure.com?api-key=abcdef123456"'),
    Mistake("a sensitive name under metadata", "PX0206", OPENAI, META, "metadata: {password: see wiki}"),
    Mistake("credential_ref missing", "PX0207", OPENAI, "credential_ref: vault://secret/{environment}/llm/openai#api_key\n", ""),
    Mistake("credential_ref superfluous", "PX0208", OLLAMA, "status: active", "status: active\nsecret_policy: none\ncredential_ref: env://X"),
    Mistake("credential_ref malformed", "PX0209", OPENAI, "vault://secret/{environment}/llm/openai#api_key", "secret/llm/openai"),
    Mistake("credential_ref with an unknown scheme", "PX0210", OPENAI, "vault://secret/{environment}/llm/openai#api_key", "valut://secret/x#api_key"),
    Mistake("no rotation where one is required", "PX0211", OPENAI, "rotation: {every: 90d, warn_before: 14d}\n", ""),
    Mistake("a host without a grant", "PX0213", PROJECT, "hosts: [acme.openai.azure.com]", "hosts: [other.openai.azure.com]"),
]  # fmt: skip

ENDPOINTS = [
    Mistake("plain http", "PX0301", AZURE, URL, 'url: "http://acme.openai.azure.com"'),
    Mistake("link-local", "PX0302", OLLAMA, "http://127.0.0.1:11434", "http://169.254.1.1:11434"),
    Mistake("cloud metadata", "PX0302", OLLAMA, "http://127.0.0.1:11434", "http://169.254.169.254/latest"),
    Mistake("cloud metadata, by name", "PX0302", OLLAMA, "http://127.0.0.1:11434", "http://metadata.google.internal/"),
    Mistake("cloud metadata, in hexadecimal", "PX0302", OLLAMA, "http://127.0.0.1:11434", "http://0xa9fea9fe/"),
    Mistake("cloud metadata, IPv6", "PX0302", OLLAMA, "http://127.0.0.1:11434", "http://[fd00:ec2::254]/"),
    Mistake("cloud metadata, IPv4 in IPv6", "PX0302", OLLAMA, "http://127.0.0.1:11434", "http://[::ffff:169.254.169.254]/"),
    Mistake("duplicate endpoints", "PX0303", OPENAI, "https://eu.api.openai.com/v1", "https://api.openai.com/v1"),
    Mistake("a region that contradicts the host", "PX0304", OPENAI, "region: us, url: \"https://api", "region: us, url: \"https://eu.api"),
]  # fmt: skip

MODELS = [
    Mistake("no price", "PX0401", OPENAI, "    price: {input_per_mtok: 2, cached_input_per_mtok: 0.5, output_per_mtok: 8}\n", ""),
    Mistake("a zero price on a paid kind", "PX0402", OPENAI, "{input_per_mtok: 2, cached_input_per_mtok: 0.5, output_per_mtok: 8}", "{input_per_mtok: 0, output_per_mtok: 0}"),
    Mistake("a price that differs from the catalogue", "PX0403", OPENAI, "input_per_mtok: 2,", "input_per_mtok: 3,"),
    Mistake("a context that differs from the catalogue", "PX0404", OPENAI, "context_tokens: 1047576", "context_tokens: 10475760"),
    Mistake("a retired model", "PX0405", "providers/anthropic.yaml", END, ANTHROPIC + "models: [{id: claude-mythos-preview, capabilities: [chat], context_tokens: 200000}]\n"),
    Mistake("capabilities that the catalogue denies", "PX0407", OPENAI, "json_schema, vision]", "json_schema, vision, reasoning]"),
    Mistake("an output limit above the context", "PX0408", OLLAMA, "context_tokens: 131072", "context_tokens: 131072\n    max_output_tokens: 200000"),
]  # fmt: skip

ROUTES = [
    Mistake("a shadowed route", "PX0501", POLICY, ROUTE, "  - name: gold\n    match: {tier: [gold, free], modality: [embedding]}\n    candidates: [azure-eu]\n" + ROUTE),
    Mistake("an unreachable route", "PX0502", POLICY, ROUTE, "  - name: acme-free\n    match: {tenant: [acme], tier: [free], modality: [vision]}\n    candidates: [azure-eu, openai-main]\n" + ROUTE),
    Mistake("no catch-all", "PX0503", POLICY, "match: {}", "match: {tier: [gold]}"),
    Mistake("candidates that no context can make eligible", "PX0504", POLICY, "candidates: [azure-eu/text-embedding-3-large]", "candidates: [azure-eu/text-embedding-3-large, ollama-local/llama3.2]"),
    Mistake("contradictory constraints", "PX0015", POLICY, "match: {modality: [embedding]}", "match: {modality: [embedding], input_tokens: {min: 9, max: 3}}"),
    Mistake("a negative weight", "PX0014", POLICY, "weight: 80", "weight: -80"),
    Mistake("weights that are all zero", "PX0506", POLICY, "weight: 80}\n      - {deployment: azure-eu/gpt-4.1, weight: 20}", "weight: 0}"),
    Mistake("self-fallback", "PX0507", POLICY, FALLBACKS, "    fallbacks: [openai-main/gpt-4.1, ollama-local/llama3.2]\n"),
    Mistake("a fallback with another modality", "PX0509", POLICY, "    candidates: [azure-eu/text-embedding-3-large]\n", "    candidates: [azure-eu/text-embedding-3-large]\n    fallbacks: [openai-main/gpt-4.1-mini]\n"),
    Mistake("a fallback with a smaller context", "PX0510", OLLAMA, "context_tokens: 131072", "context_tokens: 4096"),
    Mistake("a fallback with a lower privacy ceiling", "PX0511", POLICY, "    candidates: [azure-eu/gpt-4.1, ollama-local/llama3.2]\n", "    candidates: [azure-eu/gpt-4.1, ollama-local/llama3.2]\n    fallbacks: [openai-main/gpt-4.1@eu]\n"),
    Mistake("a chain inside one provider", "PX0513", POLICY, CANDIDATES + FALLBACKS, "    candidates: [openai-main/gpt-4.1]\n    fallbacks: [openai-main/gpt-4.1-mini]\n"),
    Mistake("a chain inside one region", "PX0514", POLICY, ROUTE, GOLD + "    candidates: [openai-main/gpt-4.1@eu, azure-eu/gpt-4.1@eu]\n" + ROUTE),
    Mistake("a fallback in another region", "PX0512", POLICY, ROUTE, "  - name: european\n    match: {region: [eu], modality: [chat]}\n    candidates: [azure-eu/gpt-4.1]\n    fallbacks: [openai-main/gpt-4.1@us]\n" + ROUTE),
    Mistake("a fallback cycle", "PX0508", POLICY, ROUTE, GOLD + "    candidates: [openai-main/gpt-4.1]\n    fallbacks: [azure-eu/gpt-4.1]\n  - name: b\n    match: {modality: [vision]}\n    candidates: [azure-eu/gpt-4.1]\n    fallbacks: [openai-main/gpt-4.1]\n" + ROUTE),
    Mistake("an experiment with a rollout's seed", "PX0519", POLICY, "name: local-share\n", "name: local-share\n      seed: rollout/standard\n"),
    Mistake("arms that reuse a seed", "PX0519", POLICY, ROUTE, GOLD + "    candidates: [openai-main/gpt-4.1, azure-eu/gpt-4.1]\n    experiment: {name: gold-share, seed: experiment/default/local-share, arms: {treatment: {share: 10, candidates: [azure-eu/gpt-4.1]}}}\n" + ROUTE),
    Mistake("max_fallbacks that cuts the list", "PX0515", POLICY, FALLBACKS, FALLBACKS + "    max_fallbacks: 1\n"),
    Mistake("a budget that no candidate meets", "PX0516", POLICY, ROUTE, "  - name: long\n    match: {modality: [chat], input_tokens: {max: 500000}}\n    constraints: {max_cost_usd: 0.01}\n    candidates: [openai-main/gpt-4.1, azure-eu/gpt-4.1]\n" + ROUTE),
    Mistake("safe mode that leaves a modality empty", "PX0517", POLICY, "azure-eu/text-embedding-3-large, ollama", "ollama"),
    Mistake("an arm above everything", "PX0014", POLICY, "share: 10,", "share: 110,"),
    Mistake("experiment arms that do not add up", "PX0015", POLICY, "arms: {treatment: {share: 10,", "arms: {other: {share: 95, strategy: listed}, treatment: {share: 10,"),
    Mistake("an experiment that takes all", "PX0518", POLICY, "share: 10,", "share: 100,"),
]  # fmt: skip

GOVERNANCE = [
    Mistake("a tenant that no provider serves", "PX0601", "providers/", END, 'tenants: {allow: ["tier:gold"]}\n'),
    Mistake("a whitelist that matches nobody", "PX0602", OPENAI, META, "tenants: {allow: [acme], deny: [acme]}"),
    Mistake("percentages that shrink", "PX0603", PROJECT, "      - percent: 10\n", "      - percent: 10\n      - percent: 5\n"),
    Mistake("production without gates", "PX0604", PROJECT, "    evidence: required\n", ""),
    Mistake("production without a rollback window", "PX0606", PROJECT, "    rollback_window: 14d\n", "    rollback_window: 0s\n"),
    Mistake("a canary that is empty", "PX0607", PROJECT, "canary: {names: [acme]}", "canary: {tier: [free], region: [eu]}"),
    Mistake("a canary that is everyone", "PX0608", PROJECT, "canary: {names: [acme]}", "canary: {names: [acme, birch, cedar]}"),
    Mistake("a flag against flagd's schema", "PX0609", FLAGS, "fractional:", "fractionl:"),
    Mistake("a default variant that is missing", "PX0610", FLAGS, "defaultVariant: released", "defaultVariant: on"),
    Mistake("fractional buckets that move tenants", "PX0612", FLAGS, "            - [released, 60]\n            - [withheld, 40]\n", "            - [released, 10]\n            - [withheld, 60]\n"),
    Mistake("guarantees missing", "PX0614", GUARANTEES, ALL_OF_IT, ""),
    Mistake("production without approvals", "PX0605", PROJECT, "version: 1\n", "version: 1\nforge: {kind: github, repository: acme/models}\n"),
    Mistake("a guarantee that matches no context", "PX0615", GUARANTEES, "when: {privacy: [restricted]}", "when: {privacy: [restricted], tier: [free], tenant: [acme]}"),
    Mistake("validation thresholds missing", "PX0616", OPENAI, "validation: {suites: [chat, streaming, vision], max_p95_ms: 4000}\n", ""),
    Mistake("compliance fields missing", "PX0617", OPENAI, "compliance: {privacy_max: confidential, data_regions: [us, eu], retention_days: 0, training_on_data: false}", "compliance: {privacy_max: confidential}"),
]  # fmt: skip

ALL = [*STRUCTURE, *REFERENCES, *SECRETS, *ENDPOINTS, *MODELS, *ROUTES, *GOVERNANCE]
