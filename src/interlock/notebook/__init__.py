"""Picture: policies, decisions, queues and calls in a notebook.

`play` asks a policy about calls, `queue` shows what waits, `timeline` tells one call's way, two
plots show a day's traffic, and `interlock.notebook.desk` plots how the review desk does. Everything
an agent wrote is escaped; matplotlib is loaded by the plots.
"""

from interlock.notebook.plots import decisions_by_kind, step_latency
from interlock.notebook.views import Played, Queue, Timeline, play, queue, timeline

__all__ = [
    "Played",
    "Queue",
    "Timeline",
    "decisions_by_kind",
    "play",
    "queue",
    "step_latency",
    "timeline",
]
