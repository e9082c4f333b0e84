"""Vault's own ways: logins, tokens that end, renewal, sealed, slow, the wrong certificate, what answers instead."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.secrets.conftest import Bao
from tests.servers import answering, free_port, http, openbao, raw_server

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import SecretError, parse_ref
from pxctl.secrets.registry import open_backend
from pxctl.secrets.vault_login import Session

VALUE = "canary-vault-0123456789"
REF = parse_ref("vault://secret/llm/x#api_key")


def fault(use: Callable[[], object]) -> SecretError:
    with pytest.raises(SecretError) as caught:
        use()
    assert VALUE not in str(caught.value) and caught.value.hint
    return caught.value


@pytest.fixture
def filled(bao: Bao) -> Bao:
    bao.client().secrets.kv.v2.create_or_update_secret("llm/x", {"api_key": VALUE}, mount_point="secret")
    policy = 'path "secret/data/llm/*" { capabilities = ["read"] }'
    bao.client().sys.create_or_update_policy("reader", policy)
    return bao


@pytest.fixture
def approle(filled: Bao, monkeypatch: pytest.MonkeyPatch) -> SecretStore:
    """A role whose tokens live for two seconds."""
    client, name = filled.client(), f"role-{uuid.uuid4().hex[:8]}"
    if "approle/" not in client.sys.list_auth_methods()["data"]:
        client.sys.enable_auth_method("approle")
    client.auth.approle.create_or_update_approle(name, token_policies=["reader"], token_ttl="2s", token_max_ttl="4s")
    monkeypatch.setenv("ROLE_ID", client.auth.approle.read_role_id(name)["data"]["role_id"])
    monkeypatch.setenv("SECRET_ID", client.auth.approle.generate_secret_id(name)["data"]["secret_id"])
    return SecretStore(address=filled.url, auth="approle", role_id_ref="env://ROLE_ID", secret_id_ref="env://SECRET_ID")


def test_approle_and_a_token_that_ends(approle: SecretStore) -> None:
    backend = open_backend("vault", approle)
    assert backend.get(REF).secret.reveal() == VALUE
    time.sleep(2.5)
    assert backend.get(REF).secret.reveal() == VALUE


def test_a_token_that_the_store_revoked_is_made_anew(approle: SecretStore, filled: Bao) -> None:
    backend = open_backend("vault", approle)
    backend.get(REF)
    token = backend._session.client().token  # type: ignore[attr-defined]
    filled.client().auth.token.revoke(token)
    assert backend.get(REF).secret.reveal() == VALUE


def test_renewal_at_two_thirds_of_the_lease(approle: SecretStore) -> None:
    now = [0.0]
    session = Session(approle, monotonic=lambda: now[0])
    first = session.client().token
    now[0] = 1.3
    assert session.client().token == first
    now[0] = 1.4
    assert session.client().token == first and session._renew_at > 1.4 + 1
    now[0] = 99.0
    assert session.client().token != first


def test_a_login_that_is_wrong(approle: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_ID", "00000000-0000-0000-0000-000000000000")
    assert fault(lambda: open_backend("vault", approle).get(REF)).fault == "forbidden"
    monkeypatch.delenv("SECRET_ID")
    assert fault(lambda: open_backend("vault", approle).get(REF)).fault == "missing"
    nested = approle.model_copy(update={"role_id_ref": "vault://secret/role#id"})
    assert "env:// or file://" in fault(lambda: open_backend("vault", nested).get(REF)).message


def test_a_policy_that_forbids(approle: SecretStore) -> None:
    backend = open_backend("vault", approle)
    error = fault(lambda: backend.get(parse_ref("vault://secret/elsewhere/x#api_key")))
    assert error.fault == "forbidden" and "policy" in (error.hint or "")
    now = backend.get(REF).version
    assert fault(lambda: backend.put(REF, Secret("x"), expected=now, by="ada")).fault == "forbidden"


def test_jwt(filled: Bao, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    client = filled.client()
    if "jwt/" not in client.sys.list_auth_methods()["data"]:
        client.sys.enable_auth_method("jwt")
    client.adapter.post("/v1/auth/jwt/config", json={"jwt_validation_pubkeys": [public.decode()]})
    role = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["pxctl"], "policies": ["reader"]}
    client.adapter.post("/v1/auth/jwt/role/ci", json=role)
    now = int(time.time())
    parts = ({"alg": "RS256", "typ": "JWT"}, {"sub": "ci", "aud": "pxctl", "iat": now, "exp": now + 60})
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    sign = base64.urlsafe_b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).rstrip(b"=")
    file = tmp_path / "jwt"
    file.write_bytes(text + b"." + sign)
    file.chmod(0o600)
    store = SecretStore(address=filled.url, auth="jwt", role="ci", jwt_ref=f"file://{file}")
    assert open_backend("vault", store).get(REF).secret.reveal() == VALUE
    assert fault(lambda: open_backend("vault", store.model_copy(update={"role": "nobody"})).get(REF)).fault in (
        "forbidden", "invalid",
    )  # fmt: skip


def test_kubernetes_sends_its_token_to_its_mount(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("service.account.token")
    monkeypatch.setattr("pxctl.secrets.vault_login.KUBERNETES_TOKEN", str(token))
    login = http("200 OK", json.dumps({"auth": {"client_token": "t", "lease_duration": 60, "renewable": True}}))
    kept = http("200 OK", json.dumps({"data": {"data": {"api_key": VALUE}, "metadata": {"version": 3}}}))
    with raw_server(answering(login, kept)) as server:
        store = SecretStore(
            address=server.url, auth="kubernetes", role="pods", auth_mount="k8s-eu", kv_version=2, namespace="team"
        )
        found = open_backend("vault", store).get(REF)
    assert (found.version, found.secret.reveal()) == ("3", VALUE)
    assert (
        server.requests[0].startswith(b"POST /v1/auth/k8s-eu/login")
        and b'"jwt": "service.account.token"' in server.requests[0]
    )
    assert b"X-Vault-Namespace: team" in server.requests[1]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Bao]:
    with openbao(tmp_path) as url:
        yield Bao(url, tmp_path)


def test_sealed_in_the_middle(own: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "root")
    backend = open_backend("vault", SecretStore(address=own.url))
    backend.put(REF, Secret(VALUE), expected=None, by="ada")
    assert backend.get(REF).version == "1"
    own.client().sys.seal()
    error = fault(lambda: backend.get(REF))
    assert error.fault == "sealed" and "unseal" in (error.hint or "") and not error.retryable


def test_what_is_no_vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAULT_TOKEN", VALUE)

    def ask(url: str, **fields: object) -> SecretError:
        store = SecretStore(address=url, kv_version=2, timeout_ms=300, **fields)  # type: ignore[arg-type]
        return fault(lambda: open_backend("vault", store).get(REF))

    assert ask(f"http://127.0.0.1:{free_port()}").fault == "down"
    for body in ("<html>", "{}", "[]", '{"data": null}', '{"data": {"data": {}}}'):
        with raw_server(answering(http("200 OK", body))) as server:
            assert ask(server.url).fault == "down", body
    with raw_server(answering(http("500 No", '{"errors": ["boom"]}'))) as server:
        assert ask(server.url).fault == "down"
    with raw_server(answering(http("429 No", '{"errors": []}'))) as server:
        assert ask(server.url).fault == "slow"

    def hang(connection: socket.socket, _: bytes) -> None:
        connection.recv(1)  # until the client gives up

    with raw_server(hang) as server:
        assert ask(server.url).fault == "slow"
    with raw_server(answering(http("200 OK", "{}"))) as thief:
        with raw_server(answering(http("307 Moved", "", location=f"{thief.url}/v1/secret/data/llm/x"))) as server:
            assert ask(server.url).fault == "down"
        assert thief.requests == []
    assert ask("https://127.0.0.1:9", ca_bundle=str(tmp_path / "none.pem")).fault == "tls"


def test_a_certificate_that_nobody_vouches_for(monkeypatch: pytest.MonkeyPatch, tls_context: ssl.SSLContext) -> None:
    monkeypatch.setenv("VAULT_TOKEN", VALUE)
    with raw_server(answering(http("200 OK", "{}")), tls_context) as server:
        error = fault(lambda: open_backend("vault", SecretStore(address=server.url)).get(REF))
    assert error.fault == "tls" and server.requests == []


def test_no_address_and_no_token(bao: Bao) -> None:
    assert "no address" in fault(lambda: open_backend("vault").get(REF)).message
    assert "no token" in fault(lambda: open_backend("vault", SecretStore(address=bao.url)).get(REF)).message
    for text in ("vault://secret#k", "vault://secret/x", "vault://secret/x#k?version=two"):
        store = SecretStore(address=bao.url, token_ref="env://HOME")
        assert fault(lambda text=text, store=store: open_backend("vault", store).get(parse_ref(text))).fault in (
            "invalid", "forbidden",
        )  # fmt: skip
