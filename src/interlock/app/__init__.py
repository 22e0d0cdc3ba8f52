"""Compose: the gate and what it offers; the only place that picks implementations."""
