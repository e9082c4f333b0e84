"""The dated price catalogue that ships with pxctl."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pxctl.core.errors import ConfigError
from pxctl.model.catalogue import Catalogue


@cache
def load_catalogue() -> Catalogue:
    """The catalogue, read once; an empty one where none was shipped. Raises ConfigError where it is damaged."""
    path = files("pxctl.load").joinpath("data/catalogue.json")
    try:
        return Catalogue.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Catalogue()
    except ValueError as error:
        raise ConfigError("the price catalogue that came with pxctl is damaged", hint="install pxctl again") from error
