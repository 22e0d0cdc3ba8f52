"""Measurements of the signals on recorded agent runs that nobody here made."""
