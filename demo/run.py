"""`make demo`: lint, live validation, replay of a real trace, plan, staged publish, a bad release, rollback, audit.

Everything happens in a scratch folder that is removed afterwards (`--keep` leaves it). Exit 0 only if every step did
what the story says; else 1, and the step is named.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __package__ in (None, ""):  # run as a file, as the Makefile does
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo import chapters, world
from demo.story import BrokenError, Story

SERVED = (
    world.Served(
        "openai-main",
        {"https://api.openai.com/v1": ("openai-us", "/v1"), "https://eu.api.openai.com/v1": ("openai-eu", "/v1")},
        "OPENAI_API_KEY",
    ),
    world.Served("mistral", {"https://api.mistral.ai/v1": ("mistral", "/mistral/v1")}, "MISTRAL_API_KEY"),
    world.Served("groq", {"https://api.groq.com/openai/v1": ("groq", "/groq/openai/v1")}, "GROQ_API_KEY"),
)
FAULTS: dict[str, tuple[str, ...]] = {
    "openai-us": (),
    "openai-eu": (),
    "mistral": (),
    "groq": ("--error-rate", "503=1"),
}
"""What each model server does wrong: Groq's answers nothing but 503, on purpose."""


def main() -> int:
    """Tell the story; 0 where all of it was true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the scratch folder, and say where it is")
    keep = parser.parse_args().keep
    if shutil.which("git") is None:
        print("the demo needs git on PATH", file=sys.stderr)
        return 2
    scratch = Path(tempfile.mkdtemp(prefix="pxctl-demo-"))
    try:
        return _tell(scratch)
    except (BrokenError, RuntimeError, OSError, subprocess.SubprocessError) as broken:
        print(f"\nthe demo broke: {broken}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    finally:
        if keep:
            print(f"the scratch folder is {scratch}", file=sys.stderr)
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def _tell(scratch: Path) -> int:
    begun = time.monotonic()
    env = world.environment(scratch)
    for one in SERVED:
        env[one.variable] = world.a_secret()
    chapters.opening()
    with world.model_servers(FAULTS, env, scratch) as servers:
        ports = {name: server.port for name, server in servers.items()}
        root = world.make_repository(scratch, env, ports, SERVED)
        story = Story(root, env, signed=world.make_key(scratch, root, env))
        for chapter in chapters.ALL:
            chapter(story)
        secrets = [env[one.variable] for one in SERVED]
        story.check(not world.leaks(scratch, secrets), "no secret stands in any file, log or commit of the demo")
        chapters.ending(story, time.monotonic() - begun)
    return 0


if __name__ == "__main__":
    sys.exit(main())
