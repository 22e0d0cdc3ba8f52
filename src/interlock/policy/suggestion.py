"""Suggest: the known word that somebody may have meant."""

import json
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], alike_0_1: float = 0.6) -> str:
    """Return `; did you mean …?` for the nearest known word that is alike enough, or nothing."""
    from difflib import get_close_matches  # only when something is wrong already

    near = get_close_matches(word, sorted(known), n=1, cutoff=alike_0_1)
    return f"; did you mean `{near[0]}`?" if near else ""


def one_of(words: Iterable[str]) -> str:
    """Write alternatives for an error."""
    return " | ".join(sorted(words))


def shown(value: object) -> str:
    """Write a value of the author's for an error, shortened."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
