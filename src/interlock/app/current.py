"""Keep: the policy that is in force, and its successor once that one loads.

A policy is immutable and swapped whole: each decision is made by one policy, the old or the new.
"""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from interlock.app.policy import Policy
from interlock.desk.naming import stranger
from interlock.errors import PolicyError
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.signatures import check_signatures, check_ways

_log = logging.getLogger("interlock.policy")


class Reloaded(NamedTuple):
    """How a reload ended."""

    snapshot: str
    """The policy that is in force now."""
    changed: bool
    """Whether it is another one than before."""
    error: PolicyError | None = None
    """Why the new one did not load; then the old one stays in force."""


class CurrentPolicy:
    """The policy in force, for many threads."""

    def __init__(self, policy: Policy | Path | str) -> None:
        """Load the first one. Raises `PolicyError`."""
        self._path = None if isinstance(policy, Policy) else policy
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._policy = _loaded(policy)
        self._reloading = threading.Lock()

    def __call__(self) -> CompiledPolicy:
        """Return the policy in force."""
        return self._policy

    def require_fit(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        """Check the policy, and each one after it, against the JSON Schemas of tools, by name.

        Raises `PolicyError`.
        """
        _require_fit(self._policy, schemas)
        self._schemas.update(schemas)

    def reload(self, policy: Policy | Path | str | None = None) -> Reloaded:
        """Put another policy in force, or the file or folder of this one as it is now."""
        with self._reloading:
            old, source = self._policy, self._path if policy is None else policy
            if source is None:
                raise PolicyError("the gate was opened without a policy file; name one to reload")
            try:
                new = _loaded(source)
                _require_fit(new, self._schemas)
            except PolicyError as error:
                _log.error("%s; policy %s stays in force", error, old.snapshot)
                return Reloaded(old.snapshot, changed=False, error=error)
            changed = new.digest != old.digest
            if changed:
                self._policy = new
                _log.info("policy %s is in force after %s", new.snapshot, old.snapshot)
            return Reloaded(self._policy.snapshot, changed)


def _require_fit(policy: CompiledPolicy, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    check_signatures(policy, schemas)
    check_ways(policy, schemas, stranger)


def _loaded(policy: Policy | Path | str) -> CompiledPolicy:
    return (policy if isinstance(policy, Policy) else Policy.load(policy)).compiled
