"""A severity under `lint.rules` in pxctl.yaml is for a rule that does not exist or whose severity is fixed.

Why: the setting does nothing, though somebody relies on it.

Example:
    lint: {rules: {PX9999: off}}

Fix: remove the line, or name the right rule.
"""

from pxctl.model.finding import Severity

CODE = "PX0092"
FAMILY = "structure"
SEVERITY = Severity.WARNING
SCOPE = "reader"
