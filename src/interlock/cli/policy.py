"""Ask a policy: does it load, what does it say, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from interlock.cli.options import AsJson, examples, family
from interlock.cli.queue import read_object
from interlock.cli.screen import amount, print_json, print_table, say
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.app.policy import Policy

app = family()
policy = family()
app.add_typer(policy, name="policy", help="Policies.")

PolicyPath = Annotated[
    Path, typer.Argument(metavar="POLICY", help="A policy file, or a folder with `policy.yaml`.")
]
Level = Annotated[
    int | None, typer.Option("--level", min=0, max=3, help="The agent's level.", show_default=False)
]
CallText = Annotated[
    str,
    typer.Argument(
        metavar="CALL",
        help="FILE, `-` or JSON: {name, args, agent, signals, level, context, environment}.",
    ),
]


def loaded(path: Path) -> "Policy":
    """Load a policy. Raises `PolicyError` with file, line and column."""
    from interlock.app.policy import Policy

    return Policy.load(path)


@policy.command(epilog=examples("interlock policy check policies/customer_support"))
def check(path: PolicyPath, as_json: AsJson = False) -> None:
    """Load a policy; exit 1 with file, line and column when it does not load."""
    found = loaded(path).compiled
    told = {
        "policy": str(path),
        "snapshot": found.snapshot,
        "digest": found.digest,
        "tools": len(found.document.tools),
        "rules": len(found.rule_ids),
        "default": found.default,
    }
    if as_json:
        print_json(told)
    else:
        counts = (
            f"{amount(len(found.rule_ids), 'rule')}, {amount(len(found.document.tools), 'tool')}"
        )
        say(f"{path}: fine, {counts}, else {found.default}; snapshot {found.snapshot}")


@policy.command(epilog=examples("interlock policy show policies/customer_support --json"))
def show(path: PolicyPath, as_json: AsJson = False) -> None:
    """Print the policy as it counts: merged, defaulted, with its snapshot."""
    import yaml

    from interlock.policy.document import as_json as written

    found = loaded(path).compiled
    document = without_nulls(written(found.document))
    if as_json:
        print_json({"snapshot": found.snapshot, "digest": found.digest, "policy": document})
    else:
        say(f"# snapshot {found.snapshot}, digest {found.digest}")
        say(yaml.safe_dump(document, sort_keys=False, allow_unicode=False).rstrip())


@policy.command(
    epilog=examples(
        "interlock policy explain policies/customer_support call.json",
        'interlock policy explain policy.yaml \'{"name": "refund.issue", "args": {"amount": 9}}\'',
    )
)
def explain(path: PolicyPath, call: CallText, level: Level = None, as_json: AsJson = False) -> None:
    """Say what a policy decides about one call, and how each rule came out. Nothing runs."""
    asked = question(read_object(call, "CALL"), level)
    asking = loaded(path)
    answer, traces = asking.decide(**asked), asking.explain(**asked)
    if as_json:
        print_json({**spoken(answer), "trace": [trace._asdict() for trace in traces]})
        return
    say(f"{answer.kind.replace('_', ' ')}: {visible(answer.reason)}")
    say(f"settled by {visible(', '.join(answer.rules)) or 'no rule'}; policy {answer.snapshot}")
    rows = [
        (f"{trace.set}: {trace.id}", trace.decision, trace.outcome, visible(trace.why))
        for trace in traces
    ]
    print_table(("rule", "says", "came out", "because"), rows)


@policy.command("test", epilog=examples("interlock policy test policies/customer_support"))
def play_cases(path: PolicyPath, as_json: AsJson = False) -> int:
    """Decide every case of `cases.yaml`; exit 1 when one differs or a rule decides none."""
    asked = loaded(path)
    report = asked.test(path if path.is_dir() else path.parent)
    idle = [
        f"rule `{rule}` decides no case; add one, or drop the rule" for rule in report.uncovered
    ]
    wrong = [*report.failures, *idle]
    if as_json:
        print_json({"cases": report.cases, "failures": wrong, "snapshot": asked.snapshot})
    else:
        for line in wrong:
            say(visible(line))
        say(f"{path}: {amount(report.cases, 'case')}, {amount(len(wrong), 'failure')}")
    return 1 if wrong else 0


@policy.command(epilog=examples("interlock policy schema > policy.schema.json"))
def schema() -> None:
    """Print the JSON Schema of policy files, for editors."""
    from interlock.policy.schema import json_schema

    print_json(json_schema())


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out what the policy does not say."""
    match value:
        case dict():
            members = cast("dict[str, Any]", value)
            return {key: without_nulls(item) for key, item in members.items() if item is not None}
        case list():
            return [without_nulls(item) for item in cast("list[Any]", value)]
        case _:
            return value


def question(call: dict[str, Any], level: int | None) -> dict[str, Any]:
    """Take a call and what is known about it apart. Raises `BadParameter` for what is no call."""
    known = {"name", "args", "agent", "signals", "level", "context", "environment"}
    if strange := sorted(call.keys() - known):
        raise typer.BadParameter(
            f"CALL: unknown key `{strange[0]}`; known: {', '.join(sorted(known))}"
        )
    if not isinstance(call.get("name"), str):
        raise typer.BadParameter(
            'CALL: `name` is missing; expected {"name": "tool", "args": {...}}'
        )
    for name in ("agent", "environment"):
        if not isinstance(call.get(name, ""), str):
            raise typer.BadParameter(f"CALL: `{name}` is no text")
    if (given := call.get("level")) is not None and (
        type(given) is not int or given not in range(4)
    ):
        raise typer.BadParameter("CALL: `level` is none of 0, 1, 2, 3")
    for name in ("args", "signals", "context"):
        if not isinstance(call.get(name, {}), dict):
            raise typer.BadParameter(f"CALL: `{name}` is no JSON object")
    return {
        "call": {name: call[name] for name in ("name", "args", "agent") if name in call},
        "signals": call.get("signals", {}),
        "level": call.get("level") if level is None else level,
        "context": call.get("context", {}),
        "environment": call.get("environment"),
    }


def spoken(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - a `PolicyAnswer`
    """Write what a policy decided for programs."""
    return {
        "kind": answer.kind,
        "rules": list(answer.rules),
        "not_evaluable": list(answer.decision.not_evaluable),
        "reason": answer.reason,
        "constraints": dict(answer.constraints),
        "snapshot": answer.snapshot,
    }
