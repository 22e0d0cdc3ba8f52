"""Simulations of what earns, loses and audits autonomy, against agents whose truth is known."""
