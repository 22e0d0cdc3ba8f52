"""Review: the queue of calls that wait for a human, at a terminal, by keys."""
