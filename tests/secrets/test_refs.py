"""References, what fills them, and the grants that bind them to hosts."""

from __future__ import annotations

import pytest

from pxctl.core.errors import PxctlError
from pxctl.model.project import CredentialGrant, Environment, Project
from pxctl.model.provider import Endpoint, ModelSpec, Provider
from pxctl.secrets.base import SecretError, fill, parse_ref
from pxctl.secrets.grants import Grants, covers, grants_of, host_matches, origin_of


def provider(url: str, ref: str | None = "vault://secret/llm/openai#api_key") -> Provider:
    return Provider(
        id="p",
        display_name="P",
        kind="openai_compatible",
        endpoints=(Endpoint(region="us", url=url),),
        credential_ref=ref,
        models=(ModelSpec(id="m"),),
    )


def project(*grants: tuple[str, str]) -> Project:
    return Project(
        environments={"production": Environment()},
        credential_grants=tuple(CredentialGrant(ref=ref, hosts=(host,)) for ref, host in grants),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vault://secret/llm/openai#api_key", ("vault", "secret/llm/openai", "api_key", None)),
        ("vault://secret/llm/openai#api_key?version=3", ("vault", "secret/llm/openai", "api_key", "3")),
        ("aws-secrets://prod/llm#key", ("aws-secrets", "prod/llm", "key", None)),
        ("env://OPENAI_API_KEY", ("env", "OPENAI_API_KEY", "", None)),
        ("file:///run/secrets/key", ("file", "/run/secrets/key", "", None)),
    ],
)
def test_references_are_taken_apart(text: str, expected: tuple[str, ...]) -> None:
    assert parse_ref(text)[:4] == expected and str(parse_ref(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk-live-abcdefgh12345678",
        "vault://",
        "vault://a/../b#k",
        "vault://a//b#k",
        "vault://a/%2e%2e/b#k",
        "file:///a/./b",
        "vault://a b#k",
        "Vault://a#k",
        "vault://a\\b#k",
    ],
)
def test_what_is_no_reference_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SecretError) as caught:
        parse_ref(text)
    assert caught.value.fault == "invalid" and "abcdefgh" not in str(caught.value)


def test_filling() -> None:
    assert fill("vault://s/{environment}/{tenant}#k", {"environment": "production", "tenant": "acme.io"}) == (
        "vault://s/production/acme.io#k"
    )
    for values in (
        {},
        {"environment": "../x"},
        {"environment": "a/b"},
        {"environment": "a#b"},
        {"environment": "a..b"},
    ):
        with pytest.raises(PxctlError):
            fill("vault://s/{environment}#k", values)
    with pytest.raises(PxctlError):
        fill("vault://s/{user}#k", {"environment": "x"})


@pytest.mark.parametrize(
    ("prefix", "reference", "expected"),
    [
        ("env://KEY", "env://KEY", True),
        ("env://KEY", "env://KEY2", False),
        ("vault://secret/llm", "vault://secret/llm/openai#k", True),
        ("vault://secret/ll", "vault://secret/llm/o#k", False),
        ("vault://secret/llm/", "vault://secret/llm/openai#k", True),
        ("vault://secret/llm/o", "vault://secret/llm/o#k", True),
        ("vault://", "vault://secret/llm#k", True),
        ("vault://secret/llm/o#k", "vault://secret/llm/o#k2", False),
    ],
)
def test_a_prefix_ends_at_a_boundary(prefix: str, reference: str, expected: bool) -> None:
    assert covers(prefix, reference) is expected


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("api.openai.com", "https://api.openai.com/v1", True),
        ("api.openai.com", "https://API.OpenAI.com/v1", True),
        ("api.openai.com", "https://api.openai.com.evil.test/v1", False),
        ("api.openai.com", "https://evil.test/api.openai.com", False),
        ("api.openai.com", "http://api.openai.com/v1", False),
        ("http://10.0.0.5:8000", "http://10.0.0.5:8000", True),
        ("http://10.0.0.5:8000", "http://10.0.0.5:8001", False),
        ("*.azure.com", "https://x.openai.azure.com", True),
        ("*.azure.com", "https://azure.com", False),
        ("*.azure.com", "https://evilazure.com", False),
        ("127.0.0.1", "http://127.0.0.1:8123/v1", True),
        ("127.0.0.1:1", "http://127.0.0.1:8123/v1", False),
        ("[::1]:80", "http://[::1]/v1", True),
        ("https://h.test", "http://h.test", False),
    ],
)
def test_hosts(pattern: str, url: str, expected: bool) -> None:
    assert host_matches(pattern, origin_of(url)) is expected


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com@evil.test/v1",
        "https://api.openai.com\\@evil.test",
        "https://evil.test\\.openai.com",
        "https://api.openai.com:443@evil.test",
        "https://api.öpenai.com",
        "https://api.openai.com:99999",
        "ftp://api.openai.com",
        "https://a..b",
        "https://api.openai.com/\x00",
    ],
)
def test_urls_that_parsers_might_read_differently_get_nothing(url: str) -> None:
    grants = grants_of(project(("vault://secret/llm", "api.openai.com")))
    with pytest.raises(SecretError) as caught:
        grants.check(parse_ref("vault://secret/llm/openai#api_key"), url)
    assert caught.value.fault == "not_granted"


def test_reviewed_pairs_are_granted_for_stores_and_never_for_env_and_file() -> None:
    url = "https://api.openai.com/v1"
    for ref, allowed in (("vault://secret/llm/openai#api_key", True), ("env://KEY", False), ("file:///k", False)):
        grants = grants_of(project(), [provider(url, ref)])
        if allowed:
            grants.check(parse_ref(ref), url)
        else:
            with pytest.raises(SecretError):
                grants.check(parse_ref(ref), url)
        with pytest.raises(SecretError):
            grants.check(parse_ref(ref), "https://evil.test/v1")
    plain = grants_of(project(), [provider("http://10.0.0.5/v1")])
    with pytest.raises(SecretError, match="plain http"):
        plain.check(parse_ref("vault://secret/llm/openai#api_key"), "http://10.0.0.5/v1")


def test_grants_fill_their_environment_and_a_fork_gets_nothing() -> None:
    base = project(("vault://secret/{environment}/llm", "api.openai.com"))
    url = "https://api.openai.com/v1"
    grants_of(base, values={"environment": "staging"}).check(parse_ref("vault://secret/staging/llm/o#k"), url)
    with pytest.raises(SecretError):
        grants_of(base, values={"environment": "staging"}).check(parse_ref("vault://secret/production/llm/o#k"), url)
    with pytest.raises(SecretError):
        grants_of(base).check(parse_ref("vault://secret/staging/llm/o#k"), url)
    with pytest.raises(SecretError, match="fork"):
        Grants(explicit=(("vault://", ("api.openai.com",)),), forked=True).check(parse_ref("vault://a#k"), url)
