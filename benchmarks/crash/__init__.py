"""Kill workers of a real agent graph again and again, and check what is left by its log alone."""
