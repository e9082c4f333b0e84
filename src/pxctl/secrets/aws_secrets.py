"""`aws-secrets://name#key[?version=ID]`: AWS Secrets Manager, through boto3 (extra `aws`).

With a key, the secret is a JSON object and pxctl changes its own key alone; without one, the secret is the text itself.
Check-and-set is done with stages: the new version is written aside and AWSCURRENT is moved from the expected version
to it, which the service refuses when another one has become current. Login is boto3's own (environment, profile, role).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pxctl.core.secret import Secret, brief
from pxctl.model.project import SecretStore
from pxctl.secrets.base import Fault, Metadata, Resolved, SecretError, SecretRef

CURRENT = "AWSCURRENT"
ASIDE = "PXCTLNEXT"
TOUCHED_BY = "pxctl-touched-by"

_FAULTS: Mapping[str, Fault] = {
    "ResourceNotFoundException": "missing", "AccessDeniedException": "forbidden", "AccessDenied": "forbidden",
    "UnrecognizedClientException": "forbidden", "InvalidClientTokenId": "forbidden",
    "ExpiredTokenException": "forbidden", "InvalidSignatureException": "forbidden", "DecryptionFailure": "forbidden",
    "ThrottlingException": "slow", "InternalServiceError": "down", "ServiceUnavailable": "down",
    "InvalidRequestException": "conflict", "InvalidParameterException": "conflict",
    "ResourceExistsException": "conflict", "LimitExceededException": "invalid",
}  # fmt: skip


class AwsBackend:
    """Reads and writes AWS Secrets Manager."""

    scheme = "aws-secrets"
    writable = versioned = can_undo = True

    def __init__(self, settings: SecretStore) -> None:
        self._settings = settings
        self._client: Any = None

    def check(self) -> str:
        """Ask the service for the list of secrets, one of them."""
        with explained("aws-secrets"):
            client = self._open()
            client.list_secrets(MaxResults=1)
            return f"AWS Secrets Manager in {client.meta.region_name}"

    def get(self, ref: SecretRef) -> Resolved:
        """The value, of the named version or the current one."""
        text, version = self._read(ref, ref.version)
        return Resolved(_value(ref, text), version)

    def describe(self, ref: SecretRef) -> Metadata:
        """From the secret's metadata."""
        try:
            with explained(str(ref)):
                found = self._open().describe_secret(SecretId=ref.path)
        except SecretError as error:
            if error.fault != "missing":
                raise
            return Metadata(present=False)
        stages: Mapping[str, list[str]] = found.get("VersionIdsToStages") or {}
        current = next((version for version, names in stages.items() if CURRENT in names), None)
        tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags") or ()}
        return Metadata(
            present=current is not None and "DeletedDate" not in found,
            version=current,
            rotated_at=found.get("LastChangedDate") or found.get("CreatedDate"),
            touched_by=tags.get(TOUCHED_BY),
            versions=tuple(stages),
        )

    def put(self, ref: SecretRef, secret: Secret, *, expected: str | None, by: str) -> str:
        """Write a version aside and make it current if the expected one still is."""
        known = self.describe(ref)
        if known.version is not None and not known.present:
            raise SecretError("conflict", f"`{ref}` is scheduled for deletion", hint="restore it first")
        if known.version != expected:
            raise SecretError("conflict", f"`{ref}` is at version {known.version or 'none'}, not {expected or 'none'}")
        text, version = self._merged(ref, secret, known.version), str(uuid.uuid4())
        with explained(str(ref)):
            client = self._open()
            if expected is None:
                client.create_secret(Name=ref.path, SecretString=text, ClientRequestToken=version)
            else:
                self._advance(ref, text, version, expected)
            client.tag_resource(SecretId=ref.path, Tags=[{"Key": TOUCHED_BY, "Value": by[:200]}])
        return version

    def clear(self, ref: SecretRef, *, by: str) -> str | None:
        """Schedule the deletion of the secret (30 days), or write it without the key where others share it."""
        text, version = self._read(ref, None)
        _value(ref, text)
        rest = {name: value for name, value in _object(ref, text).items() if name != ref.key} if ref.key else {}
        with explained(str(ref)):
            client = self._open()
            client.tag_resource(SecretId=ref.path, Tags=[{"Key": TOUCHED_BY, "Value": by[:200]}])
            if rest:
                self._advance(ref, json.dumps(rest), str(uuid.uuid4()), version)
            else:
                client.delete_secret(SecretId=ref.path, RecoveryWindowInDays=30)
        return version

    def restore(self, ref: SecretRef, version: str, *, by: str) -> None:
        """Call off the deletion, and make the version's value current again."""
        plain = ref._replace(version=None)
        with explained(str(ref)):
            self._open().restore_secret(SecretId=ref.path)
        value = _value(ref, self._read(plain, version)[0])
        now = self.describe(plain)
        if now.version != version:
            self.put(plain, value, expected=now.version, by=by)

    def _advance(self, ref: SecretRef, text: str, version: str, expected: str) -> None:
        """Write a version aside, then move AWSCURRENT to it from the expected one."""
        client = self._open()
        client.put_secret_value(SecretId=ref.path, SecretString=text, ClientRequestToken=version, VersionStages=[ASIDE])
        client.update_secret_version_stage(
            SecretId=ref.path, VersionStage=CURRENT, MoveToVersionId=version, RemoveFromVersionId=expected
        )

    def _merged(self, ref: SecretRef, secret: Secret, current: str | None) -> str:
        if not ref.key:
            return secret.reveal()
        old = _object(ref, self._read(ref, None)[0]) if current is not None else {}
        return json.dumps({**old, ref.key: secret.reveal()})

    def _read(self, ref: SecretRef, version: str | None) -> tuple[str, str]:
        with explained(str(ref)):
            which = {"VersionId": version} if version else {"VersionStage": CURRENT}
            try:
                found = self._open().get_secret_value(SecretId=ref.path, **which)
            except Exception as error:
                if _code(error) == "InvalidRequestException":  # scheduled for deletion
                    raise SecretError("missing", f"`{ref}` was cleared", hint="restore it, or set it anew") from None
                raise
        if "SecretString" not in found:
            raise SecretError("invalid", f"`{ref}` is binary, not text")
        return str(found["SecretString"]), str(found["VersionId"])

    def _open(self) -> Any:
        if self._client is None:
            try:
                import boto3
                from botocore.config import Config
            except ModuleNotFoundError:
                raise SecretError(
                    "unsupported", "aws-secrets:// needs boto3", hint="pip install 'pxctl[aws]'"
                ) from None
            seconds = self._settings.timeout_ms / 1000
            config = Config(
                connect_timeout=seconds, read_timeout=seconds, retries={"max_attempts": 0},
                region_name=self._settings.region,
            )  # fmt: skip
            self._client = boto3.client(
                "secretsmanager", config=config, endpoint_url=self._settings.address, verify=self._settings.ca_bundle
            )
        return self._client


def _object(ref: SecretRef, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise SecretError("invalid", f"`{ref}` names a key, but the secret is not a JSON object")
    return value


def _value(ref: SecretRef, text: str) -> Secret:
    value = _object(ref, text).get(ref.key) if ref.key else text
    if not isinstance(value, str) or not value:
        raise SecretError("missing", f"`{ref}`: the secret has no text there")
    return Secret(value)


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what boto3 raises into SecretError."""
    try:
        yield
    except SecretError:
        raise
    except Exception as error:
        name, code = type(error).__name__, _code(error)
        if code:
            fault = _FAULTS.get(code, "down")
            raise SecretError(fault, f"`{what}`: the store says {code}") from None
        if name in ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "TokenRetrievalError"):
            raise SecretError("forbidden", f"`{what}`: no AWS login", hint="log in, or set the AWS variables") from None
        if name == "NoRegionError":
            raise SecretError("invalid", f"`{what}`: no AWS region", hint="set `region` of the store") from None
        if name == "SSLError":
            raise SecretError("tls", f"`{what}`: the store's certificate cannot be verified") from None
        if "Timeout" in name:
            raise SecretError("slow", f"`{what}`: the store did not answer in time") from None
        if type(error).__module__.startswith("botocore"):
            raise SecretError("down", f"`{what}`: {brief(str(error), 120)}") from None
        raise


def open_backend(settings: SecretStore) -> AwsBackend:
    """A backend with the store's settings."""
    return AwsBackend(settings)
