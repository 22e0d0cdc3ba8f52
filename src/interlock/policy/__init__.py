"""Say: what a policy file means. Models of all sections, decisions, one rule set's evaluation."""
