"""The file is empty, or holds something else than a mapping.

Why: every file of the configuration is a mapping of fields; an empty one is mostly a mistake in a merge.

Example:
    - id: openai-main

Fix: write the fields of the object, or delete the file.
"""

from pxctl.model.finding import Severity

CODE = "PX0010"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
