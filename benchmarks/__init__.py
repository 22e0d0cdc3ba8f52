"""Measure: side-by-side figures, each one command, results committed as JSON and a table."""
