"""The file is not plain UTF-8: another encoding, a byte order mark, a NUL or control character, or characters that
turn the direction of text.

Why: what a reviewer sees must be what is read.

Example:
    id: openai\u202eniam

Fix: save the file as UTF-8 without a byte order mark and remove the character.
"""

from pxctl.model.finding import Severity

CODE = "PX0007"
FAMILY = "structure"
SEVERITY = Severity.ERROR
SCOPE = "reader"
LOCKED = True
