"""The entry point: a fast answer to `--version`, and the error boundary around everything else.

Nothing heavy is imported at the top: `pxctl --version` must answer within 60 ms of CPU time.
"""

from __future__ import annotations

import gc
import os
import sys

from pxctl import __version__


def main(argv: list[str] | None = None) -> None:
    """Run pxctl with these arguments (default: the process's) and exit with its code."""
    args = sys.argv[1:] if argv is None else argv
    if args in (["--version"], ["-V"]):
        print(f"pxctl {__version__}")
        sys.exit(0)
    _start_fast()
    from pxctl.app.errors import guarded

    code = guarded(args)
    gc.freeze()  # the interpreter would go through everything once more before it ends
    sys.exit(code)


def _start_fast() -> None:
    """What no import needs: the collector, which finds nothing while modules are loaded and would look fifty times; and
    pydantic's plugins, for which it would ask every installed package."""
    gc.set_threshold(200_000, 20, 20)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


if __name__ == "__main__":
    main()
