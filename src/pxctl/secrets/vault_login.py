"""Logging in to Vault or OpenBao, keeping the token alive, and what the store's refusals mean."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pxctl.core.secret import Secret, brief
from pxctl.model.project import SecretStore
from pxctl.secrets.base import SecretError, parse_ref

KUBERNETES_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"


class Session:
    """One login; renewed when two thirds of its lease are over, made anew when it ended."""

    def __init__(self, settings: SecretStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._client: Any = None
        self._renew_at = float("inf")
        self._ends_at = float("inf")

    def client(self, *, fresh: bool = False) -> Any:
        """An hvac client that is logged in."""
        with self._lock:
            now = self._monotonic()
            if self._client is None or fresh or now >= self._ends_at:
                self._client = self._log_in()
            elif now >= self._renew_at:
                self._renew()
            return self._client

    def expired(self, error: Exception) -> bool:
        """Whether an error may come from a token that ended and a login can make anew."""
        from hvac import exceptions

        again = self._settings.auth in ("approle", "kubernetes", "jwt")
        return again and isinstance(error, exceptions.Forbidden | exceptions.Unauthorized)

    def describe(self) -> str:
        """Log in and say where and as what."""
        with explained("the secret store"):
            client = self.client()
            found = client.auth.token.lookup_self()["data"]
        policies = ", ".join(found.get("policies") or ())
        return f"{client.url} as {found.get('display_name', 'unknown')} (policies: {policies})"

    def kv_version(self, mount: str) -> int:
        """The KV version of a mount as the store says it; 2 where it does not say."""
        try:
            with explained(f"mount `{mount}`"):
                found = self.client().adapter.get(f"/v1/sys/internal/ui/mounts/{mount}")
        except SecretError as error:
            if error.fault == "forbidden":
                return 2
            raise
        options = (found.get("data") or {}).get("options") or {}
        return 1 if str(options.get("version", "1")) == "1" else 2

    def _log_in(self) -> Any:
        import hvac
        import requests

        address = self._settings.address or os.environ.get("VAULT_ADDR") or os.environ.get("BAO_ADDR")
        if not address:
            raise SecretError(
                "invalid",
                "no address of the secret store",
                hint="set `secret_stores: {vault: {address: …}}` in pxctl.yaml",
            )
        ca = self._settings.ca_bundle or os.environ.get("VAULT_CACERT") or True
        if isinstance(ca, str) and not Path(ca).is_file():
            raise SecretError("tls", f"the CA bundle `{ca}` is not there")
        session = requests.Session()
        session.trust_env = False  # a proxy would see the token where the store speaks plain http
        client = hvac.Client(
            url=address,
            verify=ca,
            timeout=self._settings.timeout_ms / 1000,
            namespace=self._settings.namespace or os.environ.get("VAULT_NAMESPACE"),
            allow_redirects=False,
            session=session,
        )
        with explained(f"logging in to `{address}`"):
            self._lease(self._answer(client))
        return client

    def _answer(self, client: Any) -> dict[str, Any]:
        kind, mount = self._settings.auth, self._settings.auth_mount
        if kind == "approle":
            role = _local(self._settings.role_id_ref, "role_id_ref")
            secret = _local(self._settings.secret_id_ref, "secret_id_ref") if self._settings.secret_id_ref else None
            answer = client.auth.approle.login(
                role.reveal(), secret.reveal() if secret else None, mount_point=mount or "approle"
            )
        elif kind in ("kubernetes", "jwt"):
            place = self._settings.jwt_ref or (f"file://{KUBERNETES_TOKEN}" if kind == "kubernetes" else None)
            jwt = _local(place, "jwt_ref", shared=kind == "kubernetes" and self._settings.jwt_ref is None)
            path = f"/v1/auth/{mount or kind}/login"
            answer = client.login(path, json={"role": self._settings.role or "", "jwt": jwt.reveal()})
        else:
            client.token = _token(self._settings).reveal()
            return {}
        return dict(answer["auth"])

    def _lease(self, auth: dict[str, Any]) -> None:
        lease = float(auth.get("lease_duration") or 0)
        now = self._monotonic()
        self._ends_at = now + lease if lease else float("inf")
        self._renew_at = now + lease * 2 / 3 if lease and auth.get("renewable") else float("inf")

    def _renew(self) -> None:
        from hvac import exceptions

        try:
            self._lease(self._client.auth.token.renew_self()["auth"])
        except exceptions.VaultError:
            self._client = self._log_in()


def _token(settings: SecretStore) -> Secret:
    if settings.token_ref:
        return _local(settings.token_ref, "token_ref")
    for name in ("VAULT_TOKEN", "BAO_TOKEN"):
        if os.environ.get(name):
            return Secret(os.environ[name].strip())
    file = Path.home() / ".vault-token"
    if file.is_file():
        return _local(f"file://{file}", "~/.vault-token")
    raise SecretError("forbidden", "no token for the secret store", hint="log in with `bao login` or set VAULT_TOKEN")


def _local(reference: str | None, setting: str, *, shared: bool = False) -> Secret:
    """A value that logs in, from the environment or a file; never from another store."""
    from pxctl.secrets.registry import open_backend

    if reference is None:
        raise SecretError("invalid", f"the store's `{setting}` is not set in pxctl.yaml")
    if shared:  # Kubernetes mounts its token readable for the pod
        try:
            return Secret(Path(KUBERNETES_TOKEN).read_text(encoding="utf-8").strip())
        except (OSError, ValueError):
            raise SecretError("missing", f"no service account token in `{KUBERNETES_TOKEN}`") from None
    ref = parse_ref(reference)
    if ref.scheme not in ("env", "file"):
        raise SecretError("invalid", f"`{setting}` must be an env:// or file:// reference")
    return open_backend(ref.scheme).get(ref).secret


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what hvac and requests raise into SecretError, with nothing of the request in it."""
    import requests
    from hvac import exceptions

    try:
        yield
    except SecretError:
        raise
    except exceptions.VaultDown:
        raise SecretError("sealed", f"{_name(what)}: the store is sealed or not active") from None
    except exceptions.Forbidden:
        raise SecretError("forbidden", f"{_name(what)}: the store forbids that, or the login has expired") from None
    except exceptions.Unauthorized:
        raise SecretError("forbidden", f"{_name(what)}: the store does not know this login") from None
    except exceptions.InvalidPath:
        raise SecretError("missing", f"{_name(what)}: the store has no such secret") from None
    except exceptions.VaultNotInitialized:
        raise SecretError("sealed", f"{_name(what)}: the store is not initialised") from None
    except exceptions.RateLimitExceeded:
        raise SecretError("slow", f"{_name(what)}: the store asks to slow down") from None
    except exceptions.InvalidRequest as error:
        text = str(error)
        if "check-and-set" in text:
            raise SecretError("conflict", f"{_name(what)}: another version was written meanwhile") from None
        if "invalid role" in text or "invalid secret" in text or "role ID" in text or "secret id" in text.lower():
            raise SecretError("forbidden", f"{_name(what)}: the store does not know this login") from None
        raise SecretError("invalid", f"{_name(what)}: {brief(text.partition(', on ')[0], 120)}") from None
    except exceptions.VaultError as error:
        raise SecretError("down", f"{_name(what)}: {brief(str(error).partition(', on ')[0], 120)}") from None
    except requests.exceptions.SSLError:
        raise SecretError("tls", f"{_name(what)}: the store's certificate cannot be verified") from None
    except requests.exceptions.Timeout:
        raise SecretError("slow", f"{_name(what)}: the store did not answer in time") from None
    except (requests.exceptions.RequestException, OSError):
        raise SecretError("down", f"{_name(what)}: the store cannot be reached") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise SecretError("down", f"{_name(what)}: what answers there is not a Vault") from None


def _name(what: str) -> str:
    return f"`{what}`" if "://" in what and " " not in what else what
