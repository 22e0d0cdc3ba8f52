"""Show: what is open says so, what is over says how."""

from pathlib import Path

from interlock.app.grades import incident_json, promotion_json

from ..conduct.career import Career  # isort: skip


def test_as_json(tmp_path: Path) -> None:
    """A promotion with its answers and its end, an incident with who closed it."""
    career = Career(tmp_path)
    desk = career.gate.autonomy
    asked = career.ready()
    assert promotion_json(asked)["state"] == "open"
    told = promotion_json(desk.sign(asked.id, by="ana", reason="fine"))
    assert (told["state"], told["answers"][0]["by"]) == ("promoted", "ana")
    incident = desk.open_incident("bot", reason="paid a stranger", by="dee").incident
    assert "closed_by" not in incident_json(desk.incidents()[0])
    desk.close_incident(incident, by="ana", reason="fixed")
    (closed,) = desk.incidents(closed=True)

    assert (incident_json(closed)["closed_by"], incident_json(closed)["severity"]) == (
        "ana",
        "high",
    )
    career.gate.close()
