"""The page about the command line stays true."""

from __future__ import annotations

import re
from pathlib import Path

from pxctl.app import errors
from pxctl.app.cli.verbs import VERBS, available
from pxctl.core.errors import InputError, RefusedError, ToolError

PAGE = (Path(__file__).parent.parent.parent / "docs" / "command-line.md").read_text()


def test_every_verb_stands_on_the_page_with_its_line() -> None:
    shown = dict(re.findall(r"^\| `pxctl ([a-z-]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert shown == {verb.name: verb.help for verb in available().values()}
    assert {verb.panel for verb in VERBS if verb.name in shown} == set(
        re.findall(r"^\| \*\*(.*)\*\* \| \|$", PAGE, re.M)
    )


def test_every_exit_code_stands_on_the_page() -> None:
    codes = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", PAGE, re.MULTILINE)}
    known = {0, InputError.exit_code, ToolError.exit_code, RefusedError.exit_code}
    assert codes == known | {errors.EXIT_BUG, errors.EXIT_INTERRUPTED, errors.EXIT_PIPE}
