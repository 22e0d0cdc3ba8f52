"""Replay: recorded tasks through the gate, scored by whoever wrote the tasks."""
