"""Whole-process measurement: cpu seconds of a command and its children, medians over interleaved runs."""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def compile_pxctl() -> None:
    """Byte-compile pxctl, as installing it does: an edited source would be compiled anew in every run."""
    compileall.compile_dir(Path(__file__).parent.parent / "src" / "pxctl", quiet=1)


def cpu_ms(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> float:
    """User plus system time in milliseconds of one run of `command`, its output thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if done.returncode > 1 or done.returncode < 0:  # 1: it found something
        raise RuntimeError(f"exit {done.returncode}: {' '.join(command)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(commands: Mapping[str, Sequence[str]], runs: int = 11, cwd: Path | None = None) -> dict[str, float]:
    """Median cpu milliseconds of each command; runs are interleaved so that drift hits all alike."""
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for round_ in range(runs + 1):
        for name, command in commands.items():
            used = cpu_ms(command, cwd)
            if round_:
                samples[name].append(used)
    return {name: statistics.median(values) for name, values in samples.items()}


def table(rows: Mapping[str, float], base: str, unit: str = "ms cpu") -> None:
    """Print medians and their ratio to the row `base` as a markdown table."""
    print(f"| command | median {unit} | ratio to {base} |\n|---|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value:.1f} | {value / rows[base]:.2f} |")
