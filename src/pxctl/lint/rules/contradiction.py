"""Fields that are each fine contradict one another.

Why: no reading of the file satisfies both.

Example:
    input_tokens: {min: 5000, max: 100}

Fix: change one of the two.
"""

from pxctl.model.finding import Severity

CODE = "PX0015"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
