"""pxctl governs model providers and model routing from a git repository.

`pxctl.Router` decides requests inside a Python program; it is loaded when it is first asked for.
"""

__version__ = "0.1.0"
__all__ = ["Router", "__version__"]


def __getattr__(name: str) -> object:
    if name == "Router":
        from importlib import import_module

        return import_module("pxctl.router").Router
    raise AttributeError(f"module `pxctl` has no attribute `{name}`")
