"""Time one engine: `python -m benchmarks.policy.contest NAME`, in an environment that has it.

Prints one JSON object; what went wrong stands in it under `error`.
"""

import contextlib
import gc
import io
import json
import statistics
import sys
import time
from typing import Any, Final

from benchmarks.policy.engines import ENGINES, Engine
from benchmarks.policy.problem import Decide, Problem, Request

SIZES: Final = (10, 100, 1000)
SECONDS: Final = 1.0
"""How long each problem is asked, after one round that warms up."""


def contest(engine: Engine) -> dict[str, Any]:
    """Give an engine every problem that it can be given."""
    forms = (False, True) if engine.globs else (False,)
    return {
        form: {str(size): _timed(engine, Problem(size, globs)) for size in SIZES}
        for globs in forms
        for form in ["globs" if globs else "literals"]
    }


def _timed(engine: Engine, problem: Problem) -> dict[str, Any]:
    began = time.perf_counter()
    decide = engine.build(problem)
    load_s = time.perf_counter() - began
    requests = problem.requests()
    agree = sum(decide(request) == problem.expected(request) for request in requests)
    spent = _asked(decide, requests)
    return {
        "load_ms": round(load_s * 1000, 1),
        "median_us": round(statistics.median(spent), 2),
        "agree": agree,
        "of": len(requests),
        "n": len(spent),
    }


def _asked(decide: Decide, requests: list[Request]) -> list[float]:
    """Return microseconds a decision: whole rounds, until the time is over."""
    spent: list[float] = []
    gc.collect()
    gc.disable()
    try:
        until = time.perf_counter() + SECONDS
        while not spent or time.perf_counter() < until:
            for request in requests:
                began = time.perf_counter_ns()
                decide(request)
                spent.append((time.perf_counter_ns() - began) / 1000)
    finally:
        gc.enable()
    return spent


def main(name: str) -> None:
    """Run one engine by its name; whatever it prints itself is not ours."""
    (engine,) = (each for each in ENGINES if each.name == name)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            found = contest(engine)
        except Exception as error:  # noqa: BLE001 - a foreign engine fails in its own way
            found = {"error": type(error).__name__}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
