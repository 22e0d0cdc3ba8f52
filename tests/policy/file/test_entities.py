"""Entities: the list a policy is checked against is what the installed Presidio has."""

import inspect
import subprocess
import sys
from typing import Any

import pytest
from presidio_analyzer import predefined_recognizers

from interlock.detect import supported_entities
from interlock.errors import PolicyError
from interlock.policy.file.entities import RECOGNIZERS
from interlock.policy.load import parse


def single_recognizers() -> dict[str, str]:
    """Map entity to class, of the recognizers that need neither a model nor a service."""
    found: dict[str, str] = {}
    for name, kind in vars(predefined_recognizers).items():
        if not inspect.isclass(kind):
            continue
        try:
            make: Any = kind
            recognizer = make(supported_language="en")
        except (ImportError, TypeError, ValueError):  # wants a service or a model package
            continue
        if len(recognizer.supported_entities) == 1:
            found[recognizer.supported_entities[0]] = name
    return found


def test_the_constants_are_what_presidio_has() -> None:
    """Each recognizer of the installed Presidio that needs no model is named, and no other."""
    assert dict(RECOGNIZERS) == single_recognizers()


def test_the_names_are_listed_without_loading_presidio() -> None:
    """Asking which entities there are, and importing the detectors, loads no Presidio or spaCy."""
    code = (
        "import sys; from interlock.detect import detectors, supported_entities; detectors();"
        "assert 'US_SSN' in supported_entities();"
        "print({'presidio_analyzer', 'presidio_anonymizer', 'spacy'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "set()"
    assert set(supported_entities()) == set(RECOGNIZERS)


@pytest.mark.parametrize(
    ("entities", "says"),
    [
        ("{US_SNN: redact}", "1:21: unknown entity `US_SNN`; did you mean `US_SSN`?"),
        ("{PERSON: redact}", "1:21: `PERSON` needs a language model"),
    ],
)
def test_a_kind_that_nothing_looks_for_is_refused(entities: str, says: str) -> None:
    """A kind that is unknown, or wants a model, is a load error with its place."""
    with pytest.raises(PolicyError) as caught:
        parse(f"output: {{entities: {entities}}}")
    assert says in str(caught.value)


def test_a_kind_that_is_allowed_asks_nothing() -> None:
    """`allow` for a kind that wants a model loads, as nothing is to be looked for."""
    assert parse("output: {entities: {PERSON: allow}}").output.entities == {"PERSON": "allow"}
