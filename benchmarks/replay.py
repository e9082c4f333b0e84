"""Replay and plan: rows a cpu-second through every stage, memory of a small and a large trace, a one-line change.

The trace is the Azure one, repeated; the policies are the sample repository's (15 routes, 200 tenants, flags). The
floor is a hand-written Python loop over the same CSV that looks up a tier and takes the first matching of 15 routes: no
checks, no ranking, no costs, no report.
"""

from __future__ import annotations

import csv
import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pxctl.app.flows.rehearsal import rehearse
from pxctl.app.wiring import load_sound
from pxctl.policy.columns import decide_many
from pxctl.replay.batches import batch_of
from pxctl.replay.population import Crowd
from pxctl.replay.run import replay
from pxctl.replay.traces import read_trace

ROOT = Path(__file__).parent.parent
AZURE = ROOT / "examples/traces/AzureLLMInferenceTrace_code.csv.gz"
TIMES = 60
TOO_MANY = 10_000_000
"""Tokens that no model's context holds."""
ROUNDS = 3


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = _repeated(Path(folder), 10), _repeated(Path(folder), TIMES)
        _stages(large)
        print("\n| whole process, replay of | rows | cpu s | peak memory, MB |\n|---|---|---|---|")
        for path in (small, large):
            rows = sum(1 for _ in path.open("rb")) - 1
            seconds, peak = _process("simulate", str(path), "--format", "json", "--output", f"{folder}/out.json")
            print(f"| {path.name} | {rows:,} | {seconds:.2f} | {peak:.0f} |")
        _plan(Path(folder))


def _stages(path: Path) -> None:
    config = load_sound(ROOT)
    bound, crowd = rehearse(config, None).bind(), Crowd(config, seed=1)
    blocks = list(read_trace(path, preset="azure2023"))
    rows = sum(map(len, blocks))
    filled = [(block, crowd.fill(block)) for block in blocks]
    batches = [batch_of(block, columns, 1) for block, columns in filled]
    refused = [replace(block, input_tokens=block.input_tokens + TOO_MANY) for block in blocks]
    stages: dict[str, Callable[[], object]] = {
        "floor: hand-written loop": lambda: _floor(path),
        "read the CSV, checked": lambda: list(read_trace(path, preset="azure2023")),
        "draw the population": lambda: [crowd.fill(block) for block in blocks],
        "decide in columns": lambda: [decide_many(bound, batch) for batch in batches],
        "draw, decide, count": lambda: replay(bound, blocks, crowd, seed=1),
        "draw, decide, count, where no candidate takes any": lambda: replay(bound, refused, crowd, seed=1),
        "all of it": lambda: replay(bound, read_trace(path, preset="azure2023"), crowd, seed=1),
    }
    seconds: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(ROUNDS):
        for name, stage in stages.items():
            began = time.process_time()
            stage()
            seconds[name].append(time.process_time() - began)
    print(f"| {rows:,} rows | M rows a cpu-second |\n|---|---|")
    for name, values in seconds.items():
        print(f"| {name} | {rows / statistics.median(values) / 1e6:.2f} |")


def _floor(path: Path) -> Counter[int]:
    """First match of 15 routes by tier and token bounds, in plain Python."""
    tiers = ["free", "silver", "gold", "platinum"]
    routes = [(tiers[i % 4], 500 * i, 500 * i + 20_000) for i in range(15)]
    found: Counter[int] = Counter()
    with path.open(newline="", encoding="utf-8") as handle:
        reader = csv.reader(handle)
        next(reader)
        for number, (_, given, _out) in enumerate(reader):
            tier, tokens = tiers[number * 2654435761 % 4], int(given)
            for place, (wanted, low, high) in enumerate(routes):
                if tier == wanted and low <= tokens <= high:
                    found[place] += 1
                    break
    return found


def _repeated(folder: Path, times: int) -> Path:
    header, *rows = gzip.decompress(AZURE.read_bytes()).decode().splitlines()
    path = folder / f"azure-x{times}.csv"
    with path.open("w", encoding="utf-8") as handle:
        handle.write(header + "\n")
        for _ in range(times):
            handle.write("\n".join(rows) + "\n")
    return path


def _process(*args: str, cwd: Path = ROOT) -> tuple[float, float]:
    """CPU seconds and peak memory (MB) of one run of pxctl; not `ru_maxrss`, which begins with what we hold."""
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom pxctl.app.main import main\n"
        "try: main()\nexcept SystemExit as stop: code = stop.code\n"
        "peak = Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0]\n"
        "u = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(u.ru_utime + u.ru_stime, int(peak) / 1024, file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args, "--quiet"], cwd=cwd, capture_output=True, text=True, check=True
    )
    seconds, peak = done.stderr.split()[-2:]
    return float(seconds), float(peak)


def _plan(folder: Path) -> None:
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    policy = clone / "routing-policies/default.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("weight: 60", "weight: 50"), encoding="utf-8")
    trace = ("--trace", str(AZURE))
    print("\n| plan of a one-line change | cpu s |\n|---|---|")
    for name, args in (("with the trace and over all requests", ()), ("with the trace alone", ("--no-prove",))):
        seconds = statistics.median(_process("plan", "HEAD..", *trace, *args, cwd=clone)[0] for _ in range(ROUNDS))
        print(f"| {name} | {seconds:.2f} |")
