"""The event streams of two YAML readers: libyaml's (by PyYAML; fast) and ruamel.yaml's (YAML 1.2, twenty times slower).

Both descend from one design, so their events are alike. Each reads some texts that the other refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxctl.load.yaml_composer import Composer, StopError, place_of
from pxctl.load.yaml_places import NOWHERE, Composed, Problem, directive, syntax_hint


def libyaml(text: str) -> Iterator[Any]:
    """The events of a text as libyaml sees it."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(text, Loader=loader))


def ruamel(text: str) -> Iterator[Any]:
    """The events of a text as ruamel.yaml sees it."""
    from ruamel.yaml import YAML

    return iter(YAML(typ="safe", pure=True).parse(text))


def feed(composer: Composer, text: str, events: Iterator[Any]) -> Composed:
    """Compose all events. Never raises for what the text says: broken text gives a fatal problem."""
    try:
        for event in events:
            composer.feed(event)
    except StopError:
        pass
    except (ValueError, IndexError, TypeError, AttributeError, AssertionError, RecursionError, KeyError):
        # ruamel's scanner lets some of Python's own errors out on broken text; the text is broken all the same
        composer.out.problems.append(Problem("PX0001", "the text is not YAML", NOWHERE))
    except Exception as error:
        if not _is_yaml_error(error):
            raise
        composer.out.problems.append(_syntax(text, error))
    return composer.out


def _is_yaml_error(error: Exception) -> bool:
    """Whether it is PyYAML's or ruamel's `YAMLError`; which of the two is imported, the events decided."""
    return any(kind.__name__ == "YAMLError" for kind in type(error).__mro__)


def _syntax(text: str, error: Any) -> Problem:
    problem, context = getattr(error, "problem", None), getattr(error, "context", None)
    if not problem and not context:
        return Problem("PX0001", str(error).splitlines()[0][:120], NOWHERE)
    mark = error.problem_mark or error.context_mark
    if context == "while scanning a directive" or "incompatible YAML document" in str(problem):
        return directive(place_of(mark, mark))
    place = place_of(mark, mark) if mark is not None else NOWHERE
    message = " ".join(str(problem or "the text is not YAML").split())
    if context and error.context_mark is not None and error.context_mark.line != mark.line:
        message = f"{' '.join(str(context).split())} (line {error.context_mark.line + 1}): {message}"
    elif context:
        message = f"{' '.join(str(context).split())}: {message}"
    return Problem("PX0001", message[:300], place, syntax_hint(text, place))
