"""What every command gets without its verb asking: completion by parameter name, and help without noise."""

from __future__ import annotations

import re
from typing import Any

from pxctl.app.cli.complete import BY_NAME, completer

try:
    from pxctl.app.cli.coercion import spare
except ImportError:  # it leans on what typer keeps to itself; without it commands start slower and do the same

    def spare(parameter: Any) -> None:
        """Leave the parameter as typer made it."""


_WORDS = {str: "TEXT", int: "NUMBER", float: "NUMBER"}


def tidy(command: Any) -> None:
    """Go through a command and its sub-commands; changes them in place."""
    if command.help:
        command.help = "\n\n".join(_reflow(part) for part in re.split(r"\n\s*\n", command.help))
    for parameter in command.params:
        if parameter.name in BY_NAME and parameter._custom_shell_complete is None:
            parameter._custom_shell_complete = completer(parameter.name)
        quieten(parameter)
        spare(parameter)
    _quieten_help(command)
    for below in getattr(command, "commands", {}).values():
        tidy(below)


def quieten(parameter: Any) -> None:
    """Show `--quiet`, not `--quiet <bool>`; `--suite TEXT`, not `--suite <list[str]>`; an argument without a type."""
    if parameter.param_type_name == "argument":
        parameter.display_type_rich = lambda **_: ""
        parameter.metavar = parameter.metavar or parameter.name.upper().replace("_", "-")
        # dots and brackets are added by the frame
        parameter.metavar = re.sub(r"^\[(.*)\](\.\.\.)?$", r"\1", parameter.metavar)
    elif getattr(parameter, "is_flag", False):
        parameter.metavar = parameter.metavar or ""
    elif parameter.metavar is None:
        word = _WORDS.get(parameter.type_descriptor.annotation)
        if word is None and parameter.type_descriptor.is_list and not parameter.type_descriptor.is_choice:
            word = "TEXT"
        parameter.metavar = word


def _quieten_help(command: Any) -> None:
    make = command.get_help_option

    def help_option(context: Any) -> Any:
        option = make(context)
        if option is not None:
            option.metavar = ""
            spare(option)
        return option

    command.get_help_option = help_option


def _reflow(paragraph: str) -> str:
    lines = paragraph.splitlines()
    if any(re.match(r"\s+\S|[-*] |[$|]", line) for line in lines):
        return paragraph
    return " ".join(line.strip() for line in lines)
