"""A merge key (`<<`) is used.

Why: it was never part of YAML 1.2, and loaders merge differently; what a provider says must stand in its file.

Example:
    <<: *defaults
    id: openai-main

Fix: write the fields out. An anchor with an alias (`&name`, `*name`) for a whole value is allowed.
"""

from pxctl.model.finding import Severity

CODE = "PX0003"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
