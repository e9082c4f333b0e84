"""`pxctl lint` on 1,000 and 10,000 provider files, 1 % of them faulty, beside check-jsonschema, yamllint and ajv-cli.

Whole processes, cpu time. The peers check the shape alone (yamllint: the YAML alone); ours checks shape, YAML dialect
and all rules, with a policy that names every provider. ajv-cli is used where `npm install --prefix benchmarks` was run.
`python -m benchmarks lint`; sizes in PXCTL_BENCH_SIZES (default `1000,10000`),
runs in PXCTL_BENCH_RUNS (default 3).
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks._process import compile_pxctl, cpu_ms
from benchmarks._providers import write_fleet

ROOT = Path(__file__).parent.parent
AJV = ROOT / "benchmarks" / "node_modules" / ".bin" / "ajv"
RUNS = int(os.environ.get("PXCTL_BENCH_RUNS", "3"))


def main() -> None:
    """Print one table a size."""
    compile_pxctl()
    for size in (int(text) for text in os.environ.get("PXCTL_BENCH_SIZES", "1000,10000").split(",")):
        _one_size(size)


def _one_size(size: int) -> None:
    bin_ = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repo"
        faulty = write_fleet(root, size)
        cache = Path(folder) / "cache"
        files = [str(path) for path in sorted((root / "providers").iterdir())]
        schema = ROOT / "schemas" / "provider.schema.json"
        env = {"XDG_CACHE_HOME": str(cache)}
        pxctl = [str(bin_ / "pxctl"), "lint", "--format", "json", "--output", os.devnull]
        old = time.time() - 60
        for path in root.rglob("*.yaml"):
            os.utime(path, (old, old))
        time.sleep(2.1)  # so that no file counts as just written
        rows: dict[str, list[float]] = {}
        for _ in range(RUNS):
            shutil.rmtree(cache, ignore_errors=True)
            rows.setdefault("pxctl lint, cold", []).append(cpu_ms(pxctl, root, env))
            rows.setdefault("pxctl lint, warm", []).append(cpu_ms(pxctl, root, env))
            _change(Path(files[0]))
            rows.setdefault("pxctl lint, one file changed", []).append(cpu_ms(pxctl, root, env))
            check = [str(bin_ / "check-jsonschema"), "--schemafile", str(schema), *files]
            rows.setdefault("check-jsonschema", []).append(cpu_ms(check, root))
            lines = "{extends: default, rules: {line-length: disable, document-start: disable}}"
            rows.setdefault("yamllint", []).append(cpu_ms([str(bin_ / "yamllint"), "-d", lines, "providers"], root))
            if AJV.is_file():
                ajv = [str(AJV), "validate", "--spec=draft2020", "--strict=false", "-s", str(schema)]
                with suppress(RuntimeError):  # it does not get through 10,000 files
                    rows.setdefault("ajv-cli", []).append(cpu_ms([*ajv, "-d", "providers/*.yaml"], root))
        shutil.rmtree(cache, ignore_errors=True)
        memory = _memory_mb(pxctl, root, env)
    print(f"{size:,} files, {faulty} of them faulty; median of {RUNS} interleaved runs; "
          f"pxctl's memory at its highest: {memory:.0f} MB\n")  # fmt: skip
    base = sorted(rows["check-jsonschema"])[RUNS // 2]
    print("| command | cpu s | ratio to check-jsonschema |\n|---|---|---|")
    for name, values in rows.items():
        if not values:
            print(f"| {name} | failed | |")
            continue
        middle = sorted(values)[len(values) // 2]
        print(f"| {name} | {middle / 1000:.2f} | {middle / base:.3f} |")
    print()


def _change(file: Path) -> None:
    """Another content, as a person would write it."""
    with file.open("a", encoding="utf-8") as text:
        text.write("# looked at again\n")


def _memory_mb(command: list[str], cwd: Path, env: dict[str, str]) -> float:
    """The highest resident memory of one run, measured in a process of its own."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / (1024 if resource.getpagesize() else 1)


if __name__ == "__main__":
    main()
