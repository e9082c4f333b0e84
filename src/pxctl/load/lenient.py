"""Reading somebody else's YAML as its own program reads it (PyYAML, YAML 1.1), with the place of every value.

Other gateways' files may hold what pxctl's dialect refuses: duplicate keys, merge keys, `yes` for true, several
documents. Here they are read, and what a reader loses by them is a problem beside the value, never instead of it. The
bounds are those of our own files.
"""

from __future__ import annotations

import re
from typing import Any

from pxctl.load.yaml_composer import LEAF, Composer
from pxctl.load.yaml_events import feed, libyaml
from pxctl.load.yaml_places import Composed, Place, Problem

_BOOLEANS = re.compile(r"(?P<true>yes|Yes|YES|on|On|ON)|(?P<false>no|No|NO|off|Off|OFF)")
_UNDERSCORED = re.compile(r"[-+]?[0-9]+(_[0-9]+)+")


class _Lenient(Composer):
    """One document after another; the last of duplicate keys wins; merge keys are merged."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Composed] = []

    def feed(self, event: Any) -> None:
        name = type(event).__name__
        if name == "DocumentStartEvent":
            self.out = Composed()
            self.anchors.clear()
        elif name == "DocumentEndEvent":
            self.done.append(self.out)
        else:
            super().feed(event)

    def tag(self, event: Any) -> None:
        tag = event.tag
        if tag is not None:
            text = str(tag).replace("tag:yaml.org,2002:", "!!")
            self.problem("PX0004", f"the tag `{text[:40]}` is not read", event, "remove it", False)

    def scalar(self, event: Any) -> None:
        if event.style or self.next_path() is None:
            super().scalar(event)
            return
        found = _BOOLEANS.fullmatch(event.value)
        if found:
            event.value = "true" if found["true"] else "false"
        elif _UNDERSCORED.fullmatch(event.value):
            event.value = event.value.replace("_", "")
        super().scalar(event)

    def key(self, event: Any, place: Place) -> None:
        top, text = self.stack[-1], event.value
        if event.anchor is not None:
            self.anchors[event.anchor] = (text, LEAF)
        self.count(1, place)
        if text in top.seen and text != "<<":
            first = top.seen[text]
            self.out.problems.append(
                Problem("PX0002", f"`{text[:60]}` stands twice; this one wins over line {first.line} in silence", place,
                        "keep one of them", (*top.path, text), False)
            )  # fmt: skip
            self._forget((*top.path, text))
            top.value.pop(text, None)
        top.seen[text] = place
        self.out.keys[(*top.path, text)] = place
        top.key, top.has_key = text, True

    def _forget(self, path: tuple[str | int, ...]) -> None:
        """Places below a value that was overwritten would point into the wrong text."""
        for places in (self.out.values, self.out.keys):
            for known in [known for known in places if known[: len(path)] == path]:
                del places[known]

    def close(self, event: Any) -> None:
        done = self.stack[-1]
        if isinstance(done.value, dict) and "<<" in done.value:
            merged = done.value.pop("<<")
            for source in merged if isinstance(merged, list) else [merged]:
                if isinstance(source, dict):
                    for name, value in source.items():
                        done.value.setdefault(name, value)
        super().close(event)


def compose_lenient(text: str) -> list[Composed]:
    """Every document of a text. Never raises for what the text says: broken text gives a fatal problem."""
    composer = _Lenient()
    feed(composer, text, libyaml(text))
    if composer.out.problems and not any(known is composer.out for known in composer.done):
        composer.done.append(composer.out)
    return composer.done
