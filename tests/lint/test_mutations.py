"""Mutated files: never a traceback, never exit 0 on a file that two other loaders call broken, never slow.

The corpus is the example repository and LiteLLM configurations from public repositories. In CI a few hundred; `soak`
runs 12,000 and prints the figures that the report names.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.lint.helpers import BASE

from pxctl.lint.run import lint
from pxctl.load.kinds import FOLDERS
from pxctl.load.loader import load
from pxctl.load.tree import DictTree

PLACES = {kind: f"{folder}/x.yaml" for folder, kind in FOLDERS.items() if kind != "request"}
CORPUS = sorted((BASE.parents[1] / "litellm").glob("*.yaml"))
BYTES = [
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\t", b"\r", b"[", b"{", b"]", b"}", b":", b"- ", b"&a ", b"*a",
    b"!!x ", b"<<: ", b"'", b'"', b"#", b"|", b">", b"%", b"---\n", b"\n", b"9" * 400, b"[" * 3000, b"\xe2\x80\xae",
    b"\x1b[0m", b"? ", b"...",
]  # fmt: skip


def mutate(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            out[at:at] = rng.choice(BYTES)
        elif kind == 1:
            del out[at : at + rng.randrange(1, 40)]
        elif kind == 2 and out:
            out[min(at, len(out) - 1)] = rng.randrange(256)
        elif kind == 3:
            out[at:at] = out[at : at + rng.randrange(1, 200)]
        elif kind == 4:
            out = out[:at]
        else:
            lines = out.split(b"\n")
            rng.shuffle(lines)
            out = bytearray(b"\n".join(lines))
    return bytes(out)


def broken_for_everybody(data: bytes) -> bool:
    """Whether PyYAML's pure scanner, of another line of development, cannot even scan the text. (It refuses tabs and
    words such as `a?` that YAML 1.2 allows, so texts with them are not its to judge.)"""
    if len(data) > 20_000 or b"\t" in data or b"?" in data:
        return False
    try:
        for _ in yaml.parse(data, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def run(count: int, seed: int) -> Counter[str]:
    rng = random.Random(seed)
    base = {path.relative_to(BASE).as_posix(): path.read_bytes() for path in BASE.rglob("*.yaml")}
    figures: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(count):
        if rng.random() < 0.7:
            path = rng.choice(sorted(base))
            data = mutate(rng, base[path])
        else:
            path = rng.choice(sorted(PLACES.values()))
            data = mutate(rng, rng.choice(CORPUS).read_bytes()[:30_000])
        began = time.process_time()
        report = lint(load(DictTree({**base, path: data})))
        slowest = max(slowest, time.process_time() - began)
        figures["files"] += 1
        figures["refused" if report.failed else "accepted"] += 1
        if not report.failed and broken_for_everybody(data):
            figures["accepted though broken"] += 1
            print(path, data)
        for finding in report.findings:
            assert finding.span.file
            assert finding.message.isprintable(), finding.message
            assert finding.snippet is None or finding.snippet.isprintable()
    figures["slowest in ms"] = int(slowest * 1000)
    return figures


def test_mutations() -> None:
    figures = run(250, seed=3)
    assert figures["accepted though broken"] == 0
    assert figures["refused"] > 100
    assert figures["accepted"] > 5


@pytest.mark.soak
def test_many_mutations() -> None:
    figures = run(12_000, seed=4)
    print(dict(figures))
    assert figures["accepted though broken"] == 0
    assert figures["slowest in ms"] < 2000, "the budget of the issue: under two seconds each"


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) > 20
    assert all(isinstance(path, Path) for path in CORPUS)
