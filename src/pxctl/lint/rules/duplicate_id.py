"""Two objects of one kind have the same id.

Why: the first one read would win, which nobody chose.

Example:
    providers/openai-a.yaml and providers/openai-b.yaml, both with `id: openai`

Fix: rename or remove one of them.
"""

from pxctl.model.finding import Severity

CODE = "PX0017"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
