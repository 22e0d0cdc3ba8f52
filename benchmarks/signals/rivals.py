"""Rivals: other ways to score how unusual a call is, on the same features; packages of `bench`."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

Vector = list[float]
Scorer = Callable[[Vector], float]


def half_space_trees(history: Sequence[Vector]) -> Scorer:
    """Fit river's HalfSpaceTrees, online, with its defaults; features scaled to 0..1.

    Source: S. C. Tan, K. M. Ting, T. F. Liu, IJCAI 2011.
    """
    anomaly: Any = import_module("river.anomaly")
    most = [max(1e-9, *column) for column in zip(*history, strict=True)]
    trees = anomaly.HalfSpaceTrees(seed=0)

    def scaled(vector: Vector) -> dict[int, float]:
        return {at: min(1.0, x / top) for at, (x, top) in enumerate(zip(vector, most, strict=True))}

    for vector in history:
        trees.learn_one(scaled(vector))
    return lambda vector: float(trees.score_one(scaled(vector)))


def ecod(history: Sequence[Vector]) -> Scorer:
    """Fit PyOD's ECOD, in one batch.

    Source: Z. Li et al., IEEE TKDE 35 (2023).
    """
    numpy: Any = import_module("numpy")
    fitted = import_module("pyod.models.ecod").ECOD()
    fitted.fit(numpy.array(history))
    return lambda vector: float(fitted.decision_function(numpy.array([vector]))[0])


RIVALS: Final[dict[str, Callable[[Sequence[Vector]], Scorer]]] = {
    "river HalfSpaceTrees": half_space_trees,
    "PyOD ECOD": ecod,
}
"""By the name they are shown under."""


def installed() -> dict[str, Callable[[Sequence[Vector]], Scorer]]:
    """Return the rivals whose packages are here."""
    return {name: fit for name, fit in RIVALS.items() if find_spec(name.split()[0].lower())}


def versions() -> dict[str, str]:
    """Return the versions of the rivals' packages."""
    return {name: version(name) for name in (rival.split()[0].lower() for rival in installed())}
