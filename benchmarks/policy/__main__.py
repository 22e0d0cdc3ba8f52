"""Set engines side by side: `uv run python -m benchmarks.policy`.

One logical policy of 10, 100 and 1,000 rules, once naming tools and once by globs, in every engine
that installs from PyPI. Each runs in an environment of its own, made by uv for the time it takes;
one that cannot be installed or asked is shown as such. Answers are checked against an oracle.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if not __package__:
    sys.path[0] = str(ROOT)

from benchmarks import machine  # noqa: E402 - after the path is right
from benchmarks.policy.contest import SIZES  # noqa: E402
from benchmarks.policy.engines import ENGINES, Engine  # noqa: E402
from benchmarks.policy.plot import svg  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
COMMAND = "uv run python -m benchmarks.policy"
WHAT = (
    "Rule i decides the calls to service i that are in production and over 1,000: deny, ask or "
    "allow; what none decides is denied. Microseconds a decision, median of a second of asking: "
    "100 requests over all rules, each answer checked against an oracle.\n"
)
FORMS = {"literals": "Rules that name one tool each", "globs": "Rules over globs"}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures; 1 when an engine that can say it all disagrees."""
    options = _options(arguments)
    found: dict[str, Any] = {}
    for engine in ENGINES:
        if sys.stderr.isatty():
            print(engine.name, file=sys.stderr)
        found[engine.name] = {"note": engine.note, **contested(engine)}
    figures = {
        "engines": found,
        "conditions": machine.conditions(COMMAND) | {"shared": options.shared},
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "policy_engines.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "policy_engines.md").write_text(markdown(figures), encoding="utf-8")
    for form, title in FORMS.items():
        picture = svg(f"{title}: median time of a decision", medians(found, form))
        (RESULTS / f"policy_engines_{form}.svg").write_text(picture, encoding="utf-8")
    print(json.dumps(figures, ensure_ascii=False) if options.json else markdown(figures))
    wrong = disagreeing(found)
    for name in wrong:
        print(f"broken: {name} does not decide as the oracle says", file=sys.stderr)
    return 1 if wrong else 0


def contested(engine: Engine) -> dict[str, Any]:
    """Run one engine in a process that has it; what went wrong stands under `error`."""
    python = [sys.executable]
    if engine.requires:
        wanted = [part for each in engine.requires for part in ("--with", each)]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        python = ["uv", "run", "-q", "--isolated", "--no-project", "--python", version, *wanted]
        python.append("python")
    command = [*python, "-m", "benchmarks.policy.contest", engine.name]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"error": type(error).__name__}
    if done.returncode != 0:
        return {"error": "cannot be installed or started"}
    return json.loads(done.stdout)


def medians(found: dict[str, Any], form: str) -> dict[str, dict[int, float]]:
    """Return each engine's medians by size, of those that were asked in this form."""
    return {
        name: {int(size): at["median_us"] for size, at in figures[form].items()}
        for name, figures in found.items()
        if form in figures
    }


def disagreeing(found: dict[str, Any]) -> list[str]:
    """Name the engines that could say every rule and yet decide otherwise."""
    whole = {engine.name for engine in ENGINES if engine.whole}
    return [
        name
        for name, figures in found.items()
        if name in whole
        for form in FORMS
        if any(at["agree"] != at["of"] for at in figures.get(form, {}).values())
    ]


def markdown(figures: dict[str, Any]) -> str:
    """Write the tables, the fastest at 1,000 rules first."""
    shared = ", shared with other work" if figures["conditions"]["shared"] else ""
    lines = [
        "# One policy in many engines\n",
        WHAT,
        machine.markdown(figures["conditions"]).rstrip() + shared + "\n",
    ]
    for form, title in FORMS.items():
        lines += [
            f"## {title}\n",
            f"![{title}](policy_engines_{form}.svg)\n",
            *_table(figures, form),
        ]
    failed = [
        f"- {name}: {each['error']}" for name, each in figures["engines"].items() if "error" in each
    ]
    lines += ["## Not measured\n", *(failed or ["- none"]), ""]
    return "\n".join(lines)


def _table(figures: dict[str, Any], form: str) -> list[str]:
    asked = [(name, each) for name, each in figures["engines"].items() if form in each]
    asked.sort(key=lambda pair: pair[1][form][str(SIZES[-1])]["median_us"])
    rows = [
        f"| {name} | "
        + " | ".join(f"{each[form][str(size)]['median_us']:,g}" for size in SIZES)
        + f" | {each[form][str(SIZES[-1])]['agree']} % | {each['note']} |"
        for name, each in asked
    ]
    sizes = " | ".join(f"{size:,} rules" for size in SIZES)
    return [f"| engine | {sizes} | agrees | keep in mind |", "|---|---|---|---|---|---|", *rows, ""]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.policy", description=__doc__)
    parser.add_argument("--shared", action="store_true", help="note that the machine was shared")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
