"""One contract against every backend that can be written: real OpenBao (KV 1 and 2), moto, a keyring."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from tests.secrets.conftest import Bao

from pxctl.core.secret import Secret
from pxctl.model.project import SecretStore
from pxctl.secrets.base import Backend, Metadata, SecretError, SecretRef, parse_ref
from pxctl.secrets.registry import open_backend

ONE, TWO = "canary-one-0123456789", "canary-two-9876543210"


@pytest.fixture(params=["vault", "vault-shared", "vault-v1", "aws-secrets", "aws-secrets-text", "keyring"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Backend, SecretRef]]:
    """A backend, and a reference under which nothing lies yet."""
    name = f"llm-{uuid.uuid4().hex[:8]}"
    if request.param.startswith("vault"):
        bao: Bao = request.getfixturevalue("bao")
        monkeypatch.setenv("VAULT_TOKEN", "root")
        backend = open_backend("vault", SecretStore(address=bao.url))
        mount = "secret"
        if request.param == "vault-v1":
            mount = "legacy"
            if "legacy/" not in bao.client().sys.list_mounted_secrets_engines()["data"]:
                bao.client().sys.enable_secrets_engine("kv", "legacy", options={"version": "1"})
        if request.param == "vault-shared":
            bao.client().secrets.kv.v2.create_or_update_secret(name, {"webhook": "stays"}, mount_point="secret")
        yield backend, parse_ref(f"vault://{mount}/{name}#api_key")
    elif request.param.startswith("aws"):
        for key, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "eu-west-1")):
            monkeypatch.setenv(f"AWS_{key}", value)
        backend = open_backend("aws-secrets", SecretStore(address=request.getfixturevalue("aws")))
        yield backend, parse_ref(f"aws-secrets://team/{name}" + ("" if request.param.endswith("text") else "#api_key"))
    else:
        import keyring
        from keyring.backend import KeyringBackend
        from keyring.errors import PasswordDeleteError

        class Memory(KeyringBackend):
            priority = 1
            name = "memory"
            kept: ClassVar[dict[tuple[str, str], str]] = {}

            def get_password(self, service, username):
                return self.kept.get((service, username))

            def set_password(self, service, username, password):
                self.kept[service, username] = password

            def delete_password(self, service, username):
                if self.kept.pop((service, username), None) is None:
                    raise PasswordDeleteError

        before = keyring.get_keyring()
        keyring.set_keyring(Memory())
        yield open_backend("keyring"), parse_ref(f"keyring://pxctl/{name}")
        keyring.set_keyring(before)


class TestContract:
    """What `secrets/base.py` promises."""

    def expected(self, backend: Backend, ref: SecretRef) -> str | None:
        return backend.describe(ref).version

    def fault(self, use) -> str:
        with pytest.raises(SecretError) as caught:
            use()
        assert "canary" not in str(caught.value) + repr(caught.value.__cause__)
        assert caught.value.hint
        return caught.value.fault

    def test_reach(self, store) -> None:
        assert store[0].check()

    def test_nothing_there(self, store) -> None:
        backend, ref = store
        assert self.fault(lambda: backend.get(ref)) == "missing"
        assert self.fault(lambda: backend.clear(ref, by="ada")) == "missing"
        if self.expected(backend, ref) is None:
            assert backend.describe(ref) == Metadata(present=False)

    def test_write_read_rotate(self, store) -> None:
        backend, ref = store
        first = backend.put(ref, Secret(ONE), expected=self.expected(backend, ref), by="ada")
        assert backend.get(ref).secret.reveal() == ONE
        second = backend.put(ref, Secret(TWO), expected=first, by="grace")
        assert backend.get(ref).secret.reveal() == TWO
        found = backend.describe(ref)
        assert found.present and found.version == second and "canary" not in repr(found)
        if backend.versioned and "legacy" not in ref.path:
            assert second != first and backend.get(ref).version == second
            assert backend.get(ref._replace(version=first)).secret.reveal() == ONE
            assert {first, second} <= set(found.versions)
            assert found.touched_by == "grace"
            assert found.rotated_at and abs(datetime.now(UTC) - found.rotated_at) < timedelta(minutes=5)

    def test_two_operators_do_not_overwrite_each_other(self, store) -> None:
        backend, ref = store
        before = self.expected(backend, ref)
        first = backend.put(ref, Secret(ONE), expected=before, by="ada")
        assert self.fault(lambda: backend.put(ref, Secret(TWO), expected=before, by="grace")) == "conflict"
        if backend.versioned and "legacy" not in ref.path:
            backend.put(ref, Secret(TWO), expected=first, by="ada")
            assert self.fault(lambda: backend.put(ref, Secret(ONE), expected=first, by="grace")) == "conflict"
            assert backend.get(ref).secret.reveal() == TWO

    def test_clear_and_undo(self, store) -> None:
        backend, ref = store
        backend.put(ref, Secret(ONE), expected=self.expected(backend, ref), by="ada")
        version = backend.clear(ref, by="ada")
        assert self.fault(lambda: backend.get(ref)) == "missing"
        if backend.can_undo and "legacy" not in ref.path:
            assert version
            backend.restore(ref, version, by="ada")
            assert backend.get(ref).secret.reveal() == ONE and backend.describe(ref).present
        else:
            assert self.fault(lambda: backend.restore(ref, "1", by="ada")) == "unsupported"
            backend.put(ref, Secret(TWO), expected=None, by="ada")
            assert backend.get(ref).secret.reveal() == TWO

    def test_other_keys_of_the_same_secret_stay(self, store) -> None:
        backend, ref = store
        if not ref.key:
            pytest.skip("this kind of reference has no keys")
        other = ref._replace(key="webhook_secret", text=ref.text.replace("api_key", "webhook_secret"))
        backend.put(ref, Secret(ONE), expected=self.expected(backend, ref), by="ada")
        backend.put(
            other,
            Secret(TWO),
            expected=self.expected(backend, other) if backend.describe(other).version != "present" else None,
            by="ada",
        )
        assert (backend.get(ref).secret.reveal(), backend.get(other).secret.reveal()) == (ONE, TWO)
        backend.clear(ref, by="ada")
        assert backend.get(other).secret.reveal() == TWO
        assert self.fault(lambda: backend.get(ref)) == "missing"

    def test_references_of_another_form(self, store) -> None:
        backend, ref = store
        for bad in (
            ref._replace(path="only-one-part", key=ref.key),
            ref._replace(key="" if ref.scheme == "vault" else "k"),
        ):
            if (ref.scheme == "aws-secrets") or (ref.scheme == "vault" and bad.key == ref.key == ""):
                continue
            assert self.fault(lambda bad=bad: backend.get(bad)) == "invalid"
