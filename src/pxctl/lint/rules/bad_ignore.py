"""A `# pxctl: ignore` comment names no rule, an unknown rule, or gives no reason.

Why: an exception that nobody can explain is never removed.

Example:
    status: active   # pxctl: ignore PX0401

Fix: write `# pxctl: ignore PX0401 price follows with the contract in May`.
"""

from pxctl.model.finding import Severity

CODE = "PX0090"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
