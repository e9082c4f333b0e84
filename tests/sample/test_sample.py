"""The sample repository is sound: it loads, lints, keeps its guarantees, and its prices are the catalogue's."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from pxctl.lint.run import lint
from pxctl.load.loader import load
from pxctl.load.tree import WorkTree
from pxctl.model.configuration import Loaded
from pxctl.model.finding import Severity
from pxctl.model.routing import Balanced

ROOT = Path(__file__).parent.parent.parent
PXCTL = str(Path(sys.executable).with_name("pxctl"))


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(WorkTree(ROOT))


def test_it_loads_without_a_finding(loaded: Loaded) -> None:
    assert loaded.findings == ()


def test_lint_finds_no_error_and_no_warning(loaded: Loaded) -> None:
    found = [finding for finding in lint(loaded).findings if finding.severity is not Severity.INFO]
    assert found == []


def test_it_is_as_large_as_a_real_company_s(loaded: Loaded) -> None:
    config = loaded.config
    kinds = Counter(provider.kind for provider in config.providers.values())
    assert kinds["azure_openai"] == 2
    assert {"openai_compatible", "anthropic", "gemini", "ollama", "llama_cpp"} <= kinds.keys()
    assert len(config.providers) >= 8
    assert len(config.policies) == 2
    assert len(config.tenants) == 200
    assert len({tenant.tier for tenant in config.tenants.values()}) == 4
    assert len({tenant.business_line for tenant in config.tenants.values()}) == 3
    assert len(config.scenarios) == 11
    assert len(config.guarantees) >= 6


def test_every_strategy_has_a_route(loaded: Loaded) -> None:
    routes = [route for policy in loaded.config.policies.values() for route in policy.routes]
    used = {"balanced" if isinstance(route.strategy, Balanced) else route.strategy for route in routes}
    assert used == {"listed", "priority", "weighted", "cheapest", "fastest", "balanced"}
    assert any(route.experiment for route in routes)
    assert all(policy.safe_mode for policy in loaded.config.policies.values())


def test_prices_and_sizes_are_the_catalogues(loaded: Loaded) -> None:
    catalogue = loaded.config.catalogue
    checked = 0
    for provider in loaded.config.providers.values():
        vendor = catalogue.vendor_of(provider.kind, provider.endpoints[0].url)
        for spec in provider.models:
            zone = f"{provider.endpoints[0].region}/{spec.id}" if vendor == "azure" else spec.id
            entry = catalogue.find(vendor, zone) or catalogue.find(vendor, spec.id)
            general = catalogue.find(vendor, spec.id)
            if entry is None or general is None:
                assert vendor in (None, "ollama")
                assert spec.price is not None
                assert spec.price.input_per_mtok == spec.price.output_per_mtok == 0
                continue
            checked += 1
            assert spec.price == entry.price, (provider.id, spec.id)
            assert spec.context_tokens in (None, general.context_tokens), (provider.id, spec.id)
            assert spec.max_output_tokens in (None, general.max_output_tokens), (provider.id, spec.id)
    assert checked >= 20


def test_every_secret_of_a_provider_is_granted_to_its_hosts(loaded: Loaded) -> None:
    grants = {grant.ref: set(grant.hosts) for grant in loaded.config.project.credential_grants}
    for provider in loaded.config.providers.values():
        for ref in provider.credential_refs().values():
            hosts = {endpoint.url.split("/")[2] for endpoint in provider.endpoints}
            assert hosts <= grants[ref.partition("#")[0]]


def test_the_roster_is_what_its_script_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("make_roster", ROOT / "tools/make_roster.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "ROOT", tmp_path)
    script.main()
    for file in sorted((ROOT / "tenants").glob("*.yaml")):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_the_catalogue_is_dated_and_its_ceilings_are_the_highest_prices(loaded: Loaded) -> None:
    catalogue = loaded.config.catalogue
    assert catalogue.dated is not None
    assert "MIT" in catalogue.source
    assert len(catalogue.models) > 3000
    assert set(catalogue.ceilings) == {"chat", "vision", "embedding", "tts", "stt", "image"}
    highest: dict[str, list[Decimal]] = {}
    for entry in catalogue.models.values():
        if entry.price is None or (entry.deprecated and entry.deprecated <= catalogue.dated):
            continue
        for mode in {entry.mode or "chat", *(["vision"] if "vision" in (entry.capabilities or ()) else [])}:
            most = highest.setdefault(mode, [Decimal(0), Decimal(0)])
            most[0] = max(most[0], entry.price.input_per_mtok)
            most[1] = max(most[1], entry.price.output_per_mtok)
    for mode, ceiling in catalogue.ceilings.items():
        assert [ceiling.input_per_mtok, ceiling.output_per_mtok] == highest[mode]


@pytest.mark.parametrize("args", [("prove",), ("simulate", "--all", "--quiet")])
def test_guarantees_and_scenarios_hold(args: tuple[str, ...]) -> None:
    done = subprocess.run([PXCTL, *args, "--repo", str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
