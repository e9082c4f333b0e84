"""`pxctl secret status` for 200 providers against a local OpenBao; issue 5's budget: under 2 s."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import hvac
from tests.repos import PXCTL, provider_yaml
from tests.servers import openbao

PROVIDERS = 200
ROUNDS = 5


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, openbao(Path(folder)) as url:
        root = Path(folder) / "repo"
        (root / "providers").mkdir(parents=True)
        project = {"version": 1, "environments": {"production": {}}, "secret_stores": {"vault": {"address": url}}}
        (root / "pxctl.yaml").write_text(json.dumps(project))
        store = hvac.Client(url=url, token="root").secrets.kv.v2
        for number in range(PROVIDERS):
            ref = f"vault://secret/llm/p{number}#api_key"
            (root / f"providers/p{number}.yaml").write_text(
                provider_yaml(f"p{number}", "https://h.test", credential_ref=ref)
            )
            store.create_or_update_secret(f"llm/p{number}", {"api_key": "benchmark"}, mount_point="secret")
        for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "first"]):
            identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.test"]
            subprocess.run(["git", *identity, *command], cwd=root, check=True)
        took, used = [], []
        for _ in range(ROUNDS + 1):
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [*PXCTL, "secret", "status", "--format", "json"], cwd=root, capture_output=True, text=True,
                env={**os.environ, "VAULT_TOKEN": "root"},
            )  # fmt: skip
            took.append(time.perf_counter() - began)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)  # the store runs on, and is not in it
            used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            found = json.loads(done.stdout)["secrets"]
            assert done.returncode == 0 and len(found) == PROVIDERS and all(one["secret_present"] for one in found)
    print("| what | wall, median of 5 | its own cpu |\n|---|---:|---:|")
    what = f"`pxctl secret status`, {PROVIDERS} providers, whole process (budget: 2 s)"
    print(f"| {what} | {statistics.median(took[1:]):.2f} s | {statistics.median(used[1:]):.2f} s |")


if __name__ == "__main__":
    main()
