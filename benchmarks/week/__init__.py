"""Simulate a week at the review desk: the real gate, with people and agents that are not."""
