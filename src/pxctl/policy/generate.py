"""Generated Python: text of a function -> the function, compiled once per text.

The text is made of fixed fragments chosen by the shape of a policy; nothing that a file says ever becomes source:
values reach the function as arguments of a factory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from textwrap import indent
from typing import Any


@lru_cache(maxsize=1024)
def _factory(source: str, parameters: tuple[str, ...]) -> Callable[..., Any]:
    name = source[len("def ") : source.index("(")]
    text = f"def make({', '.join(parameters)}):\n{indent(source, '    ')}\n    return {name}\n"
    scope: dict[str, Any] = {}
    exec(compile(text, f"<pxctl {name}>", "exec"), scope)  # noqa: S102 - the text is built from our own fragments alone
    made: Callable[..., Any] = scope["make"]
    return made


def function(source: str, names: Mapping[str, object]) -> Any:
    """The function that `source` (one `def`) defines, with `names` as its free variables."""
    return _factory(source, tuple(names))(*names.values())
