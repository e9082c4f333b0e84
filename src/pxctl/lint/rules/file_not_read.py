"""A file lies where configuration lies and looks like it, but its name keeps it from being read.

Why: `openai.yml` would be reviewed and merged, and never take effect.

Example:
    providers/openai.yml
    providers/eu/openai.yaml

Fix: rename it to end in `.yaml`, directly in its folder (releases have one sub-folder for each environment).
"""

from pxctl.model.finding import Severity

CODE = "PX0018"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
