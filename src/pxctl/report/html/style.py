"""The pages' one style sheet, and the frame around a page."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

COLOURS = (
    "#3b6fd4", "#e0803a", "#3fa37a", "#b65fc2", "#d6a92c", "#4fb3cf", "#c9515b", "#7a6ff0", "#8a9a3b", "#d07aa6",
)  # fmt: skip
"""Series colours, told apart also by most colour-blind readers; what is left is grey."""
GREY = "#9aa4b2"


@cache
def style_sheet() -> str:
    """The style sheet, as it stands in `page.css`."""
    return (files("pxctl.report.html") / "page.css").read_text(encoding="utf-8")


def document(title: str, body: str) -> str:
    """A whole page. The content security policy keeps it what it is: text, styles and drawings."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style_sheet()}</style></head>\n<body><main>\n{body}\n"
        "<footer>Made by pxctl. The same files, traffic and seed make the same page, byte for byte.</footer>"
        "</main></body></html>\n"
    )


def colours(names: list[str]) -> dict[str, str]:
    """A colour for each name, in order; grey for those past the palette."""
    return {name: COLOURS[i] if i < len(COLOURS) else GREY for i, name in enumerate(names)}
