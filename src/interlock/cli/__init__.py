"""Show and decide: the command line."""
