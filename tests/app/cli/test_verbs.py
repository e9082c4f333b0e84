from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pxctl.app.cli.group import load_verb
from pxctl.app.cli.verbs import available

VERBS = available()


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if not below:
        yield path, command
        return
    for name, sub in below.items():
        yield from leaves(sub, f"{path} {name}")


@pytest.mark.parametrize("name", VERBS)
def test_every_command_says_what_it_does_and_shows_an_example_of_itself(name: str) -> None:
    for path, command in leaves(load_verb(VERBS[name]), f"pxctl {name}"):
        assert command.help, f"{path} has no help"
        lines = [line.strip() for line in (command.epilog or "").splitlines()]
        assert lines[:1] == ["Examples:"], f"{path} has no examples"
        shown = [line for line in lines if line.startswith("$ ")]
        assert any(path in line.replace("\\[", "[") for line in shown), f"no example of {path} itself: {shown}"


@pytest.mark.parametrize("name", VERBS)
def test_the_words_of_an_example_are_options_that_exist(name: str) -> None:
    for path, command in leaves(load_verb(VERBS[name]), f"pxctl {name}"):
        known = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
        for line in (command.epilog or "").splitlines():
            example = line.strip().removeprefix("$ ").split("#")[0].split("|")[0]
            if f" {path} " not in f" {example} ":
                continue
            used = {word.split("=")[0] for word in example.split() if word.startswith("--") and word != "--"}
            assert used <= known, f"{path}: {used - known} in `{example}`"


@pytest.mark.parametrize("name", VERBS)
def test_shared_options_mean_the_same_everywhere(name: str) -> None:
    meanings = {"-C": "repo", "-f": "format", "-o": "output", "-q": "quiet", "-v": "verbose", "-y": "yes"}
    for path, command in leaves(load_verb(VERBS[name]), f"pxctl {name}"):
        for parameter in command.params:
            for opt in parameter.opts:
                assert meanings.get(opt, parameter.name) == parameter.name, f"{path}: {opt} is {parameter.name}"


@pytest.mark.parametrize("name", VERBS)
def test_one_thing_has_one_name(name: str) -> None:
    wrong = {"--environment": "--env", "--repository": "--repo", "--out": "--output", "--yes-really": "--yes"}
    for path, command in leaves(load_verb(VERBS[name]), f"pxctl {name}"):
        for parameter in command.params:
            for opt in parameter.opts:
                assert opt not in wrong, f"{path}: {opt} is called {wrong[opt]} everywhere else"


def test_help_is_shown_for_a_verb(pxctl) -> None:
    shown = pxctl("doctor", "--help")
    assert shown.returncode == 0
    assert "Usage: pxctl doctor" in shown.stdout
    assert "<bool>" not in shown.stdout
