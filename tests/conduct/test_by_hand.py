"""Levels: set by hand, with an entry that says who and why."""

from interlock.conduct.by_hand import set_level

from .conftest import World  # isort: skip


def test_the_entry_says_from_where_to_where(world: World) -> None:
    """Each change of a level is an entry with the level before, the new one, who and why."""
    for level, by in ((2, "ana"), (0, "bea")):
        with world.gate.ledger.begin() as tx:
            set_level(tx, None, ("acme", "bot"), level, by, "because")

    told = [entry for entry in world.gate.audit.log() if entry["kind"] == "level_set"]
    assert [(entry["body"]["from"], entry["body"]["to"]) for entry in told] == [(None, 2), (2, 0)]
    assert [(entry["actor"], entry["body"]["reason"]) for entry in told] == [
        ("ana", "because"),
        ("bea", "because"),
    ]
    assert world.gate.audit.verify().ok
