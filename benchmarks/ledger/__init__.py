"""Ledger: what the record costs, beside the databases it is kept in."""
