"""What people see: colours, framed tables and progress bars on a terminal, plain lines elsewhere.

`rich` is imported only where the stream is a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from pxctl.report.text import Cell, Table, cell_text, columns, one_line, plural, width

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

NARROW = 24
"""A column that needs no more than this is never broken over lines: it holds a name or a number."""
LEAST = 16
"""What a wider column keeps at least."""
GAP = 3
"""Columns between the columns of a framed table."""

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

        console = self._console()
        widths = natural_widths(table)
        wrapped = {i for i, needed in enumerate(widths) if needed > NARROW}
        if sum(widths) + GAP * len(widths) <= console.width:
            wrapped = set()
        elif sum(LEAST if needed > NARROW else needed for needed in widths) + GAP * len(widths) > console.width:
            self._records(table)
            return
        framed = RichTable(
            title=table.title or None, title_justify="left", title_style="bold",
            box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False,
            show_header=any(table.headers), header_style="bold",
        )  # fmt: skip
        for i, header in enumerate(table.headers):
            framed.add_column(
                header, justify="right" if i in table.right else "left", overflow="fold", no_wrap=i not in wrapped
            )
        for row in table.rows:
            framed.add_row(*map(_text, row))
        console.print(framed)

    def _records(self, table: Table) -> None:
        """A table that no terminal of this width holds: a paragraph a row, the first cell, then `header value`s."""
        from rich.padding import Padding
        from rich.text import Text

        console = self._console()
        if table.title:
            self.line((table.title, "bold"))
        for row in table.rows:
            first, *rest = row
            console.print(Text(one_line(cell_text(first)), style="bold"), soft_wrap=True)
            facts = [
                Text.assemble((f"{header} " if header else "", "dim"), _text(cell))
                for header, cell in zip(table.headers[1:], rest, strict=False)
                if cell_text(cell).strip() not in ("", "-")
            ]
            if facts:
                console.print(Padding(Text(" · ").join(facts), (0, 0, 0, 4)))

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


def natural_widths(table: Table) -> list[int]:
    """The columns that each column of a table needs to stand on one line."""
    rows = [[*table.headers], *([cell_text(cell) for cell in row] for row in table.rows)]
    count = max(len(row) for row in rows)
    return [max((width(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)]


def _text(cell: Cell) -> Text:
    from rich.text import Text

    return Text(one_line(cell_text(cell)), style=cell[1] if isinstance(cell, tuple) else "")


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

    def expect(self, more: int) -> None:
        """So much more is to be done than was known at the start."""
        self.total = (self.total or 0) + more

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

    def expect(self, more: int) -> None:
        """Make the bar longer."""
        super().expect(more)
        self._progress.update(self._task, total=self.total)

    def advance(self, by: int = 1, note: str = "") -> None:
        """Move the bar; `note` stands beside it until the next one."""
        self.done += by
        self._progress.update(self._task, advance=by, description=f"{self.what}: {note}" if note else None)
