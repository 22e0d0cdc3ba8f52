"""Find: instructions addressed to a model."""

from interlock.path.inspection import Hit, Located


class Injection:
    """Injection."""

    kinds = frozenset({"INJECTION"})

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return hits."""
        return []
