"""Runs in an environment of its own: the reduced policy on two Rego engines, and as one flag on flagd's evaluator.

Reads the document that `_reduced.py` makes; prints JSON {name: {"us": median microseconds or null, "agree": answers as
wanted, "of": answers, "error": text}}.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

POLICY = Path(__file__).parent / "_reduced.rego"
Ask = Callable[[Any], Any]


def measured(ask: Ask, questions: list[Any], right: Callable[[int, Any], bool]) -> dict[str, Any]:
    """The median of one question, and how many answers are right; the first tenth is asked twice, to warm up."""
    for question in questions[: len(questions) // 10]:
        ask(question)
    samples, agree = [], 0
    for place, question in enumerate(questions):
        began = time.perf_counter_ns()
        answer = ask(question)
        samples.append(time.perf_counter_ns() - began)
        agree += right(place, answer)
    return {"us": statistics.median(samples) / 1000, "agree": agree, "of": len(questions), "error": None}


def regopy(document: dict[str, Any], count: int) -> dict[str, Any]:
    """rego-cpp; building the input term is part of a question, since a request arrives as values."""
    from regopy import Input, Interpreter

    engine = Interpreter()
    engine.add_module("reduced", POLICY.read_text())
    engine.add_data(document["data"])

    def ask(question: Any) -> Any:
        engine.set_input(Input(question))
        return engine.query("x = data.reduced.chosen")

    def right(place: int, answer: Any) -> bool:
        wanted = document["primaries"][place]
        return f'"{wanted}"' in str(answer) if wanted is not None else '"p' not in str(answer)

    return measured(ask, document["inputs"][:count], right)


def opa_eval(document: dict[str, Any], count: int) -> dict[str, Any]:
    """regorus; a question is a JSON text, and so is its answer."""
    from opa_eval import OpaEval

    engine = OpaEval(str(POLICY), data_json=json.dumps(document["data"]), query="data.reduced.chosen")

    def right(place: int, answer: Any) -> bool:
        wanted = document["primaries"][place]
        return f'"{wanted}"' in answer if wanted is not None else '"p' not in answer

    return measured(engine.evaluate, [json.dumps(x) for x in document["inputs"][:count]], right)


def flag(document: dict[str, Any]) -> dict[str, Any]:
    """Routes as a chain of conditions, each with its candidates as a fractional split by weight."""
    chain: list[Any] = []
    for route in document["data"]["routes"]:
        match = route["match"]
        tests: list[Any] = [
            {"in": [{"var": name}, match[name]]} for name in ("task_type", "tier", "privacy", "business_line")
            if name in match
        ]  # fmt: skip
        if "most_input" in match:
            tests.append({"<=": [{"var": "input_tokens"}, match["most_input"]]})
        split = {"fractional": [{"var": "key"}, *route["weights"]]}
        chain += [{"and": tests}, split] if tests else [split]
    names = sorted(document["data"]["deployments"])
    return {
        "state": "ENABLED", "variants": {name: name for name in names}, "defaultVariant": names[0],
        "targeting": {"if": chain},
    }  # fmt: skip


def flagd_core(document: dict[str, Any], count: int) -> dict[str, Any]:
    """openfeature-flagd-core; right is an answer among the candidates of the route that matches."""
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    core = FlagdCore()
    core.set_flags({"flags": {"route": flag(document)}})

    def right(place: int, answer: Any) -> bool:
        return answer.value in document["data"]["routes"][document["routes"][place]]["candidates"]

    questions = [EvaluationContext(x["tenant"], x) for x in document["inputs"][:count]]
    return measured(lambda q: core.resolve_string_value("route", "none", q), questions, right)


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text())
    count = int(sys.argv[2])
    found = {}
    for package, run in (("regopy", regopy), ("opa-eval", opa_eval), ("openfeature-flagd-core", flagd_core)):
        try:
            made = run(document, count)
        except Exception as error:
            made = {"us": None, "agree": 0, "of": 0, "error": f"{type(error).__name__}: {error}"[:200]}
        found[f"{package}=={version(package)}"] = made
    print(json.dumps(found))


if __name__ == "__main__":
    main()
