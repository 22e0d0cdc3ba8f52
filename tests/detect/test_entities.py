"""Entities: the list a policy is checked against is what the installed Presidio has."""

import inspect
import subprocess
import sys
from typing import Any

from presidio_analyzer import predefined_recognizers

from interlock.detect import supported_entities
from interlock.detect.entities import RECOGNIZERS


def single_recognizers() -> dict[str, str]:
    """Map entity to class, of the recognizers that need neither a model nor a service."""
    found: dict[str, str] = {}
    for name, kind in vars(predefined_recognizers).items():
        if not inspect.isclass(kind):
            continue
        try:
            recognizer: Any = kind(supported_language="en")
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
