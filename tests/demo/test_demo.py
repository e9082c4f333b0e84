"""`make demo`, as its target runs it, and what makes it fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from demo.story import BrokenError, Story

from demo import chapters, world

ROOT = Path(__file__).parent.parent.parent


def test_the_demo_tells_a_true_story(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "demo/run.py"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stderr == ""
    commands = re.findall(r"^\$ (.*)$", done.stdout, re.MULTILINE)
    verbs = [command.split()[1] for command in commands if command.startswith("pxctl")]
    assert verbs == [
        *("lint", "validate", "simulate", "env", "publish", "plan", "publish", "promote", "status", "promote"),
        *("plan", "publish", "rollback", "publish", "status", "audit", "audit"),
    ]
    for words in ("pending_fix", "8,819 requests", "of 8,819 decisions change", "policies/default@2, canary", "10 %"):
        assert words in done.stdout
    table = done.stdout.rpartition("What was live when")[2]
    assert [line.split()[0] for line in table.splitlines() if re.match(r"\s*\d+  \d\d:", line)] == list("123456")
    assert "Traceback" not in done.stdout
    assert not list(tmp_path.glob("pxctl-demo-*")), "the scratch folder is removed"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path, {"PATH": os.environ["PATH"]})


def test_a_step_with_another_exit_code_breaks_the_demo(story: Story, capsys) -> None:
    with pytest.raises(BrokenError, match="exit 1, the story says 0"):
        story.run("false", quiet=True)
    with pytest.raises(BrokenError, match="exit 0, the story says 4"):
        story.run("true", exits=4)
    assert "$ false" in capsys.readouterr().out


def test_a_step_that_does_not_show_what_it_should_breaks_the_demo(story: Story) -> None:
    story.run("echo 3 of 200 tenants", shows=("of 200",))
    with pytest.raises(BrokenError, match="shows 4 of 200"):
        story.run("echo 3 of 200 tenants", shows=("4 of 200",))


def test_an_edit_that_finds_nothing_breaks_the_demo(story: Story, capsys) -> None:
    (story.folder / "f").write_text("a: 1\nb: 2\n")
    story.edit("f", "b: 2", "b: 3", "one more")
    shown = capsys.readouterr().out
    assert "- b: 2" in shown.replace("-b", "- b")
    assert "a: 1" not in shown
    with pytest.raises(BrokenError, match="holds the text"):
        story.edit("f", "b: 2", "b: 3", "again")


def test_a_secret_that_leaks_is_found_also_in_git_objects(tmp_path: Path, make_repo) -> None:
    make_repo({"a.txt": "the key is demo-0123456789"})
    assert len(world.leaks(tmp_path, ["demo-0123456789"])) == 2
    assert world.leaks(tmp_path, ["demo-nothing-of-the-kind"]) == []


def test_the_edits_of_the_story_fit_the_sample(tmp_path: Path) -> None:
    text = (ROOT / chapters.POLICY).read_text()
    assert text.count(chapters.EVERYDAY) == 1
    assert text.replace(chapters.EVERYDAY, chapters.CHEAPER).count(chapters.BOUND + chapters.CHEAPER) == 1
