"""What people see: colours, framed tables and progress bars on a terminal, plain lines elsewhere.

`rich` is imported only where the stream is a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from pxctl.report.text import Cell, Table, cell_text, columns, plural

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {
    "passed": "green", "ok": "green", "passing": "green", "live": "green", "done": "green", "full": "green",
    "kept": "green", "running": "cyan", "paused": "yellow", "warning": "yellow", "inconclusive": "yellow",
    "degraded": "yellow", "pending_validation": "yellow", "pending_fix": "red", "failed": "red", "error": "bold red",
    "blocked": "red", "refused": "red", "aborted": "red", "missing": "red", "info": "cyan",
}  # fmt: skip
"""Styles of words that mean the same everywhere: use `state(word)`."""


def state(word: str) -> Cell:
    """A word of state in its colour."""
    return (word, STYLES.get(word, ""))


class Terminal:
    """One stream for people. Text is printed as it is: no markup is read in it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stdout
        self.rich: bool = self.stream.isatty() and os.environ.get("TERM") != "dumb"

    def line(self, *parts: Cell) -> None:
        """One line made of texts and (text, style) pairs."""
        if not self.rich:
            self.stream.write("".join(cell_text(part) for part in parts) + "\n")
            return
        from rich.text import Text

        text = Text()
        for part in parts:
            text.append(cell_text(part), style=part[1] if isinstance(part, tuple) else None)
        # prose is wrapped at words; an indented line (a command, a path) stays one line that can be copied
        self._console().print(text, soft_wrap=text.plain.startswith("  "))

    def show(self, what: Any) -> None:
        """A text, a table, a cell, a list of these, or any renderable of rich."""
        if isinstance(what, Table):
            self._table(what)
        elif isinstance(what, str):
            self.line(what.removesuffix("\n"))
        elif isinstance(what, tuple) and len(what) == 2 and all(isinstance(part, str) for part in what):
            self.line(what)
        elif isinstance(what, list | tuple):
            for part in what:
                self.show(part)
        else:
            self._console().print(what)

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Step]:
        """Show the progress of long work: a bar on a terminal, elsewhere a line at the start and at the end."""
        step = _Bar(self, what, total) if self.rich else Step(self, what, total)
        with step:
            yield step

    def _table(self, table: Table) -> None:
        if not self.rich:
            self.stream.write(columns(table) + "\n")
            return
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        framed = RichTable(
            title=table.title or None, title_justify="left", title_style="bold",
            box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False,
            show_header=any(table.headers), header_style="bold",
        )  # fmt: skip
        for i, header in enumerate(table.headers):
            framed.add_column(header, justify="right" if i in table.right else "left", overflow="fold")
        for row in table.rows:
            framed.add_row(*(Text(cell) if isinstance(cell, str) else Text(cell[0], style=cell[1]) for cell in row))
        self._console().print(framed)

    def _console(self) -> Console:
        from rich.console import Console

        return Console(
            file=self.stream,
            highlight=False,
            markup=False,
            emoji=False,
            no_color=bool(os.environ.get("NO_COLOR")) or None,
            width=None if self.rich else 200,
        )


class Step:
    """Progress outside a terminal: what begins, and how it ended."""

    def __init__(self, terminal: Terminal, what: str, total: int | None) -> None:
        self.terminal, self.what, self.total, self.done = terminal, what, total, 0

    def __enter__(self) -> Step:
        of = f" ({self.total:,})" if self.total else ""
        self.terminal.line(f"{self.what}{of} ...")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self.done:
            self.terminal.line(f"{self.what}: {plural(self.done, 'item')} done")

    def advance(self, by: int = 1, note: str = "") -> None:
        """So much more is done; `note` says what, one line each outside a terminal."""
        self.done += by
        if note:
            self.terminal.line(f"  {note}")


class _Bar(Step):
    """A bar that disappears when the work is done."""

    def __enter__(self) -> Step:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.terminal._console(),
            transient=True,
        )
        self._task = self._progress.add_task(self.what, total=self.total)
        self._progress.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._progress.stop()

    def advance(self, by: int = 1, note: str = "") -> None:
        """Move the bar; `note` stands beside it."""
        self.done += by
        self._progress.update(self._task, advance=by, description=f"{self.what}: {note}" if note else self.what)
