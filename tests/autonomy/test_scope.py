"""Place: calls are counted together as `autonomy.scope` says."""

import pytest

from interlock.autonomy.scope import AutonomyScope, scope_of

from .conftest import PLACE  # isort: skip


@pytest.mark.parametrize(
    ("dimensions", "scope"),
    [
        (("agent",), AutonomyScope("agent", "acme", "bot")),
        (("agent", "topic"), AutonomyScope("topic", "acme", "bot", "job.mail")),
        (("agent", "tool"), AutonomyScope("tool", "acme", "bot", "mail.send")),
        (("tenant",), AutonomyScope("tenant", "acme")),
    ],
)
def test_a_call_has_one_scope(dimensions: tuple[str, ...], scope: AutonomyScope) -> None:
    """Each form of `autonomy.scope` names one scope of a call, always within its tenant."""
    assert scope_of(PLACE, dimensions) == scope


def test_topic_and_tool_together_are_refused() -> None:
    """There is no scope by topic and tool, and none is guessed."""
    with pytest.raises(ValueError, match="not both"):
        scope_of(PLACE, ("agent", "topic", "tool"))
