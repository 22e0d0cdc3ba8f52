"""Set: one logical policy that every engine can be given, and what it decides.

Rule i decides calls to service i that are in production and over 1,000; its decision is a denial,
a question or a permission in turn. What no rule decides is denied. In the literal form a rule names
the one tool of its service, in the glob form all of its service's tools.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

DECISIONS: Final = ("deny", "require_approval", "allow")
LEAST: Final = 1000
Request: TypeAlias = Mapping[str, Any]
"""`tool`, `env` and `amount`."""
Decide: TypeAlias = Callable[[Request], str]


class Problem(NamedTuple):
    """A policy's size and form."""

    rules: int
    globs: bool

    def decision(self, service: int) -> str:
        """Say what a service's rule decides."""
        return DECISIONS[service % 3]

    def pattern(self, service: int) -> str:
        """Name the tools that a rule is about."""
        return f"svc{service}.*" if self.globs else tool(service)

    def requests(self, count: int = 100) -> list[Request]:
        """Make requests over all rules; one in ten is too small, one in ten not in production."""
        services = [at * self.rules // count for at in range(count)]
        return [
            {
                "tool": tool(service),
                "env": "dev" if at % 10 == 5 else "prod",
                "amount": 10 if at % 10 == 0 else 5000,
            }
            for at, service in enumerate(services)
        ]

    def expected(self, request: Request) -> str:
        """Say what must be decided."""
        if request["env"] != "prod" or request["amount"] <= LEAST:
            return "deny"
        return self.decision(int(request["tool"][3:].split(".")[0]))


def tool(service: int) -> str:
    """Name the tool that is called of a service."""
    return f"svc{service}.write"
