"""The repository has no pxctl.yaml.

Why: environments, privacy levels and rollouts are defined there; without it other files cannot be judged.

Example:
    a folder with providers/ and no pxctl.yaml

Fix: run `pxctl init`, or name the right folder with --repo DIR.
"""

from pxctl.model.finding import Severity

CODE = "PX0019"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
