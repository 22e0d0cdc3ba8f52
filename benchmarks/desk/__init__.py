"""Measure the review desk."""
