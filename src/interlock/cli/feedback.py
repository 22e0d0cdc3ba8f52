"""Teach: what people corrected, as lines that trainers and calibrators read."""

from pathlib import Path
from typing import Annotated

import typer

from interlock.app.feedback import FeedbackKind
from interlock.cli.options import AsJson, LedgerUrl, Tenant, examples, family, opened
from interlock.cli.retention import moment
from interlock.cli.screen import amount, print_json, say

app = family()
feedback = family()
app.add_typer(feedback, name="feedback", help="What people corrected.")

_WHY = {
    "erased": "of calls that were erased or archived",
    "held": "that output inspection would hold",
    "unsettled": "of edits that never ran, or were found wrong",
    "wordless": "without a word of what would have been better",
}


@feedback.command(
    epilog=examples(
        "interlock feedback export --out pairs.jsonl",
        "interlock feedback export --kind labels --since 2026-11-01 --out labels.jsonl",
        "interlock feedback export --redact PERSON --redact EMAIL_ADDRESS --out pairs.jsonl",
    )
)
def export(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="A new file; only you may read it."),
    ],
    kind: Annotated[
        FeedbackKind,
        typer.Option(
            "--kind",
            metavar="pairs|labels",
            help="Preference pairs, or calls with whether they were right.",
        ),
    ] = "pairs",
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="What was said from then on.", show_default=False
        ),
    ] = None,
    redact: Annotated[
        list[str],
        typer.Option(
            "--redact",
            metavar="ENTITY",
            help="Take this out, too; may be given again.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer's own value
    tenant: Tenant = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write edits, rejections, responses and audit findings as JSON lines, redacted.

    What the policy's `output` takes out of results is taken out of them. A line names the entry of
    the record that it comes from. Probes are no corrections.
    """
    with opened(ledger) as gate:
        done = gate.feedback.export(out, kind, since=moment(since), tenant=tenant, redact=redact)
    if as_json:
        print_json(done.json())
        return
    say(f"{amount(done.lines, 'line')} in {out}")
    for why, left in done.left_out.items():
        say(f"left out: {left} {_WHY[why]}")
