"""Decide: what a document compiles to, and what one call hears from each rule set."""
