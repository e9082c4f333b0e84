"""A required field is missing.

Why: without it the object has no meaning.

Example:
    id: openai-main
    kind: openai_compatible   # and no endpoints, models, display_name

Fix: add the field.
"""

from pxctl.model.finding import Severity

CODE = "PX0012"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
