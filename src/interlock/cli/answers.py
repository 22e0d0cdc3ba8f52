"""Tell: who answered, how they showed who they are, and whose approval is there or missing."""

from collections.abc import Mapping
from typing import Any, Final

from interlock.app.cases import Case
from interlock.cli.screen import local
from interlock.clock import parse_stamp
from interlock.desk.display import visible
from interlock.terminal.page import missing

_SHOWN: Final = {"local": "local: a name alone", "inline": "inline: the run's user"}
"""How sure it is who answered, where nothing showed it."""


def _instead(vote: Mapping[str, Any]) -> str:
    place = vote.get("in_place_of")
    return f", in the place of {visible(place)}" if place else ""


def _added(vote: Mapping[str, Any]) -> str:
    """Say by whom what was shown was added: who that is says whose it is."""
    adder = vote.get("added_by")
    return f", by what {visible(adder)} added" if adder else ""


def answer(vote: Mapping[str, Any]) -> str:
    """Say what somebody answered, when, how they showed who they are, and why."""
    reason = f": {visible(vote['reason'])}" if vote["reason"] else ""
    shown = _SHOWN.get(vote["auth"], vote["auth"])
    said = f"{vote['answer'].replace('_', ' ')} at {local(parse_stamp(vote['at']))} ({shown})"
    return f"{said}{_added(vote)}{_instead(vote)}{reason}"


def approvals(case: Case) -> list[tuple[str, str]]:
    """Say whose approvals are there, missing where more than anyone's one is, and never counted."""
    if case.state != "pending":
        return []
    not_by = [("not by", visible(", ".join(case.excluded)))] if case.excluded else []
    if not (case.asked or case.approved_by or len(case.missing) > 1):
        return not_by
    given = [("approved by", visible(", ".join(case.approved_by)))] if case.approved_by else []
    lacking = [("missing", missing(case.missing))] if case.missing else []
    alarm = f"{missing(case.too_few)}: too few may approve it; it can only be denied, or expire"
    alarms = [("alarm", alarm)] if case.too_few else []
    return [*given, *lacking, *not_by, *_again(case), *alarms]


def _again(case: Case) -> list[tuple[str, str]]:
    """Say what is wanted where fewer must approve than did when the last approval came."""
    if not case.approved_by or case.missing:
        return []
    return [
        ("enough", "by now, as fewer must approve than before: people came or went since"),
        ("but", "a change of people approves nothing, so the call still waits"),
        ("to do", visible(f"{' or '.join(case.approved_by)} approves once more, or denies")),
    ]
