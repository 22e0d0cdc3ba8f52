"""Present: how a call is shown to people, and how what they answer is read."""
