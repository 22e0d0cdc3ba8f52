"""Ask a policy: does it load, what does it say, and why."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from interlock.cli.findings import listed, outline, print_findings, sarif_log, summary
from interlock.cli.objects import read_object
from interlock.cli.options import AsJson, examples, family
from interlock.cli.policy_options import (
    Most,
    OfLedger,
    PolicyPath,
    as_yaml,
    loaded,
    readable,
    stopping,
    stopping_json,
    without_nulls,
)
from interlock.cli.policy_pages import (
    generated,
    of_ledger,
    print_coverage,
    print_difference,
    print_explained,
    recorded,
)
from interlock.cli.policy_suggest import suggest
from interlock.cli.screen import amount, print_json, say
from interlock.desk.display import visible

app = family()
policy = family()
app.add_typer(policy, name="policy", help="Policies.")

Level = Annotated[
    int | None, typer.Option("--level", min=0, max=3, help="The agent's level.", show_default=False)
]
CallText = Annotated[
    str,
    typer.Argument(
        metavar="CALL",
        help="FILE, `-` or JSON: {name, args, agent, signals, level, context, environment, "
        "usage, approval}.",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings, too.")]
AsSarif = Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for code hosts.")]
Recorded = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="URL|FILE",
        help="Ask about the newest calls of this ledger, which is only read.",
        show_default=False,
    ),
]


@policy.command(
    epilog=examples(
        "interlock policy check policies/customer_support",
        "interlock policy check policy.yaml --strict",
        "interlock policy check policy.yaml --sarif > policy.sarif",
    )
)
def check(
    path: PolicyPath, strict: Strict = False, as_sarif: AsSarif = False, as_json: AsJson = False
) -> int:
    """Say what stops a policy from loading, and what it says that nobody can mean.

    Exit 1 with any error; with `--strict` with any warning, too. docs/findings.md lists the codes.
    """
    from interlock.app.checking import checked

    if as_json and as_sarif:
        raise typer.BadParameter("`--sarif` does not go with `--json`; name one")
    found = checked(path)
    if as_sarif:
        print_json(sarif_log(found.findings))
    elif as_json:
        print_json({**outline(path, found.policy), "loads": found.loads, **listed(found.findings)})
    else:
        print_findings(found.findings)
        say(summary(path, found))
    return 1 if found.of("error") or (strict and found.of("warning")) else 0


@policy.command(epilog=examples("interlock policy show policies/customer_support --json"))
def show(path: PolicyPath, as_json: AsJson = False) -> int:
    """Print the policy as it counts: merged, defaulted, with its snapshot.

    Exit 1 when this version refuses to load it; the keys are named, and shown with the rest.
    """
    from interlock.policy.document import as_json as written

    shown = readable(path)
    found = shown.policy.compiled
    document = without_nulls(written(found.document))
    if as_json:
        told = {"snapshot": found.snapshot, "digest": found.digest, "policy": document}
        print_json({**stopping_json(shown), **told})
    else:
        _say_each(stopping(path, shown))
        say(f"# snapshot {found.snapshot}, digest {found.digest}")
        say(as_yaml(document))
    return 0 if shown.loads else 1


@policy.command(
    epilog=examples(
        "interlock policy explain policies/customer_support call.json",
        'interlock policy explain policy.yaml \'{"name": "refund.issue", "args": {"amount": 9}}\'',
        "cat call.json | interlock policy explain policy.yaml - --level 2 --json",
        "interlock policy explain policy.yaml call_01j8 --ledger interlock.db",
    )
)
def explain(
    path: PolicyPath,
    call: CallText,
    level: Level = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show the rules about other tools, too.")
    ] = False,
    ledger: OfLedger = None,
    as_json: AsJson = False,
) -> int:
    """Say what a policy decides about one call, and how each rule came out. Nothing runs.

    Each signal is shown with who says so, how far it is from where each rule speaks and, of a
    call of a ledger, what made it; such a call is explained by the signals and the level of then.
    Exit 1 when this version refuses to load the policy: then no gate decides so. The keys are
    named, and what the rest decides without them is explained.
    """
    from interlock.app.explaining import explained

    asked = readable(path)
    if ledger is not None:
        found = of_ledger(asked.policy, ledger, call, level)
    else:
        found = explained(asked.policy, question(read_object(call, "CALL"), level))
    if as_json:
        print_json({**stopping_json(asked), **found.json()})
    else:
        _say_each(stopping(path, asked))
        print_explained(found, every=every)
    return 0 if asked.loads else 1


@policy.command(
    "test",
    epilog=examples(
        "interlock policy test policies/customer_support",
        "interlock policy test policies/customer_support --json",
    ),
)
def play_cases(path: PolicyPath, as_json: AsJson = False) -> int:
    """Decide every case of `cases.yaml`; exit 1 when one differs or a rule decides none.

    Rules of all sections count: rules and levels, the three outcomes of each boundary, the cells of
    the decision matrix, guardrails. Entries of `risk` are shown, and need no case.
    """
    asked = loaded(path)
    report = asked.test(path if path.is_dir() else path.parent)
    idle = [
        f"rule `{rule}` decides no case that passes; add one, or drop the rule"
        for rule in report.uncovered
    ]
    wrong = [*report.failures, *idle]
    if as_json:
        told = {"cases": report.cases, "failures": wrong, "snapshot": asked.snapshot}
        print_json({**told, "coverage": dict(report.settled), "share": report.share})
    else:
        print_coverage(report)
        for line in wrong:
            say(visible(line))
        say(f"{path}: {amount(report.cases, 'case')}, {amount(len(wrong), 'failure')}")
    return 1 if wrong else 0


@policy.command(
    epilog=examples(
        "interlock policy diff old.yaml new.yaml",
        "interlock policy diff old.yaml new.yaml --ledger interlock.db",
        "interlock policy diff main/policies/payments policies/payments --json",
    )
)
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="The policy as it was.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The policy as it will be.")],
    ledger: Recorded = None,
    most: Most = 20_000,
    as_json: AsJson = False,
) -> int:
    """Say which calls B decides differently from A, loosening first, and what no call compared.

    The calls are generated at the values that either policy names and just beside them, the same
    each time; or, with `--ledger`, those of a ledger with the signals, level and usage recorded.
    A setting that differs and changed no call is listed as not compared by calls. Exit 1 when a
    call is looser, when such a setting is not known to be stricter, or when this version refuses
    to load A or B, which then are compared without the keys that it names; else 0.
    """
    sides = readable(before), readable(after)
    old, new = (each.policy for each in sides)
    found = recorded(old, new, ledger, most) if ledger else generated(old, new, most)
    if as_json:
        print_json(
            {
                **stopping_json(*sides),
                "before": old.snapshot,
                "after": new.snapshot,
                "calls": found.calls,
                "loosens": found.loosens,
                "changes": [change.json() for change in found.changes],
                "not_compared": [setting.json() for setting in found.settings],
            }
        )
    else:
        _say_each([*stopping(before, sides[0]), *stopping(after, sides[1])])
        print_difference(found, old.snapshot, new.snapshot)
    return 1 if found.loosens or not all(each.loads for each in sides) else 0


def _say_each(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


policy.command(
    epilog=examples(
        "interlock policy suggest policies/customer_support",
        "interlock policy suggest policy.yaml --ledger sqlite:///interlock.db --json",
    )
)(suggest)


@policy.command(epilog=examples("interlock policy schema > policy.schema.json"))
def schema(as_json: AsJson = False) -> None:  # noqa: ARG001 - it is JSON anyway
    """Print the JSON Schema of policy files, for editors; it is JSON with and without `--json`."""
    from interlock.policy.authoring.schema import json_schema

    print_json(json_schema())


def question(call: dict[str, Any], level: int | None) -> dict[str, Any]:
    """Take a call and what is known about it apart. Raises `BadParameter` for what is no call."""
    known = {"name", "args", "agent", "signals", "level", "context", "environment"}
    known |= {"usage", "approval", "found"}
    if strange := sorted(call.keys() - known):
        raise typer.BadParameter(
            f"CALL: unknown key `{strange[0]}`; known: {', '.join(sorted(known))}"
        )
    if not isinstance(call.get("name"), str):
        raise typer.BadParameter(
            'CALL: `name` is missing; expected {"name": "tool", "args": {...}}'
        )
    if not isinstance(call.get("environment") or "", str):
        raise typer.BadParameter("CALL: `environment` is no text")
    if not _is_agent(call.get("agent", "")):
        raise typer.BadParameter(
            'CALL: `agent` is neither an id nor {"id", "owner", "model", "version"}, all texts'
        )
    if (given := call.get("level")) is not None and (
        type(given) is not int or given not in range(4)
    ):
        raise typer.BadParameter("CALL: `level` is none of 0, 1, 2, 3")
    for name in ("args", "signals", "context", "usage", "approval"):
        if not isinstance(call.get(name, {}), dict):
            raise typer.BadParameter(f"CALL: `{name}` is no JSON object")
    if not _texts(call.get("found", [])):
        raise typer.BadParameter("CALL: `found` is no list of kinds such as `CREDIT_CARD`")
    approval = cast("dict[str, Any]", call.get("approval") or {})
    if not all(_texts(given) for given in approval.values()):
        raise typer.BadParameter("CALL: `approval` holds no lists of names")
    return {
        "call": {name: call[name] for name in ("name", "args", "agent") if name in call},
        "signals": call.get("signals", {}),
        "level": call.get("level") if level is None else level,
        "context": call.get("context", {}),
        "environment": call.get("environment"),
        "usage": call.get("usage", {}),
        "approval": call.get("approval"),
        "found": call.get("found"),
    }


def _is_agent(value: object) -> bool:
    """Say whether it is an agent's id, or its members by name."""
    if not isinstance(value, dict):
        return isinstance(value, str)
    members = cast("dict[str, Any]", value)
    named = "id" in members and members.keys() <= {"id", "owner", "model", "version"}
    return named and _texts([*members.values()])


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)  # pyright: ignore[reportUnknownVariableType] - JSON
