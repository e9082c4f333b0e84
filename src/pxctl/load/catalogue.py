"""The dated price catalogue that ships with pxctl."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pxctl.core.errors import ConfigError

if TYPE_CHECKING:
    from pxctl.model.catalogue import Catalogue, CatalogueModel

FILE = Path(__file__).parent / "data" / "catalogue.json"
_MODELS = ',\n "models": {\n'
"""What stands in the file before its models, of which each has a line (`tools/make_catalogue.py`)."""


@cache
def load_catalogue(file: Path = FILE) -> Catalogue:
    """The catalogue, read once; an empty one where none was shipped. Raises ConfigError where it is damaged."""
    from pxctl.model.catalogue import Catalogue

    try:
        head, _, rest = file.read_text(encoding="utf-8").partition(_MODELS)
        models = _Models(rest.removesuffix("\n }\n}\n"))
        return Catalogue.model_validate_json(head + "}").model_copy(update={"models": models})
    except FileNotFoundError:
        return Catalogue()
    except ValueError as error:
        raise _damaged() from error


def _damaged() -> ConfigError:
    return ConfigError("the price catalogue that came with pxctl is damaged", hint="install pxctl again")


class _Models(Mapping[str, "CatalogueModel"]):
    """Thousands of models of which a run needs a few: each becomes a value when somebody looks at it."""

    def __init__(self, lines: str) -> None:
        """Lines are `  "vendor/id": {...},`. Raises ValueError for others."""
        self._raw = dict(line.split('": ', 1) for line in lines.removeprefix('  "').split('\n  "'))
        self._made: dict[str, CatalogueModel] = {}

    def __getitem__(self, key: str) -> CatalogueModel:
        if key not in self._made:
            from pxctl.model.catalogue import CatalogueModel

            raw = self._raw[key]
            try:
                self._made[key] = CatalogueModel.model_validate(json.loads(raw.removesuffix(",")))
            except ValueError as error:
                raise _damaged() from error
        return self._made[key]

    def __contains__(self, key: object) -> bool:
        return key in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)
