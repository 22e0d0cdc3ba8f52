"""Policies of many sizes: what a decision takes, here and in other engines."""
