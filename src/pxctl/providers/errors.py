"""One taxonomy for what vendors answer when they do not answer; the only place where vendors' words become ours.

| code | means | a retry can help |
|---|---|---|
| `authentication` | the credential is missing, wrong or expired | no |
| `permission` | the credential is valid but may not do this | no |
| `not_found` | the endpoint or the model does not exist | no |
| `invalid_request` | the vendor refuses the request's form | no |
| `context_too_long` | more tokens than the model takes | no |
| `content_policy` | the vendor's filter refused the content | no |
| `rate_limited` | too many requests or tokens for now | yes |
| `quota_exhausted` | the account has no credit or quota left | no |
| `overloaded` | the vendor has no capacity for now | yes |
| `server_error` | the vendor failed | yes |
| `timeout` | no answer in time | yes |
| `connection` | no connection: name, port, TLS | yes |
| `bad_response` | an answer that is not what the wire format says | no |
| `stream_interrupted` | a stream that ended before its end mark | yes |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pxctl.core.errors import NetworkError
from pxctl.core.secret import brief

Code = Literal[
    "authentication", "permission", "not_found", "invalid_request", "context_too_long", "content_policy",
    "rate_limited", "quota_exhausted", "overloaded", "server_error", "timeout", "connection", "bad_response",
    "stream_interrupted",
]  # fmt: skip
CODES: tuple[Code, ...] = get_args(Code)

ADVICE: Mapping[Code, str] = {
    "authentication": "check the credential with `pxctl secret check`, or rotate it",
    "permission": "give the credential's account access to this model and region, or use another account",
    "not_found": "check the endpoint's URL and path, and that the vendor serves this model there",
    "invalid_request": "check the model's capabilities in the provider file against the vendor's documentation",
    "context_too_long": "lower `context_tokens` of the model in the provider file to what the vendor takes",
    "content_policy": "the vendor's content filter is stricter than expected: review its settings for this account",
    "rate_limited": "lower `limits`, or ask the vendor for a higher limit",
    "quota_exhausted": "add credit or quota to the vendor's account",
    "overloaded": "try again later, or add another region or provider as a fallback",
    "server_error": "try again later; if it lasts, tell the vendor the request id",
    "timeout": "check the endpoint from this network, or raise `timeout_ms` in the provider file",
    "connection": "check the endpoint's host, port and certificate, and that this network reaches it",
    "bad_response": "check that `kind` and the endpoint's URL fit each other: something else answers there",
    "stream_interrupted": "try again; if it lasts, look for a proxy that cuts long answers",
}
RETRYABLE: frozenset[Code] = frozenset(
    {"rate_limited", "overloaded", "server_error", "timeout", "connection", "stream_interrupted"}
)

BY_STATUS: Mapping[int, Code] = {
    400: "invalid_request", 401: "authentication", 402: "quota_exhausted", 403: "permission", 404: "not_found",
    405: "not_found", 406: "invalid_request", 408: "timeout", 409: "server_error", 410: "not_found",
    411: "invalid_request", 413: "context_too_long", 414: "invalid_request", 415: "invalid_request",
    421: "connection", 422: "invalid_request", 424: "server_error", 425: "server_error", 429: "rate_limited",
    431: "invalid_request", 451: "permission", 498: "overloaded", 499: "timeout", 500: "server_error",
    501: "invalid_request", 502: "server_error", 503: "overloaded", 504: "timeout", 520: "server_error",
    521: "connection", 522: "timeout", 523: "connection", 524: "timeout", 525: "connection", 526: "connection",
    529: "overloaded",
}  # fmt: skip

BY_NAME: Mapping[str, Code] = {
    # OpenAI and those who speak its wire format; Azure OpenAI adds its own codes
    "invalid_api_key": "authentication", "invalid_authentication": "authentication",
    "authentication_error": "authentication", "invalid_organization": "authentication",
    "account_deactivated": "permission", "access_terminated": "permission", "ip_not_authorized": "permission",
    "mismatched_organization": "permission", "unsupported_country_region_territory": "permission",
    "permission_error": "permission", "model_not_found": "not_found", "not_found_error": "not_found",
    "deploymentnotfound": "not_found", "deployment_not_found": "not_found", "resource_not_found": "not_found",
    "invalid_request_error": "invalid_request", "unsupported_parameter": "invalid_request",
    "unsupported_value": "invalid_request", "invalid_value": "invalid_request", "invalid_type": "invalid_request",
    "missing_required_parameter": "invalid_request", "unknown_parameter": "invalid_request",
    "invalid_image": "invalid_request", "invalid_json_schema": "invalid_request",
    "operationnotsupported": "invalid_request", "context_length_exceeded": "context_too_long",
    "string_above_max_length": "context_too_long", "request_too_large": "context_too_long",
    "content_filter": "content_policy", "content_policy_violation": "content_policy",
    "responsibleaipolicyviolation": "content_policy", "rate_limit_exceeded": "rate_limited",
    "rate_limit_error": "rate_limited", "requests": "rate_limited", "tokens": "rate_limited",
    "too_many_requests": "rate_limited", "toomanyrequests": "rate_limited",
    "insufficient_quota": "quota_exhausted", "billing_hard_limit_reached": "quota_exhausted",
    "billing_not_active": "quota_exhausted", "billing_error": "quota_exhausted", "quota_exceeded": "quota_exhausted",
    "engine_overloaded": "overloaded", "overloaded_error": "overloaded", "slow_down": "overloaded",
    "nocapacity": "overloaded", "service_unavailable": "overloaded", "server_error": "server_error",
    "internal_server_error": "server_error", "internalservererror": "server_error", "api_error": "server_error",
    "timeout_error": "timeout", "timeout": "timeout", "requesttimeout": "timeout",
    "json_validate_failed": "invalid_request", "tool_use_failed": "bad_response",
    # Gemini (google.rpc.Code and ErrorInfo reasons)
    "unauthenticated": "authentication", "api_key_invalid": "authentication", "permission_denied": "permission",
    "api_key_service_blocked": "permission", "not_found": "not_found", "invalid_argument": "invalid_request",
    "failed_precondition": "permission", "out_of_range": "invalid_request", "unimplemented": "invalid_request",
    "resource_exhausted": "rate_limited", "unavailable": "overloaded", "internal": "server_error",
    "unknown": "server_error", "aborted": "server_error", "data_loss": "server_error", "cancelled": "timeout",
    "deadline_exceeded": "timeout",
    # Bedrock
    "unrecognizedclientexception": "authentication", "invalidsignatureexception": "authentication",
    "expiredtokenexception": "authentication", "missingauthenticationtokenexception": "authentication",
    "incompletesignatureexception": "authentication", "accessdeniedexception": "permission",
    "resourcenotfoundexception": "not_found", "validationexception": "invalid_request",
    "throttlingexception": "rate_limited", "servicequotaexceededexception": "quota_exhausted",
    "modelnotreadyexception": "overloaded", "serviceunavailableexception": "overloaded",
    "modeltimeoutexception": "timeout", "modelerrorexception": "server_error",
    "internalserverexception": "server_error", "modelstreamerrorexception": "stream_interrupted",
    # llama.cpp
    "exceed_context_size_error": "context_too_long", "unavailable_error": "overloaded",
    "not_supported_error": "invalid_request",
}  # fmt: skip

_LONG = (
    "context length", "context_length", "context window", "prompt is too long", "too many tokens", "maximum context",
    "exceeds the available context", "input token count", "input is too long", "token limit",
)  # fmt: skip
_KEY = ("api key not valid", "invalid api key", "incorrect api key", "invalid x-api-key", "api key expired")
_QUOTA = ("exceeded your current quota", "credit balance is too low", "insufficient credit", "out of credits")
_FILTER = ("content management policy", "content filter", "safety settings", "blocked by")


class ProviderError(NetworkError):
    """A call that did not work, in our words. `hint` is what the operator can do; nothing in it is a secret."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(brief(message), hint=hint or ADVICE[code])
        self.code: Code = code
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def retryable(self) -> bool:
        """Whether asking again can help."""
        return self.code in RETRYABLE


def classify(status: int, names: tuple[str, ...], message: str) -> Code:
    """Our code for a vendor's status, error names (type, code, status, reason; the most telling first) and message."""
    text = message.lower()
    code = next((BY_NAME[name.lower()] for name in names if name.lower() in BY_NAME), None)
    if code in (None, "invalid_request", "rate_limited", "permission"):
        if status in (400, 413, 422) and any(words in text for words in _LONG):
            return "context_too_long"
        if status in (400, 401, 403) and any(words in text for words in _KEY):
            return "authentication"
        if status in (400, 402, 403, 429) and any(words in text for words in _QUOTA):
            return "quota_exhausted"
        if status in (400, 403) and any(words in text for words in _FILTER):
            return "content_policy"
    if code == "invalid_request" and status in (401, 402, 403, 404, 408, 413, 429):
        return BY_STATUS[status]  # OpenAI's wire says `invalid_request_error` for most of them
    if code is not None:
        return code
    if status in BY_STATUS:
        return BY_STATUS[status]
    return "server_error" if status >= 500 else "bad_response" if status < 400 else "invalid_request"


def names_and_message(body: Any) -> tuple[tuple[str, ...], str]:
    """The error names and the message of a vendor's error body, in any of the shapes that vendors use."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return (), body if isinstance(body, str) else ""
    inner = body.get("error", body)
    if isinstance(inner, str):
        return (inner,), str(body.get("message", inner))
    if not isinstance(inner, dict):
        return (), ""
    names = [inner.get("code"), inner.get("type"), inner.get("status"), inner.get("__type"), body.get("type")]
    for detail in inner.get("details") or ():
        if isinstance(detail, dict):
            names.insert(0, detail.get("reason"))
    found = tuple(name.rpartition("#")[2] for name in names if isinstance(name, str))
    message = inner.get("message") or inner.get("Message") or body.get("message") or ""
    return found, message if isinstance(message, str) else ""
