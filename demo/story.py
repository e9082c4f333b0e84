"""How the demo talks: chapters, the command before its output, and a check after each step."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LIGHTS = (
    (re.compile(r"\b(passed|passing|signed|released: production #\d+|every release is one that .*)"), "32"),
    (re.compile(r"\b(failed|pending_fix|exceeded|newly refused|blocked|withdrawn|aborted)\b|\berror:"), "31"),
)
"""Words of the output that stand in colour on a terminal."""


class BrokenError(Exception):
    """A step did not do what the story says."""


@dataclass
class Story:
    """Runs commands in one folder, shows them, and keeps what was checked."""

    folder: Path
    env: Mapping[str, str]
    signed: bool = False
    chapters: int = 0
    checks: int = 0
    started: float = field(default_factory=time.monotonic)
    colour: bool = field(default_factory=lambda: sys.stdout.isatty() and not os.environ.get("NO_COLOR"))

    def _style(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def say(self, text: str = "") -> None:
        """Plain words to the reader."""
        print(text, flush=True)

    def chapter(self, title: str, *words: str) -> None:
        """A new chapter: its number, its title, and what it is about."""
        self.chapters += 1
        self.say()
        self.say(self._style(f"── {self.chapters}. {title} " + "─" * max(4, 86 - len(title)), "1;36"))
        for line in words:
            self.say(self._style(line, "3"))

    def run(
        self, command: str, *, exits: int = 0, shows: tuple[str, ...] = (), quiet: bool = False, most: int = 60
    ) -> str:
        """Run a command line as a reader would, show it and what it prints, and check its exit code and words.

        `most` lines are shown; `quiet` shows the command alone. Raises BrokenError.
        """
        self.say()
        self.say(self._style(f"$ {command}", "1"))
        done = subprocess.run(
            shlex.split(command), cwd=self.folder, env=dict(self.env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=110,
        )  # fmt: skip
        lines = done.stdout.rstrip("\n").splitlines()
        if not quiet or done.returncode != exits:
            for line in lines[:most]:
                self.say(f"  {self._lit(self._crop(line))}")
            if len(lines) > most:
                self.say(self._style(f"  … {len(lines) - most} more lines", "2"))
        if done.returncode != exits:
            raise BrokenError(f"`{command}` ended with exit {done.returncode}, the story says {exits}")
        self.checks += 1
        for words in shows:
            self.check(re.search(words, done.stdout) is not None, f"`{command}` shows {words}")
        return done.stdout

    def ask(self, command: str, *, exits: int = 0) -> Any:
        """Run a command with `--format json` behind the scenes, for a check."""
        done = subprocess.run(
            [*shlex.split(command), "--format", "json"], cwd=self.folder, env=dict(self.env), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=110,
        )  # fmt: skip
        if done.returncode != exits:
            raise BrokenError(f"`{command}` ended with exit {done.returncode}, not {exits}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def git(self, *args: str) -> str:
        """Git behind the scenes; its standard output."""
        done = subprocess.run(
            ["git", *args], cwd=self.folder, env=dict(self.env), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BrokenError(f"git {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def check(self, holds: bool, what: str) -> None:
        """Something that must be true for the story to be true. Raises BrokenError."""
        if not holds:
            raise BrokenError(what)
        self.checks += 1

    def edit(self, path: str, old: str, new: str, why: str) -> None:
        """Change a file as an editor would, and show the change."""
        file = self.folder / path
        text = file.read_text("utf-8")
        self.check(text.count(old) == 1, f"{path} holds the text that is to be edited once")
        file.write_text(text.replace(old, new), encoding="utf-8")
        self.say()
        self.say(self._style(f"# edit {path}: {why}", "1"))
        lines = difflib.unified_diff(text.splitlines(), file.read_text("utf-8").splitlines(), n=0, lineterm="")
        for line in lines:
            if not line.startswith(("---", "+++", "@@")):
                self.say(self._style(f"  {self._crop(line)}", "31" if line[0] == "-" else "32"))

    def _crop(self, line: str) -> str:
        most = shutil.get_terminal_size((142, 50)).columns - 3 if sys.stdout.isatty() else 140
        return line if len(line) <= most else line[: most - 1] + "…"

    def _lit(self, line: str) -> str:
        for words, code in _LIGHTS:
            line = words.sub(lambda found, code=code: self._style(found.group(), code), line)  # type: ignore[misc]
        return line
