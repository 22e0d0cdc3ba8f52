"""Help authors: lint, cases, generated calls, comparison, JSON Schema; no decision loads it."""
