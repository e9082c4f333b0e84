"""A field that this kind of file does not have.

Why: a misspelt field is a setting that silently does nothing.

Example:
    timout_ms: 30000

Fix: use the name that the finding suggests, or remove the field; free notes belong under `metadata`.
"""

from pxctl.model.finding import Severity

CODE = "PX0011"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
FIXABLE = True
