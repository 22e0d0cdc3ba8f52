"""Rest: the answer of a human who approved too much without a pause does not let anything run.

One human rests under all of their names, and counts for themselves where they stand in for
somebody. Only an approval is refused: whoever rests may deny, cancel, respond and edit.
"""

from datetime import timedelta

from interlock.conduct.ports import Ports, Transaction
from interlock.desk.resting import counted_back_s, rests_until
from interlock.errors import NotEligible
from interlock.path.people import People
from interlock.path.review import Vote


def refuse_resting(tx: Transaction, ports: Ports, given: Vote, people: People) -> None:
    """Refuse an approval of who rests by the policy of now.

    Two answers of one human are counted one after the other, whatever they are about. Raises
    `NotEligible`, with words that say until when.
    """
    controls = ports.policy().document.fatigue_controls
    if given.answer != "approve" or controls is None or not controls.cooldown_after_approvals:
        return
    who = people.behind(given.by)
    tx.lock(f"approvals of {who}")
    since = given.at - timedelta(seconds=counted_back_s(controls))
    before = tx.registry.approvals(people, who, since, controls.cooldown_after_approvals)
    until = rests_until(before, controls, given.at)
    if until is not None:
        raise NotEligible(
            f"`{given.by}` approved {len(before)} requests without a pause and approves no more "
            f"until {until:%H:%M:%S} UTC; deny, edit, or leave it to somebody else"
        )
