"""Define: the tables as both databases make them."""

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from interlock.ledger import tables


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_the_queue_has_indexes_of_what_waits_only(dialect: object) -> None:
    """On every database an index of the queue holds pending calls, in the queue's order."""
    made = [str(CreateIndex(each).compile(dialect=dialect)) for each in tables.calls.indexes]  # pyright: ignore[reportArgumentType] - a dialect
    queue = [text for text in made if "state = 'pending'" in text]

    assert queue
    assert all("created_at, position, id)" in text for text in queue)
