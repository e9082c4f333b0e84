"""Make `src/pxctl/interop/litellm/data/vocabulary.json`: the words that LiteLLM's configuration may hold.

Run it with the Python of an environment that has `litellm[proxy]` (MIT, BerriAI), never with pxctl's own:

    python tools/make_litellm_vocabulary.py

Top-level sections and the keys of `model_list` members are written here by hand, from LiteLLM's documentation.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import os
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "src/pxctl/interop/litellm/data/vocabulary.json"
SECTIONS = """model_list litellm_settings router_settings general_settings environment_variables include guardrails
credential_list mcp_servers mcp_tools mcp_aliases search_tools vector_store_registry prompts assistant_settings
finetune_settings files_settings batch_settings default_team_settings policies policy_attachments sandbox_tools
litellm_license cache_params model_config key_management_settings key_management_system pass_through_endpoints
agent_list skills tools""".split()  # noqa: SIM905 (a word list reads better)
MODEL = ["model_name", "litellm_params", "model_info", "blocked", "tpm", "rpm"]
CALL = """weight order max_parallel_requests tags max_tokens max_completion_tokens temperature top_p n stream
stream_options stop presence_penalty frequency_penalty logit_bias user response_format seed tools tool_choice logprobs
top_logprobs parallel_tool_calls extra_headers extra_body extra_query headers reasoning_effort thinking verbosity
modalities prediction audio web_search_options deployment_id base_url additional_drop_params allowed_openai_params
cache_control_injection_points guardrails prompt_id prompt_variables model_list dimensions encoding_format input_type
ssl_verify cooldown_time metadata litellm_metadata fallbacks num_retries context_window_fallback_dict rpm_limit
tpm_limit use_in_pass_through vertex_ai_project vertex_ai_location custom_tokenizer hf_model_name region no-log
caching cache mock_testing_fallbacks top_k num_ctx keep_alive repeat_penalty format service_tier safety_settings
project_id token space_id wx_region_name api_type initial_prompt_value roles final_prompt_value bos_token eos_token
safety_identifier prompt_cache_key store background truncation include timestamp_granularities voice language prompt
size quality style watsonx_region_name aws_bedrock_client inference_params client_metadata""".split()  # noqa: SIM905
INFO = """mode supports_vision supports_function_calling supports_parallel_function_calling supports_response_schema
supports_reasoning supports_prompt_caching supports_system_messages supports_tool_choice supports_audio_input
supports_audio_output supports_pdf_input supports_web_search supports_native_streaming max_tokens max_input_tokens
max_output_tokens litellm_provider health_check_timeout health_check_model health_check_voice health_check_params
disable_background_health_check access_groups supported_environments version custom_tokenizer my_custom_key
deprecation_date source description region pxctl""".split()  # noqa: SIM905


def names(model: Any) -> list[str]:
    """The fields of a pydantic model."""
    return list(model.model_fields)


def main() -> None:
    """Ask LiteLLM for its words and write them down, sorted."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm
    from litellm import Router
    from litellm.proxy._types import ConfigGeneralSettings
    from litellm.types.router import AllowedFailsPolicy, GenericLiteLLMParams, ModelInfo, RetryPolicy, RoutingStrategy
    from litellm.types.utils import all_litellm_params

    settings = [
        name
        for name in dir(litellm)
        if name.islower() and not name.startswith("_") and not inspect.ismodule(getattr(litellm, name))
        and not inspect.isroutine(getattr(litellm, name)) and not inspect.isclass(getattr(litellm, name))
    ]  # fmt: skip
    settings += ["callbacks", "success_callback", "failure_callback", "cache", "cache_params", "default_team_settings",
                 "json_logs", "log_level", "mcp_semantic_tool_filter"]  # fmt: skip
    providers = {str(getattr(one, "value", one)) for one in litellm.provider_list}
    vocabulary = {
        "version": importlib.metadata.version("litellm"),
        "sections": SECTIONS,
        "model": MODEL,
        "litellm_params": sorted({*names(GenericLiteLLMParams), "model", *CALL, *map(str, all_litellm_params)}),
        "model_info": sorted({*names(ModelInfo), *INFO}),
        "router_settings": sorted(set(inspect.signature(Router.__init__).parameters) - {"self", "model_list"}),
        "litellm_settings": sorted(set(settings)),
        "general_settings": sorted(names(ConfigGeneralSettings)),
        "strategies": sorted({"simple-shuffle", "lar1", *(one.value for one in RoutingStrategy)}),
        "retry_policy": names(RetryPolicy),
        "allowed_fails_policy": names(AllowedFailsPolicy),
        "providers": sorted(providers),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(vocabulary, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
