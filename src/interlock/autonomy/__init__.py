"""Earn: levels of autonomy, the evidence that raises and lowers them, the audits that feed it."""
