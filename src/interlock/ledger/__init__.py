"""Keep: the one durable truth about calls, requests, votes, executions, outputs and levels."""
