from __future__ import annotations

import io
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


def test_a_bar_goes_away_on_a_terminal(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    with Terminal(screen).progress("reading", 3) as step:
        step.advance(3)
    assert "reading" in screen.getvalue()
    assert step.done == 3
