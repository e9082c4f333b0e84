"""The entry point: a fast answer to `--version`, and the error boundary around everything else.

Nothing heavy is imported at the top: `pxctl --version` must answer within 60 ms of CPU time.
"""

from __future__ import annotations

import sys

from pxctl import __version__


def main(argv: list[str] | None = None) -> None:
    """Run pxctl with these arguments (default: the process's) and exit with its code."""
    args = sys.argv[1:] if argv is None else argv
    if args in (["--version"], ["-V"]):
        print(f"pxctl {__version__}")
        sys.exit(0)
    from pxctl.app.errors import guarded

    sys.exit(guarded(args))


if __name__ == "__main__":
    main()
