"""What is written is read back as the same value, by us and by a YAML 1.1 loader; edits leave other bytes alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.core.errors import ConfigError
from pxctl.load.writer import dump_yaml, remove_value, set_value
from pxctl.load.yaml_positions import compose

PROVIDER = (Path(__file__).parents[1] / "data" / "lint" / "_base" / "providers" / "openai-main.yaml").read_text()
TEXT = st.one_of(
    st.sampled_from(
        [
            "yes",
            "no",
            "on",
            "y",
            "null",
            "~",
            "1",
            "0x1F",
            "1e3",
            "014",
            "12:30",
            "2024-01-01",
            "<<",
            "=",
            ".inf",
            "a: b",
            "a #b",
            "- a",
            "&a",
            "*a",
            "!t",
            "%x",
            "@x",
            "",
            " ",
            "a\nb\n",
            "x: ",
            "é",
            "{a}",
            "[b]",
            "'",
            '"',
        ]
    ),
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029\x85\ufffe\uffff"),
        max_size=12,
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4))
def test_round_trip(value: dict[str, Any]) -> None:
    text = dump_yaml(value)
    composed = compose(text)
    assert not composed.problems, text
    assert composed.value == value
    assert yaml.safe_load(text) == value
    assert dump_yaml(value) == text


def test_decimals_keep_their_digits() -> None:
    text = dump_yaml({"a": Decimal("0.40"), "b": Decimal("1.000001"), "c": Decimal(2), "d": Decimal("0.05")})
    assert text == "a: 0.40\nb: 1.000001\nc: 2\nd: 0.05\n"


def test_set_leaves_the_rest() -> None:
    assert set_value(PROVIDER, ("priority",), 30) == PROVIDER.replace("priority: 20", "priority: 30")
    new = set_value(PROVIDER, ("models", 1, "price", "input_per_mtok"), Decimal("0.39"))
    assert new == PROVIDER.replace("input_per_mtok: 0.4,", "input_per_mtok: 0.39,")
    added = set_value(PROVIDER, ("rollout",), "standard")
    assert added == PROVIDER + "rollout: standard\n"
    nested = set_value(PROVIDER, ("metadata", "team"), "a b")
    assert nested == PROVIDER.replace("{owner: platform}", '{owner: platform, team: "a b"}')
    block = set_value(PROVIDER, ("models", 0, "deployment_name"), "gpt41")
    assert "output_per_mtok: 8}\n    deployment_name: gpt41\n  - id: gpt-4.1-mini" in block
    assert compose(block).value["models"][0]["deployment_name"] == "gpt41"


def test_remove() -> None:
    gone = remove_value(PROVIDER, ("endpoints",))
    assert "endpoints" not in compose(gone).value
    assert gone.count("\n") == PROVIDER.count("\n") - 3
    with pytest.raises(ConfigError, match="to remove"):
        remove_value(PROVIDER, ("nothing",))


@pytest.mark.parametrize("path", [("nothing", "below"), ("models", 9, "id"), ()])
def test_what_cannot_be_set(path: tuple[str | int, ...]) -> None:
    with pytest.raises(ConfigError):
        set_value(PROVIDER, path, 1)
