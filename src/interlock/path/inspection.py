"""Inspect: what is in a result, by path, kind and span; never the text itself.

An output nobody inspected is not delivered: a detector that fails, or a kind that no detector can
look for, holds the result. Texts, keys and numbers are looked at; a key that hits is named by its
position in its object, so that a path never repeats what was found.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from interlock.folding import PlainText, places_of, readings
from interlock.path.blocks import blocks_in, decoded, unread
from interlock.path.members import ROOTS, Holder, Place, Places, Span, Walk, path_of, walk_members
from interlock.policy.output import OutputPolicy

SafetyDecision: TypeAlias = Literal["ALLOW", "REDACT", "WITHHOLD", "QUARANTINE"]
Treatment: TypeAlias = Literal["redact", "mask", "remove", "withhold", "quarantine"]
"""What is done about a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a result."""

    path: str
    """Dotted path from `response` (or `artifact`), list items as `[0]`: `response.rows[0].note`."""
    kind: str
    """Entity, `SECRET`, `INTERNAL_FIELD`, `BLOCKED_TERM`, `MAX_LENGTH`, `INJECTION`, `HIDDEN_TEXT`,
    `DETECTOR_FAILED`, `UNINSPECTABLE`, `UNREAD`, `REVIEW_RESULT`."""
    action: Treatment
    detector: str
    span: Span | None = None
    """None: the whole member."""
    score_0_1: float = 1.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found and what follows: the strictest action of all findings."""

    verdict: SafetyDecision
    findings: tuple[Finding, ...] = ()


class Located(NamedTuple):
    """One text inside a result."""

    path: tuple[str | int, ...]
    text: str
    part: Literal["key", "value", "number"] = "value"
    """`key`: the name of the member at `path`, given once for all members of that name."""


class Hit(NamedTuple):
    """A detector's finding within one text."""

    text: int
    """Index of the text in what the detector was given."""
    kind: str
    span: Span
    score_0_1: float
    detector: str


class Detector(Protocol):
    """Finds things in texts."""

    @property
    def kinds(self) -> frozenset[str]:
        """What it can look for."""
        ...

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return hits of the wanted kinds in any order. Raises to say that it could not look."""
        ...


_VERDICTS: Final[tuple[tuple[Treatment, SafetyDecision], ...]] = (
    ("quarantine", "QUARANTINE"),
    ("withhold", "WITHHOLD"),
    ("remove", "REDACT"),
    ("redact", "REDACT"),
    ("mask", "REDACT"),
)
"""Strictest first. Source: `docs/policy.md`, output."""

MODEL_KINDS: Final = frozenset({"INJECTION", "HIDDEN_TEXT"})
"""What the policy key `injection` speaks of."""


def inspect(
    content: object,
    artifact: object,
    policy: OutputPolicy,
    detectors: Sequence[Detector],
    review_result: bool = False,
) -> Inspection:
    """Find everything that the policy speaks of in a result and its artifact, both JSON."""
    walk = walk_members((content, artifact), policy.internal_fields)
    found = _detected(walk, policy, detectors)
    hidden = frozenset(key for key, hits in found.keys.items() if hits)
    findings = [
        *_whole(walk, hidden, review_result),
        *(Finding("response", "DETECTOR_FAILED", "quarantine", name) for name in found.failed),
        *_in_keys(walk, found, hidden),
        *_in_texts(walk, found, hidden),
        *_too_long(walk, policy, hidden),
        *_in_blocks((content, artifact), walk, policy, detectors, hidden),
    ]
    return Inspection(_verdict(findings), tuple(findings))


def _verdict(findings: Iterable[Finding]) -> SafetyDecision:
    actions = {finding.action for finding in findings}
    for action, verdict in _VERDICTS:
        if action in actions:
            return verdict
    return "ALLOW"


@dataclass(slots=True)
class _Found:
    """Hits by where they belong, with what is done about each."""

    texts: list[tuple[int, Hit, Treatment]] = field(default_factory=list)
    keys: dict[str, list[tuple[Hit, Treatment]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def _wanted(policy: OutputPolicy) -> frozenset[str]:
    kinds = {kind for kind, action in policy.entities.items() if action != "allow"}
    kinds |= {"SECRET"} if policy.secrets != "allow" else set()
    kinds |= MODEL_KINDS if policy.injection != "allow" else set()
    return frozenset(kinds)


def _treatment(kind: str, policy: OutputPolicy) -> Treatment:
    if kind in MODEL_KINDS or kind == "DETECTOR_FAILED":
        return "quarantine"
    action = policy.secrets if kind == "SECRET" else policy.entities.get(kind, "quarantine")
    return "quarantine" if action == "allow" else action


def _detected(walk: Walk, policy: OutputPolicy, detectors: Sequence[Detector]) -> _Found:
    """Run every detector over all texts and keys at once, then over their other readings."""
    located = tuple(
        [Located(tuple(p.key for p in t.places), t.text, t.part) for t in walk.texts]
        + [Located(("response", key), key, "key") for key in walk.keys]
    )
    found = _Found()
    wanted = _wanted(policy)
    for kind in sorted(wanted.difference(*(detector.kinds for detector in detectors))):
        found.failed.append(f"no detector for {kind}")
    reread = _reread(located) if wanted else []
    for detector in detectors:
        if asked := wanted & detector.kinds:
            hits = _hits(detector, located, asked, found) if located else []
            for layer in reread:
                hits += _missed(hits, layer, _hits(detector, layer.texts, asked, found))
            for hit in hits:
                if hit.kind in asked and hit.score_0_1 >= policy.min_score:
                    _sort(hit, _treatment(hit.kind, policy), located, walk, found)
    for index, text in enumerate(located):
        for hit in _blocked(index, text.text, policy):
            _sort(hit, _term_action(policy), located, walk, found)
    return found


class _Layer(NamedTuple):
    """Texts read differently: plainly, or with the groups of their numbers unified."""

    owners: list[int]
    readings: list[PlainText]
    texts: tuple[Located, ...]


def _reread(located: tuple[Located, ...]) -> list[_Layer]:
    """Return what else the texts say, in one layer for each way to read them."""
    layers: list[list[tuple[int, PlainText]]] = [[], []]
    for index, text in enumerate(located):
        if text.part != "number":
            for layer, reading in readings(text.text):
                layers[layer].append((index, reading))
    return [
        _Layer(
            [index for index, _ in layer],
            [reading for _, reading in layer],
            tuple(located[index]._replace(text=reading.text) for index, reading in layer),
        )
        for layer in layers
        if layer
    ]


def _missed(known: list[Hit], layer: _Layer, hits: list[Hit]) -> list[Hit]:
    """Return hits at their places in the texts themselves, without those that are known."""
    spans: dict[tuple[int, str], list[Span]] = {}
    for hit in known:
        spans.setdefault((hit.text, hit.kind), []).append(hit.span)
    new: list[Hit] = []
    for hit in hits:
        index = layer.owners[hit.text]
        span = Span(*layer.readings[hit.text].origin(*hit.span))
        same = spans.get((index, hit.kind), [])
        if not any(one.start <= span.start and span.end <= one.end for one in same):
            new.append(hit._replace(text=index, span=span))
    return new


def _hits(
    detector: Detector, located: tuple[Located, ...], asked: frozenset[str], found: _Found
) -> list[Hit]:
    """Ask one detector; what it cannot do, or says of texts that are not there, is a failure."""
    try:
        hits = detector.detect(located, asked)
        if all(0 <= h.span.start < h.span.end <= len(located[h.text].text) for h in hits):
            return hits
        why = "a hit outside its text"
    except Exception as error:  # noqa: BLE001 - the result is held, whatever went wrong
        why = type(error).__name__  # never its message, which may quote the text
    found.failed.append(f"{type(detector).__name__}: {why}")
    return []


def _sort(
    hit: Hit, action: Treatment, located: tuple[Located, ...], walk: Walk, found: _Found
) -> None:
    """Put a hit where it belongs; one within JSON in a text is found among its members."""
    if hit.text >= len(walk.texts):
        found.keys.setdefault(located[hit.text].text, []).append((hit, action))
        return
    inner = walk.texts[hit.text].inner
    if not any(one.start <= hit.span.start and hit.span.end <= one.end for one in inner):
        found.texts.append((hit.text, hit, action))


def _whole(walk: Walk, hidden: frozenset[str], review_result: bool) -> Iterator[Finding]:
    """Yield what concerns whole members, whatever stands in them."""
    if review_result:
        yield Finding("response", "REVIEW_RESULT", "quarantine", "policy")
    for places in walk.refused:
        yield Finding(path_of(places, hidden), "DETECTOR_FAILED", "quarantine", "walk")
    for places in walk.internal:
        yield Finding(path_of(places, hidden), "INTERNAL_FIELD", "remove", "policy")


def _in_keys(walk: Walk, found: _Found, hidden: frozenset[str]) -> Iterator[Finding]:
    """Yield one finding per hit and member: a name cannot be replaced, so the member goes."""
    for key, hits in found.keys.items():
        for places in walk.keys[key]:
            for hit, action in hits:
                done = "remove" if action in ("redact", "mask") else action
                path = path_of(places, hidden)
                yield Finding(path, hit.kind, done, hit.detector, None, hit.score_0_1)


def _in_texts(walk: Walk, found: _Found, hidden: frozenset[str]) -> Iterator[Finding]:
    for index, hit, action in sorted(found.texts, key=lambda item: (item[0], item[1].span)):
        text = walk.texts[index]
        span = hit.span if text.part == "value" else None
        path = path_of(text.places, hidden)
        yield Finding(path, hit.kind, action, hit.detector, span, hit.score_0_1)


def _in_blocks(
    contents: tuple[object, object],
    walk: Walk,
    policy: OutputPolicy,
    detectors: Sequence[Detector],
    hidden: frozenset[str],
) -> Iterator[Finding]:
    """Hold what is shown and nobody can read, and text in bytes on a hit; take other bytes out."""
    shown = {root for root, content in zip(ROOTS, contents, strict=True) if blocks_in(content)}
    holders = list(_outermost(walk.holders, shown))
    texts = [decoded(holder.block) for holder, _ in holders]
    within = _within(texts, policy, detectors)
    for (holder, is_shown), text, inner in zip(holders, texts, within, strict=True):
        path = path_of(holder.places, hidden)
        for found in inner:
            yield Finding(path, found.kind, "quarantine", found.detector, None, found.score_0_1)
        if inner or (text is None and is_shown):
            yield Finding(path, "UNINSPECTABLE", "quarantine", "blocks")
        elif text is None:
            for places, span in holder.held:
                yield Finding(path_of(places, hidden), "UNREAD", "redact", "blocks", span)


def _outermost(
    holders: Iterable[Holder], shown: Collection[Place]
) -> Iterator[tuple[Holder, bool]]:
    """Yield what is shown, with all that is in it, as one; then whatever else holds bytes."""
    last: Places = ()
    for holder in holders:
        if last and holder.places[: len(last)] == last:
            continue
        is_shown = holder.places[0] in shown and unread(holder.block)
        last = holder.places if is_shown else ()
        if is_shown or holder.held:
            yield holder, is_shown


_FIRST: Final = re.compile(r"response\[(\d+)\]")


def _within(
    texts: list[object], policy: OutputPolicy, detectors: Sequence[Detector]
) -> list[list[Finding]]:
    """Return what is found in each of the texts, which are looked at together.

    What concerns all of them, such as a detector that fails, is found in each.
    """
    within: list[list[Finding]] = [[] for _ in texts]
    if all(text is None for text in texts):
        return within
    together = [[text] for text in texts]
    for found in inspect(together, None, policy._replace(max_length=None), detectors).findings:
        first = _FIRST.match(found.path)
        for inner in [within[int(first[1])]] if first else within:
            inner.append(found)
    return within


# --- length and terms ---------------------------------------------------------------------------


def _too_long(walk: Walk, policy: OutputPolicy, hidden: frozenset[str]) -> Iterator[Finding]:
    """Yield one finding for a result that is too long or, to redact, each text beyond the limit."""
    limit = policy.max_length
    if limit is None:
        return
    names = sum(len(name) * len(owners) for name, owners in walk.keys.items())
    sizes = [len(text.text) - sum(end - start for start, end in text.inner) for text in walk.texts]
    values = [(t, n) for t, n in zip(walk.texts, sizes, strict=True) if t.part == "value"]
    size_chars = sum(sizes) + names + walk.unwritten_chars
    allowed = limit.chars - size_chars + sum(size for _, size in values)
    if size_chars <= limit.chars:
        return
    if limit.action != "redact" or allowed < 0:  # names and numbers cannot be cut
        action = "withhold" if limit.action == "redact" else limit.action
        yield Finding("response", "MAX_LENGTH", action, "policy")
        return
    ends = accumulate(size for _, size in values)
    for (text, size), end in zip(values, ends, strict=True):
        if end > allowed and text.text:
            start = 0 if text.inner else max(0, size - (end - allowed))
            span = Span(start, len(text.text))
            yield Finding(path_of(text.places, hidden), "MAX_LENGTH", "redact", "policy", span)


def _term_action(policy: OutputPolicy) -> Treatment:
    return policy.blocked_terms.action if policy.blocked_terms else "withhold"


def _blocked(index: int, text: str, policy: OutputPolicy) -> Iterator[Hit]:
    """Find the blocked terms in one text, whatever their case, width and invisible characters."""
    if policy.blocked_terms is None:
        return
    for start, end in places_of(policy.blocked_terms.terms, text):
        yield Hit(index, "BLOCKED_TERM", Span(start, end), 1.0, "policy")
