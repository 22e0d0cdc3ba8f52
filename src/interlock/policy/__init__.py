"""Say: what a policy file means. Models of all sections, decision types, one rule set's evaluation."""
