"""Conduct: take one call through the nine steps; knows only protocols; every host calls it."""

from interlock.conduct.conductor import Conductor, aperform, apropose, perform
from interlock.conduct.values import (
    Answered,
    Call,
    Held,
    Intent,
    Progress,
    Ready,
    Turn,
    Waiting,
)

__all__ = [
    "Answered",
    "Call",
    "Conductor",
    "Held",
    "Intent",
    "Progress",
    "Ready",
    "Turn",
    "Waiting",
    "aperform",
    "apropose",
    "perform",
]
