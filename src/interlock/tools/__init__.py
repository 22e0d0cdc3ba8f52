"""Call tools: the only door through which a tool is reached."""
