"""Migrations of the ledger, applied in order."""
