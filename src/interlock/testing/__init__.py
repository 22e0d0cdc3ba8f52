"""Rehearse: scripted models and scenario files, for demos, tests and notebooks."""
