"""Confidence: the first source that speaks, at what its word was worth; else missing."""

import pytest

from interlock.signals.calibration import CalibrationTable, Judged, calibrated
from interlock.signals.confidence import Confidence, SourceClaim, TableName, confidence
from interlock.signals.observation import Unmeasured

ORDER = ("declared", "logprobs", "record")
SURE = {
    "declared": SourceClaim(0.9, "the agent says so"),
    "record": SourceClaim(0.6, "6 of 10 were right"),
}


def table(right: int, of: int, model: str = "") -> CalibrationTable:
    """Learn from calls of which the agent said 0.9."""
    judged = [Judged(0.9, right=n < right) for n in range(of)]
    found = calibrated(judged, model)
    assert found is not None
    return found


def asked(
    tables: dict[TableName, CalibrationTable], tool_class: str = "write", model: str = ""
) -> Confidence:
    """Ask about a call of which the agent says 0.9."""
    found = confidence(ORDER, SURE, tables, "ana", tool_class, model)
    assert isinstance(found, Confidence)
    return found


class TestOrder:
    def test_the_first_that_speaks_is_taken(self) -> None:
        """The policy's order decides, not how sure a source is; a silent one is passed over."""
        assert asked({}).source == "declared"
        found = confidence(("logprobs", "record", "declared"), SURE, {}, "ana")

        assert isinstance(found, Confidence)
        assert (found.source, found.value_0_1) == ("record", 0.6)

    @pytest.mark.parametrize("said", [1.5, -0.1, float("nan"), float("inf")])
    def test_what_is_no_probability_says_nothing(self, said: float) -> None:
        """A source that says 1.5 does not make a call look surer: the next one is asked."""
        found = confidence(ORDER, {**SURE, "declared": SourceClaim(said, "")}, {}, "ana")

        assert isinstance(found, Confidence)
        assert found.source == "record"

    def test_missing_is_missing(self) -> None:
        """Where no source speaks there is no confidence, and the sources are named."""
        found = confidence(("declared", "logprobs"), {"record": SURE["record"]}, {}, "ana")

        assert found == Unmeasured("no_source", "none of declared, logprobs says anything")
        assert isinstance(confidence((), SURE, {}, "ana"), Unmeasured)


class TestCorrection:
    def test_an_overconfident_agent_is_taken_at_its_worth(self) -> None:
        """Half of the calls it was sure of were right: its 0.9 is a half, and both are shown."""
        found = asked({TableName("declared", "ana", "write"): table(20, 40)})

        assert found.value_0_1 == pytest.approx(0.5)
        assert (found.said_0_1, found.cases) == (0.9, 40)
        assert found.words == "the agent says so; 50 % of such calls were right"

    def test_each_class_of_tools_has_its_own(self) -> None:
        """What it is worth for reading says nothing about writing, where both are known."""
        tables = {
            TableName("declared", "ana", "read"): table(40, 40),
            TableName("declared", "ana", "write"): table(0, 40),
            TableName("declared", "ana", ""): table(20, 40),
        }

        assert asked(tables, "read").value_0_1 > 0.9
        assert asked(tables, "write").value_0_1 < 0.1
        assert asked(tables, "delete").value_0_1 == pytest.approx(0.5)

    @pytest.mark.parametrize(
        "name",
        [TableName("record", "ana", "write"), TableName("declared", "bo", "write")],
    )
    def test_anothers_table_corrects_nothing(self, name: TableName) -> None:
        """Neither another source's nor another agent's worth is borrowed."""
        assert asked({name: table(0, 40)}).value_0_1 == 0.9

    def test_few_cases_correct_nothing(self) -> None:
        """Nineteen decided calls are too few to overrule a source."""
        assert asked({TableName("declared", "ana", "write"): table(0, 19)}).cases == 0

    def test_another_model_starts_anew(self) -> None:
        """What was learned of one model says nothing about the next."""
        tables = {TableName("declared", "ana", "write"): table(0, 40, model="old")}

        assert asked(tables, model="new").value_0_1 == 0.9
        assert asked(tables, model="old").value_0_1 < 0.1
