"""The price catalogue: what is read line by line is what the file says as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pxctl.core.errors import ConfigError
from pxctl.load.catalogue import FILE, load_catalogue
from pxctl.model.catalogue import Catalogue


def test_line_by_line_is_the_whole() -> None:
    whole = Catalogue.model_validate(json.loads(FILE.read_text(encoding="utf-8")))
    read = load_catalogue()
    assert dict(read.models) == whole.models
    assert read.model_copy(update={"models": {}}) == whole.model_copy(update={"models": {}})
    assert read.find("openai", "no-such-model") is None


@pytest.mark.parametrize(("old", "new"), [('"dated": ', '"dated" '), ('\n "models"', "")])
def test_a_damaged_file_is_no_bug(tmp_path: Path, old: str, new: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "catalogue.json"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        load_catalogue(file)


def test_a_damaged_model_is_no_bug(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.json"
    file.write_text(FILE.read_text(encoding="utf-8").replace('  "openai/gpt-4.1": {', '  "openai/gpt-4.1": [{', 1))
    with pytest.raises(ConfigError, match="damaged"):
        load_catalogue(file).find("openai", "gpt-4.1")


def test_without_a_file_it_is_empty(tmp_path: Path) -> None:
    assert not load_catalogue(tmp_path / "none.json").models
