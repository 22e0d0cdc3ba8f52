"""Suggest: what a ledger says a policy could ask less, or does not need."""

from typing import TYPE_CHECKING, Final

from interlock.cli.options import AsJson, LedgerUrl, opened
from interlock.cli.policy_options import Most, PolicyPath, as_yaml, loaded
from interlock.cli.policy_pages import progress
from interlock.cli.screen import amount, print_json, say
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.app.suggesting import Suggestion


def suggest(
    path: PolicyPath,
    ledger: LedgerUrl = None,
    most: Most = 20_000,
    as_json: AsJson = False,
) -> None:
    """Say what people's answers speak for: needless questions, silent rules, better thresholds.

    A rule, its threshold too, is left alone below 200 answers that speak for asking less, or 200
    calls; one about calls tagged `delete` or `secrets`, or of critical risk, always. So is one
    whose people missed a canary in that time, or answered fewer than 10: it says so. Who is asked
    goes down by one step: of several people to one, from one to a notice with time for a veto.
    Nothing is changed: each suggestion prints the rule as it would stand, and what it would have
    let pass.
    """
    from interlock.app.suggesting import rules_in, suggested

    found = loaded(path)
    with opened(ledger) as gate:
        recorded, disclosed = gate.audit.answered(most), gate.audit.disclosed()
    with progress("looking at rules", rules_in(found)) as tick:
        suggestions = suggested(found, recorded, disclosed, tick)
    if as_json:
        print_json(
            {
                "snapshot": found.snapshot,
                "calls": len(recorded),
                "suggestions": [each.json() for each in suggestions],
            }
        )
        return
    for each in suggestions:
        _print(each)
    say(f"{amount(len(suggestions), 'suggestion')} from {amount(len(recorded), 'call')}")


def _print(one: "Suggestion") -> None:
    share = one.share
    say(
        f"{visible(one.rule)}: {one.because} (95 % interval of the share: "
        f"{share.low:.1%} to {share.high:.1%})"
    )
    if one.entry is None:
        say("  ", _LEFT[one.kind])
        return
    for line in as_yaml([one.entry]).splitlines():
        say("  ", line)
    say(f"  would have let {amount(one.passes, 'call')} run without asking; {_refused(one)}")


_LEFT: Final = {
    "keep": "it goes on asking; nothing is suggested",
    "never_hit": "look whether it is still wanted; nothing else is suggested",
}


def _refused(one: "Suggestion") -> str:
    if not one.refused:
        return "people had refused none of them"
    shown = ", ".join(one.refused[:5]) + (", …" if len(one.refused) > 5 else "")
    return f"people had refused {len(one.refused)} of them: {shown}"
