"""Words on the command line become what typer itself makes of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

from pxctl.app.cli.coercion import spare


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def verb(
    words: Annotated[list[str] | None, typer.Argument()] = None,
    folder: Annotated[Path | None, typer.Option()] = None,
    there: Annotated[Path | None, typer.Option(exists=True)] = None,
    files: Annotated[list[Path] | None, typer.Option()] = None,
    name: Annotated[str, typer.Option(envvar="PXCTL_TEST_NAME")] = "nobody",
    many: Annotated[int, typer.Option(min=1)] = 3,
    colour: Annotated[Colour, typer.Option(case_sensitive=False)] = Colour.RED,
    loud: bool = False,
) -> None:
    """Everything that our verbs use."""


def answer(spared: bool, args: list[str]) -> Any:
    app = typer.Typer(add_completion=False)
    app.command()(verb)
    command: Any = get_command(app)
    for parameter in command.params if spared else ():
        spare(parameter)
    seen: list[Any] = []
    command.callback = lambda **given: seen.append(given)
    try:
        with command.make_context("verb", list(args)) as context:
            command.invoke(context)
    except Exception as error:
        return type(error).__name__, getattr(error, "message", str(error))
    return {key: (type(value), value) for key, value in seen[0].items()}


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["a", "b", "--folder", "x/../y", "--name", "", "--loud"],
        ["--files", "a", "--files", "b", "--many", "7", "--colour", "BLUE"],
        ["--many", "0"],
        ["--many", "x"],
        ["--colour", "green"],
        ["--there", "/no/such/file"],
        ["--there", "/"],
        ["--folder"],
    ],
)
def test_as_typer_reads_them(args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(True, args) == answer(False, args)
    monkeypatch.setenv("PXCTL_TEST_NAME", "somebody")
    assert answer(True, args) == answer(False, args)


def test_commands_work_where_typer_has_moved_what_the_shortcut_leans_on() -> None:
    import subprocess
    import sys

    code = (
        "import typer._coercion as inside; del inside.RuntimeParam\n"
        "from pxctl.app.main import main; main(['explain', 'PX0101'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "PX0101" in done.stdout
