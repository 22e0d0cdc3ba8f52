"""Compile: CEL expressions and regular expressions, typed, bounded, behind one door each."""
