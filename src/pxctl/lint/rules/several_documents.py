"""The file holds more than one YAML document.

Why: each file is one object with one name; a second document would be read by nobody.

Example:
    id: openai-main
    ---
    id: openai-spare

Fix: write one document a file.
"""

from pxctl.model.finding import Severity

CODE = "PX0005"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
