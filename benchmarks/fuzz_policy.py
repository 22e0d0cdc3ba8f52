"""Fuzz the policy loader and what it loads: `python -m benchmarks.fuzz_policy --minutes 10`.

Byte-level mutations of real policies: bits, bytes, blocks, words of the language, pieces of other
files. A text loads or is refused with one `PolicyError`, whatever it is; what loads decides every
call within its time, never raises, and never more loosely when a value is taken away. The first
failure of each kind is kept as a file and shown; the exit code says whether there was one.
"""

import argparse
import gc
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if not __package__:
    sys.path[0] = str(ROOT)

from interlock import Policy, PolicyError  # noqa: E402 - after the path is right
from interlock.app.policy import PolicyAnswer  # noqa: E402 - as above
from interlock.detect import ENTITIES, warm  # noqa: E402
from interlock.policy.decisions import STRICTNESS  # noqa: E402

LOAD_S: Final = 4.0
"""Longest a load may take: the bar of the largest policy."""
DECIDE_S: Final = 0.05
"""Longest one decision may take: of its thread's time, and by the clock when it is made alone."""
REPEATS: Final = 20
"""How often a decision that was late by the clock is made again, as a busy machine may be why."""
_WORDS: Final = (
    b"- ", b": ", b"{", b"}", b"[", b"]", b"*", b"**", b"&a ", b"*a", b"!!str ", b"<<: ", b"? ",
    b"|", b">", b"'", b'"', b"#", b"---", b"...", b"%YAML", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"\r\n", b"\t", b"~", b"null", b"true", b"no", b"012", b"1:30", b".nan", b".inf", b"1e999",
    b"99999999999999999999", b"-1", b"match", b"rules", b"unless", b"when", b"require", b"args",
    b"deny", b"allow", b"notify", b"require_approval", b"allow_with_constraints", b"constraints",
    b"guardrails", b"boundaries", b"decision_matrix", b"risk", b"budget", b"rate", b"groups",
    b"args.amount > 1", b"args.x.all(y, y.exists(z, z == y))", b"(a+)+$", b"a{1000}{1000}",
    b"size(args) > 0", b"has(args.x)", b"[[[[[[[[", b"{{{{{{{{", b"\xe2\x80\xae", b"\xed\xa0\x80",
)  # fmt: skip
"""What a mutation writes: marks of YAML and words of the language."""
_SIGNALS: Final = {"confidence": 0.4, "anomaly_score": 0.9, "risk_score": 0.5, "retry_count": 3}


class Failure(Exception):
    """The law that broke, in words."""


def main(arguments: list[str] | None = None) -> int:
    """Fuzz for the given time; 1 when a law broke."""
    options = _options(arguments)
    dice = random.Random(options.seed)  # noqa: S311 - a fuzzer, not a key
    corpus = list(_corpus())
    warm(ENTITIES)  # what the first inspection loads is not a decision's time
    seen: Counter[str] = Counter()
    broken: dict[str, Path] = {}
    until = time.monotonic() + options.minutes * 60
    while time.monotonic() < until and seen["texts"] < options.texts:
        text = _mutated(dice, corpus)
        try:
            _try(text, dice, seen)
        except Failure as failure:
            kind = str(failure).split(":")[0]
            if kind not in broken:
                broken[kind] = _keep(options.keep, kind, text)
                print(f"broken: {failure}\n  {broken[kind]}", file=sys.stderr)
    print(json.dumps({**seen, "seed": options.seed, "broken": sorted(broken)}))
    return 1 if broken else 0


def _try(text: bytes, dice: random.Random, seen: Counter[str]) -> None:
    seen["texts"] += 1
    began = time.thread_time()
    try:
        policy = Policy.parse(text.decode("utf-8", "surrogateescape"), "fuzz.yaml")
    except PolicyError as error:
        seen["refused"] += 1
        if not str(error).startswith("fuzz.yaml:") or "\n" in str(error):
            raise Failure(f"error without a place: {error!r}") from None
        return
    except BaseException as error:
        raise Failure(f"load raised {type(error).__name__}: {error}") from error
    finally:
        if (took := time.thread_time() - began) > LOAD_S:
            raise Failure(f"slow load: {took:.2f} s")
    seen["loaded"] += 1
    for call in _calls(policy, dice):
        _decide(policy, call, dice, seen)


def _decide(policy: Policy, call: dict[str, Any], dice: random.Random, seen: Counter[str]) -> None:
    def decide() -> PolicyAnswer:
        return policy.decide(call, _SIGNALS, 1, {"principal": "ana"}, "prod")

    try:
        whole, worked, took = timed(decide)
        gone = dice.choice(sorted(_SIGNALS))
        less = {name: value for name, value in _SIGNALS.items() if name != gone}
        fewer = policy.decide(call, less, 1, {"principal": "ana"}, "prod")
        policy.explain(call, _SIGNALS, 1, {"principal": "ana"}, "prod")
    except BaseException as error:
        raise Failure(f"decide raised {type(error).__name__}: {error} on {call!r}") from error
    seen["decisions"] += 2
    if max(worked, took) > DECIDE_S:
        said = f"{worked * 1000:.0f} ms of work, {took * 1000:.0f} ms by the clock"
        raise Failure(f"slow decision: {said}, on {str(call)[:200]}")
    if _ignored(policy, gone) or whole.kind in ("allow_with_constraints", "notify"):
        return
    if STRICTNESS[fewer.kind] < STRICTNESS[whole.kind] and fewer.kind != whole.kind:
        raise Failure(f"looser without {gone}: {whole.kind} became {fewer.kind} on {call!r}")


def timed(decide: Callable[[], PolicyAnswer]) -> tuple[PolicyAnswer, float, float]:
    """Decide; with the seconds that its thread worked, and the seconds it took by the clock.

    No other process lengthens the first. The second, when late, is the shortest of some repeats,
    which a decision that waits for something cannot pass. A walk over all that the process holds,
    for garbage, is no decision's time.
    """
    gc.disable()
    try:
        began, worked = time.monotonic(), time.thread_time()
        decision = decide()
        worked, took = time.thread_time() - worked, time.monotonic() - began
    finally:
        gc.enable()
    for _ in range(REPEATS if took > DECIDE_S else 0):
        began = time.monotonic()
        decide()
        took = min(took, time.monotonic() - began)
    return decision, worked, took


def _ignored(policy: Policy, signal: str) -> bool:
    signals = policy.compiled.document.signals
    if signal == "confidence":
        return signals.confidence.missing == "ignore"
    return signal == "anomaly_score" and signals.anomaly.cold_start == "ignore"


def _calls(policy: Policy, dice: random.Random) -> Iterator[dict[str, Any]]:
    """Make some calls: tools of the catalogue and strangers, arguments of all shapes."""
    names = [*policy.compiled.document.tools, "nobody.knows", "", "a.b.c.d.e.f"]
    shapes: tuple[Any, ...] = (
        {}, {"amount": 50}, {"amount": -1}, {"amount": "x"}, {"amount": 2**80}, {"amount": None},
        {"amount": 1e300, "region": "us-east", "x": [[1, 2], {"y": 3}]},
        {"x": ["a" * 50] * 2000, "path": "../" * 500}, {"x": "a" * 100_000},
    )  # fmt: skip
    for _ in range(4):
        name = dice.choice(names).replace("*", "z") or "z"
        yield {"name": name, "args": dice.choice(shapes), "agent": dice.choice(["bot", ""])}


def _mutated(dice: random.Random, corpus: list[bytes]) -> bytes:
    text = bytearray(dice.choice(corpus))
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at = dice.randrange(len(text) + 1)
        match dice.randrange(6):
            case 0 if at < len(text):
                text[at] ^= 1 << dice.randrange(8)
            case 1:
                text[at:at] = dice.choice(_WORDS)
            case 2:
                del text[at : at + dice.choice((1, 4, 30, 300))]
            case 3:
                other = dice.choice(corpus)
                start = dice.randrange(len(other) + 1)
                text[at:at] = other[start : start + dice.choice((10, 100, 1000))]
            case 4:
                text[at:at] = text[at : at + 50] * dice.choice((2, 20, 200))
            case _:
                word = dice.choice(_WORDS)
                text[at : at + len(word)] = word
    return bytes(text)


def _corpus() -> Iterator[bytes]:
    for path in sorted((ROOT / "policies").rglob("*.yaml")):
        if path.name != "cases.yaml":
            yield path.read_bytes()


def _keep(folder: Path, kind: str, text: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{'-'.join(kind.split())}.yaml"
    path.write_bytes(text)
    return path


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.fuzz_policy", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument("--texts", type=float, default=float("inf"), help="at most so many texts")
    parser.add_argument("--seed", type=int, default=0, help="where the dice start (0)")
    parser.add_argument("--keep", type=Path, default=Path("fuzz"), help="folder for what broke")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
