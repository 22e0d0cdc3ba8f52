"""Output: what looking at results costs and finds, beside stock Presidio."""
