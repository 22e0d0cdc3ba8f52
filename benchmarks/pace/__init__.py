"""Pace: what the gate costs a call that nobody has to be asked about."""
