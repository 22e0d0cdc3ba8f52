"""Play: where the attacker's calls come, and what counts as lost."""

from typing import Any

from benchmarks.replay.door import BareDoor
from benchmarks.replay.episode import Play
from benchmarks.replay.play import lost, play
from benchmarks.replay.suite import Step


def test_a_task_alone_is_useful_and_steals_nothing(suite: Any) -> None:
    """Without an attacker the author's own solution does the task and reaches no bad goal."""
    episode = play(suite, BareDoor(suite), suite.users["user_1"], None)

    assert episode.useful
    assert not episode.reached
    assert [played.step.tool for played in episode.plays] == ["read_note", "send"]


def test_the_attack_follows_the_result_that_holds_it(suite: Any) -> None:
    """The attacker's calls come right after the first result with the attacker's text."""
    episode = play(suite, BareDoor(suite), suite.users["user_1"], suite.injections["bad_1"])

    assert [played.injected for played in episode.plays] == [False, True, True, False]
    assert episode.reached


def test_an_attack_nobody_reads_is_made_at_the_end(suite: Any) -> None:
    """A ground truth that never reads the text still meets the attacker's calls, after its own."""
    suite.world = lambda user, injection: {"notes": {"plan": "Meet at noon"}, "sent": []}

    episode = play(suite, BareDoor(suite), suite.users["user_1"], suite.injections["bad_1"])

    assert [played.injected for played in episode.plays] == [False, False, True, True]


def _got(raw: Any, got: Any, args: dict[str, Any] | None = None) -> Play:
    step = Step("t", args or {})
    return Play(step, injected=False, asked=False, ran=True, ending="redacted", raw=raw, got=got)


def test_a_word_of_the_answer_that_was_redacted_is_lost() -> None:
    """What the answer needs and only the raw result had is named."""
    plays = (_got({"code": "463820", "from": "bank"}, {"code": "[REDACTED]", "from": "bank"}),)

    assert lost("the code is 463820", plays) == ("463820",)


def test_a_redacted_word_that_nobody_needs_is_not_lost() -> None:
    """A redaction that the task does not need costs nothing."""
    plays = (_got({"code": "463820"}, {"code": "[REDACTED]"}),)

    assert lost("done", plays) == ()


def test_an_argument_that_a_redaction_took_is_lost() -> None:
    """A later call's argument that came out of a redacted result is named."""
    plays = (
        _got({"iban": "NL91ABNA0417164300"}, {"iban": "[REDACTED]"}),
        _got(None, None, {"recipient": "NL91ABNA0417164300"}),
    )

    assert lost("", plays) == ("NL91ABNA0417164300",)
