"""Digests, ids, spans and bucketing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import mmh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxctl.core import bucketing, clock, digest, errors, ids
from pxctl.core.span import Span


@given(st.binary(max_size=64), st.integers(0, 2**32 - 1))
def test_murmur_equals_the_reference_implementation(data: bytes, seed: int) -> None:
    assert bucketing.murmur3_32(data, seed) == mmh3.hash(data, seed, signed=False)


@given(st.text(max_size=20), st.text(max_size=20), st.integers(1, 10_000))
def test_a_bucket_lies_inside_its_total(seed: str, key: str, total: int) -> None:
    assert 0 <= bucketing.bucket(seed, key, total) < total


def test_ten_thousand_tenants_never_move_back_as_the_percentage_grows() -> None:
    buckets = [bucketing.bucket("rollout/policies/default@12", f"tenant-{i}") for i in range(10_000)]
    inside: set[int] = set()
    for percent in range(101):
        now = {i for i, b in enumerate(buckets) if b < percent * 100}
        assert inside <= now
        inside = now
    assert len(inside) == 10_000


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.none()))
def test_canonical_json_does_not_depend_on_order(value: dict[str, object]) -> None:
    assert digest.canonical_json(value) == digest.canonical_json(dict(reversed(value.items())))


def test_canonical_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        digest.canonical_json(float("nan"))


@given(st.binary(max_size=200))
def test_key_and_digest_are_stable(data: bytes) -> None:
    assert digest.sha256(data).startswith("sha256:")
    assert len(digest.sha256(data)) == 71


def test_blob_ids_are_gits_own(tmp_path: Path) -> None:
    for data in (b"", b"hello\n", "grün 日本".encode()):
        done = subprocess.run(["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True)
        assert digest.blob_id(data) == done.stdout.decode().strip()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("openai-main", ("openai-main", "", "")),
        ("openai-main/gpt-4.1", ("openai-main", "gpt-4.1", "")),
        ("groq/meta-llama/llama-4@us", ("groq", "meta-llama/llama-4", "us")),
    ],
)
def test_deployment_references_split(text: str, parts: tuple[str, str, str]) -> None:
    ref = ids.parse_deployment(text)
    assert tuple(ref) == parts
    assert str(ref) == text


@pytest.mark.parametrize("text", ["", "/m", "p/", "p@eu", "p/m@", "@eu"])
def test_broken_deployment_references_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not provider"):
        ids.parse_deployment(text)


@pytest.mark.parametrize("text", ["policies/default", "@3", "x@", "x@-1", "x@²"])
def test_broken_version_references_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not subject@number"):
        ids.parse_version(text)


def test_moments_read_and_write() -> None:
    moment = clock.from_text("2026-11-01T10:00Z")
    assert clock.to_text(moment) == "2026-11-01T10:00:00.000Z"
    assert clock.from_text("2026-11-01T10:00") == moment
    assert clock.FixedClock(moment).now() == moment
    with pytest.raises(errors.UsageError, match="`yesterday` is not a moment"):
        clock.from_text("yesterday")


def test_every_error_has_a_documented_exit_code() -> None:
    def tree(kind: type[errors.PxctlError]) -> list[type[errors.PxctlError]]:
        return [kind] + [sub for child in kind.__subclasses__() for sub in tree(child)]

    for kind in tree(errors.PxctlError):
        assert kind.exit_code in (1, 2, 4)
        if kind.__module__ == "pxctl.core.errors":
            assert kind.__name__ in str(errors.__doc__)


def test_an_error_says_its_place_first() -> None:
    error = errors.ConfigError("`kind` is missing", span=Span("providers/a.yaml", 3, 1), hint="add it")
    assert str(error) == "providers/a.yaml:3:1: `kind` is missing"
    assert str(Span("a")) == "a"
    assert str(Span("a", 2)) == "a:2"
