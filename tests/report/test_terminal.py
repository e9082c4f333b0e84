from __future__ import annotations

import io
import re
import subprocess
import sys

from pxctl.report.terminal import Terminal, state
from pxctl.report.text import Table


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


TABLE = Table(("what", "how"), [("[bold]x", state("passed")), ("y", "plain")], title="Both")


def test_elsewhere_lines_are_plain_and_rich_is_not_imported() -> None:
    code = (
        "import sys\nfrom pxctl.report.terminal import Terminal\nfrom pxctl.report.text import Table\n"
        "Terminal().show([Table(('a',), [('b',)]), 'text', ('word', 'red')])\n"
        "with Terminal().progress('reading', 2) as step: step.advance(note='one.yaml')\n"
        "sys.exit('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "a", "b", "text", "word", "reading (2) ...", "  one.yaml", "reading: 1 item done",
    ]  # fmt: skip


def test_a_terminal_gets_colours_and_no_text_is_read_as_markup(monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    Terminal(screen).show([TABLE, "see [red]this[/red] :smile:"])
    shown = screen.getvalue()
    assert "\x1b[32mpassed" in shown
    assert "[bold]x" in shown
    assert "see [red]this[/red] :smile:" in shown


def test_no_color_is_respected(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    Terminal(screen).show([TABLE, ("red words", "red")])
    assert "\x1b[3" not in screen.getvalue()
    assert "red words" in screen.getvalue()


def test_a_bar_grows_with_what_turns_out_to_be_work(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    with Terminal(screen).progress("validating") as step:
        step.expect(2)
        step.expect(1)
        step.advance(0, "passed  [a] us chat")
        step.advance(1)
    assert (step.done, step.total) == (1, 3)
    assert "1/3" in screen.getvalue()
    assert "validating: passed  [a] us chat" in screen.getvalue()


def test_a_bar_goes_away_on_a_terminal(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    with Terminal(screen).progress("reading", 3) as step:
        step.advance(3)
    assert "reading" in screen.getvalue()
    assert step.done == 3


WIDE = Table(
    ("provider", "kind", "why"),
    [("openai-main", "openai_compatible", "a long reason that goes on and on until it ends"), ("x", "y", "short")],
)


def on_terminal(monkeypatch, columns: int, table: Table) -> str:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = Screen()
    Terminal(screen).show(table)
    return screen.getvalue()


def test_a_table_that_fits_is_framed_and_stands_in_one_line_a_row(monkeypatch) -> None:
    lines = on_terminal(monkeypatch, 120, WIDE).splitlines()
    assert len(lines) == 4
    assert "─" in lines[1]


def test_names_are_not_broken_where_prose_can_be(monkeypatch) -> None:
    shown = on_terminal(monkeypatch, 60, WIDE)
    assert "openai_compatible" in shown
    assert "openai-main" in shown
    assert "a long reason that goes on and on" not in shown
    assert "─" in shown
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= 60


def test_a_table_that_the_terminal_cannot_hold_becomes_paragraphs(monkeypatch) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(monkeypatch, 44, WIDE))
    assert [" ".join(line.split()) for line in shown.splitlines()] == [
        "openai-main", "kind openai_compatible · why a long", "reason that goes on and on until it ends",
        "x", "kind y · why short",
    ]  # fmt: skip
