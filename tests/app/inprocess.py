"""pxctl inside the test's own process: as a user runs it, without paying for a new interpreter each time."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from subprocess import CompletedProcess

from pxctl.app.main import main


def run(*args: str, cwd: Path) -> CompletedProcess[str]:
    """The finished run: exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(args))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return CompletedProcess(args, code, out.getvalue(), err.getvalue())
