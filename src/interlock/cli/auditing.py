"""Audit: calls that ran, drawn by chance: list them, take one, say what was found, plan a batch."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from interlock.autonomy.estimation import AuditFinding
from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow
from interlock.cli.options import AsJson, By, IdToChange, LedgerUrl, Tenant, examples, opened
from interlock.cli.retention import moment
from interlock.cli.screen import (
    Columns,
    amount,
    console,
    local,
    print_fields,
    print_json,
    print_listing,
    print_table,
    say,
)
from interlock.desk.display import render_args, visible

if TYPE_CHECKING:
    from interlock.app.auditing import AuditCase, Estimated, SampleReport, StratumFigures
    from interlock.ledger.auditing import Executed

app = typer.Typer()
"""Commands of `interlock audit`, which stand beside its others."""

Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Of calls from then on.", show_default=False),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Of calls before then.", show_default=False),
]
Open = Annotated[bool, typer.Option("--open", help="List only what nobody judged yet.")]
Why = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="What is wrong; needed unless it is fine.",
        show_default=False,
    ),
]  # fmt: skip


@app.command(
    epilog=examples(
        "interlock audit sample --open",
        "interlock audit sample --since 2026-11-01 --until 2026-12-01 --json",
    )
)
def sample(
    since: Since = None,
    until: Until = None,
    open_only: Open = False,
    tenant: Tenant = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """List calls that are drawn, and estimate how often all calls that ran were wrong."""
    with opened(ledger) as gate:
        report = gate.audit.samples.report(moment(since), moment(until), tenant)
    shown = [one for one in report.drawn if not (open_only and one.looked.verdict)]
    if as_json:
        told = report.json()
        print_json({**told, "drawn": [one.json() for one in shown]})
        return
    print_listing(
        shown, _DRAWN, "no call is drawn" if not open_only else "nothing is left to judge"
    )
    _print_strata(report)
    if report.unstaffed:
        names = visible(", ".join(report.unstaffed))
        alarm = f"interlock: nobody is in {names}, who are to look at what is drawn"
        console(to_stderr=True).print(alarm, markup=False)


def _judged(one: "Executed") -> str:
    looked = one.looked
    if looked.verdict is not None:
        return visible(f"{looked.verdict} by {looked.by}")
    if one.is_gone:
        return "gone: erased or archived"
    return visible(f"{looked.by} until {local(looked.until)}") if looked.until else "open"


_DRAWN: Final[Columns["Executed"]] = {
    "call": lambda one: one.call_id,
    "proposed at": lambda one: local(one.at),
    "tool": lambda one: visible(one.tool),
    "agent": lambda one: visible(one.agent),
    "stratum": lambda one: visible(one.draw.chance.stratum),
    "chance": lambda one: f"{one.draw.chance.inclusion_0_1:.3g}",
    "judged": _judged,
}


def _print_strata(report: "SampleReport") -> None:
    if not report.strata:
        return
    heads = ("stratum", "chance", "calls", "drawn", "judged", "error or harm", "harm")
    say("")
    print_table(heads, [*map(_stratum, report.strata)])
    say(f"all calls: error or harm {_share(report.error)}; harm {_share(report.harm)}")


def _stratum(one: "StratumFigures") -> tuple[str, ...]:
    of = one.of
    counts = (str(number) for number in (of.calls, of.drawn, of.judged))
    chance = f"{of.inclusion_0_1:.3g}"
    return (visible(of.name), chance, *counts, _share(one.error), _share(one.harm))


def _share(found: "Estimated") -> str:
    from interlock.autonomy.estimation import NotEstimable

    if isinstance(found, NotEstimable):
        return found.words
    return f"{found.value:.2%} ({found.low:.2%} to {found.high:.2%})"


@app.command(
    "next", epilog=examples("interlock audit next", "interlock audit next --as fay --json")
)
def next_one(
    tenant: Tenant = None,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take the oldest call that is yours to look at; for half an hour it is nobody else's.

    You see what it was and what it returned. Who let it run you are told after your finding.
    """
    with opened(ledger) as gate:
        case = gate.audit.samples.next(**answering(by, held), tenant=tenant)
    if as_json:
        print_json(case.json() if case else None)
    elif case is None:
        say("nothing is left for you to look at")
    else:
        _print_case(case, ledger)


def _print_case(case: "AuditCase", ledger: str | None) -> None:
    say(f"{case.call_id}  {visible(case.tool)}, yours until {local(case.until)}")
    on_behalf = f" for {visible(case.principal)}" if case.principal else ""
    chain = (f"{visible(link['agent'])}: {visible(link['says'])}" for link in case.chain)
    print_fields(
        [
            ("agent", visible(case.agent) + on_behalf),
            ("thread", visible(case.thread_id)),
            ("proposed", local(case.at)),
            ("topic", visible(case.topic)),
            ("risk", visible(", ".join((case.risk, *case.risk_tags)))),
            ("effect", case.effect),
            ("outcome", case.outcome),
            *(("chain", line) for line in chain),
        ]
    )
    for head, value in (("arguments", case.args), ("facts", case.facts), ("result", case.result)):
        print_fields(render_args({head: value}))
    words = f"audit finding {case.call_id}"
    more = ("fine", 'error --reason "…"', 'harm --reason "…"')
    print_fields([("", follow(f"{words} {each}", ledger)) for each in more], typed=True)


@app.command(
    epilog=examples(
        "interlock audit finding call_3xd7qa fine",
        'interlock audit finding call_3xd7qa harm --reason "refunded the wrong customer"',
    )
)
def finding(
    name: IdToChange,
    verdict: Annotated[
        AuditFinding, typer.Argument(metavar="fine|error|harm", help="What you found.")
    ],
    reason: Why = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say what you found of a call that ran, once; not of one that you had a part in."""
    with opened(ledger) as gate:
        found = gate.audit.samples.find(name, verdict, reason=reason, **answering(by, held))
    if as_json:
        print_json({**found._asdict(), "rules": list(found.rules), "answers": list(found.answers)})
        return
    rules = f" by {visible(', '.join(found.rules))}" if found.rules else ""
    say(f"{found.call_id}: {found.verdict}; policy had said {found.decision}{rules}")
    for one in found.answers:
        said = f": {visible(one['reason'])}" if one["reason"] else ""
        say(f"  {visible(one['by'])} said {one['answer'].replace('_', ' ')}{said}")


def _risk(name: str, meaning: str) -> typer.models.OptionInfo:
    return typer.Option(f"--{name}", metavar="SHARE", min=0.0, max=1.0, help=meaning)


@app.command(
    epilog=examples(
        "interlock audit plan --good 0.01 --bad 0.05",
        "interlock audit plan --good 0.001 --bad 0.02 --bad-passed 0.05 --json",
    )
)
def plan(
    good: Annotated[float, _risk("good", "Share of wrong calls that is good enough (AQL).")],
    bad: Annotated[float, _risk("bad", "Estimated that must not pass (LTPD).")],
    good_refused: Annotated[
        float, _risk("good-refused", "How often a good batch may be refused.")
    ] = 0.05,
    bad_passed: Annotated[float, _risk("bad-passed", "How often a bad batch may pass.")] = 0.10,
    as_json: AsJson = False,
) -> None:
    """Say of how many calls to look at a batch passes or not, and how likely, by its true share."""
    from interlock.autonomy.acceptance import Risks
    from interlock.autonomy.acceptance import plan as plan_of

    risks = Risks(good, bad, good_refused, bad_passed)
    try:
        made = plan_of(risks)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    rates = sorted({0.0, good / 2, good, (good + bad) / 2, bad, min(1.0, 2 * bad)})
    curve = [(rate, made.passes(rate)) for rate in rates]
    if as_json:
        points = [{"wrong": rate, "passes": chance} for rate, chance in curve]
        print_json({**made._asdict(), "risks": risks._asdict(), "operating_characteristic": points})
        return
    say(
        f"look at {amount(made.look_at, 'call')}, drawn by chance; the batch passes with at most "
        f"{made.accept_at_most} wrong"
    )
    rows = ((f"{rate:.2%}", f"{chance:.1%}") for rate, chance in curve)
    print_table(("truly wrong", "passes"), rows)
