"""Writing YAML: whole files in one dialect, and edits that leave every other byte alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from pxctl.core.errors import ConfigError
from pxctl.load.yaml_positions import Composed, compose
from pxctl.load.yaml_scalars import BadNumberError, plain

# What YAML 1.1 loaders would take for something else than text; quoting it makes the file mean the same everywhere.
_OTHER_LOADERS = re.compile(
    r"(?i)y|n|yes|no|on|off|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?0b[01_]+|[-+]?[0-9][0-9_,.]*(e[-+]?[0-9]+)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?|=|<<"
)


def dump_yaml(value: Any) -> str:
    """A value as YAML in block style, keys in the order given; the same value always gives the same text.

    Takes JSON values, tuples, Decimal (as a number), dates (as text) and models (as `model_dump` of what was set).
    """
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    out = StringIO()
    yaml.dump(_writable(value), out)
    return out.getvalue().removesuffix("...\n")


def _writable(value: Any) -> Any:
    from ruamel.yaml.scalarfloat import ScalarFloat
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    from pxctl.model.base import Model

    if isinstance(value, Model):
        value = value.model_dump(mode="python", by_alias=True, exclude_unset=True)
    if isinstance(value, dict):
        return {_writable(str(key)): _writable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writable(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [_writable(item) for item in sorted(value)]
    if isinstance(value, (datetime, date)):
        return DoubleQuotedScalarString(value.isoformat())
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        text = format(value, "f")
        whole, _, rest = text.partition(".")
        return (
            ScalarFloat(float(text), width=len(text), prec=len(whole), m_sign=False, m_lead0=0) if rest else int(value)
        )
    if isinstance(value, str) and not isinstance(value, (DoubleQuotedScalarString, LiteralScalarString)):
        if "\n" in value and value == value.strip() + "\n" and value.isprintable() is False and "\t" not in value:
            return LiteralScalarString(value)
        return DoubleQuotedScalarString(value) if needs_quotes(value) else value
    return value


def needs_quotes(text: str) -> bool:
    """Whether plain `text` would be something else than this text, for us or for another loader."""
    try:
        return not isinstance(plain(text), str) or bool(_OTHER_LOADERS.fullmatch(text)) or "\n" in text
    except BadNumberError:
        return True


def scalar_text(value: Any) -> str:
    """A scalar as it is written behind `key: `."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    if re.fullmatch(r"[A-Za-z/.][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*", text) and not needs_quotes(text):
        return text
    import json

    return json.dumps(text, ensure_ascii=False)


def set_value(text: str, path: Sequence[str | int], value: Any) -> str:
    """The text with the value at `path` replaced, or added to the mapping that is its parent; other bytes stay.

    Raises ConfigError where the text is broken or the parent is not there.
    """
    composed = _composed(text)
    steps = tuple(path)
    new = scalar_text(value) if not isinstance(value, (dict, list, tuple)) else _flow(value)
    if steps in composed.values and steps:
        place = composed.values[steps]
        if composed.styles.get(steps) == "block":
            return _replace_block(text, composed, steps, new)
        gap = " " if text[max(place.start - 1, 0) : place.start] == ":" else ""
        return text[: place.start] + gap + new + text[place.end :]
    parent = steps[:-1]
    if not steps or not isinstance(steps[-1], str) or parent not in composed.values:
        raise ConfigError(f"there is no `{'.'.join(map(str, parent))}` to put a value into")
    return _add_key(text, composed, parent, scalar_text(steps[-1]), new)


def remove_value(text: str, path: Sequence[str | int]) -> str:
    """The text without the line or lines of a key in a block mapping. Raises ConfigError where it is not there."""
    composed = _composed(text)
    steps = tuple(path)
    if steps not in composed.keys:
        raise ConfigError(f"there is no `{'.'.join(map(str, steps))}` to remove")
    if composed.styles.get(steps[:-1]) != "block":
        raise ConfigError(f"`{'.'.join(map(str, steps))}` stands in a flow mapping; edit it by hand")
    start = text.rfind("\n", 0, composed.keys[steps].start) + 1
    if text[start : composed.keys[steps].start].strip():
        raise ConfigError(f"`{'.'.join(map(str, steps))}` shares its line with a list item; edit it by hand")
    return text[:start] + text[_end_of(text, composed, steps) :]


def _composed(text: str) -> Composed:
    composed = compose(text)
    if composed.problems:
        problem = composed.problems[0]
        raise ConfigError(f"line {problem.place.line}: {problem.message}", hint=problem.hint)
    return composed


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar_text(str(key))}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return scalar_text(value)


def _end_of(text: str, composed: Composed, path: tuple[str | int, ...]) -> int:
    """The offset after the last line that holds anything of the value at `path`."""
    inside = [place.end for known, place in composed.values.items()
              if known[: len(path)] == path and composed.styles.get(known) != "block"]  # fmt: skip
    last = max(inside, default=composed.keys[path].end)
    if text[last - 1 : last] == "\n":
        return last
    end = text.find("\n", last)
    return len(text) if end < 0 else end + 1


def _replace_block(text: str, composed: Composed, path: tuple[str | int, ...], new: str) -> str:
    if path not in composed.keys:
        raise ConfigError(f"`{'.'.join(map(str, path))}` is a list item over several lines; edit it by hand")
    end = _end_of(text, composed, path)
    colon = text.index(":", composed.keys[path].end)
    return f"{text[: colon + 1]} {new}\n{text[end:]}"


def _add_key(text: str, composed: Composed, parent: tuple[str | int, ...], key: str, new: str) -> str:
    place = composed.values[parent]
    siblings = [known for known in composed.keys if known[:-1] == parent]
    if composed.styles.get(parent) == "flow":
        close = place.end - 1
        comma = ", " if siblings else ""
        return f"{text[:close].rstrip()}{comma}{key}: {new}{text[close:]}"
    if not siblings:
        raise ConfigError(f"`{'.'.join(map(str, parent))}` is not a mapping with fields")
    at = _end_of(text, composed, siblings[-1])
    indent = " " * (composed.keys[siblings[0]].column - 1)
    before = text[:at] if text[:at].endswith("\n") else text[:at] + "\n"
    return f"{before}{indent}{key}: {new}\n{text[at:]}"
