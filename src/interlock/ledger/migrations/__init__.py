"""Migrate: the ledger's schema, one version after the other."""
