"""Retell: the state that entries tell of, heard in order.

Pure; `interlock.ledger.differences` holds the tables against it. What concerns no single call is
kept; calls are forgotten once they were compared, so that a long record takes no more memory.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from interlock.autonomy.career import CAREER_KINDS, SETS
from interlock.canon import encode
from interlock.clock import parse_stamp, stamp
from interlock.conduct.auditing import FINDING
from interlock.ledger.enrolments import PEOPLE_KINDS, Enrolments, misfits
from interlock.ledger.faults import Faults
from interlock.ledger.halting import StartedClaim, overruled
from interlock.ledger.recount import ApprovedClaim, History, PlacedEntry, misclaimed, miscounted
from interlock.path.record import GENESIS, NOT_POSED, Entry, State
from interlock.policy.decisions import ReviewTerms
from interlock.policy.evaluation.compiled import CompiledPolicy

LEDGER_CHAIN = "ledger"
"""Chain of the entries that concern no single call."""

ENDS = frozenset({"done", "failed", "in_doubt", "given_back"})
"""Kinds of entries that end one run of a tool."""

UNANSWERED = frozenset({"escalated", "regrouped", "expired", "withdrawn", "auto_approved"})
"""Kinds of entries that tell what became of a question without anybody's answer."""

SWITCHES = frozenset({"halted", "unhalted"})
"""Kinds of the ledger's own entries that switch something off, or on again."""

ACTS = frozenset({"snoozed", "quarantine_ended"})
"""Kinds of entries of calls that tell what people did besides answering."""


class Claimed(NamedTuple):
    """One claim of a call: since when, until when, and how it ended."""

    claimed_at: str
    ended_at: str | None = None
    outcome: str | None = None


@dataclass(slots=True)
class Told:
    """One call as its entries tell it."""

    hash: str = GENESIS
    count: int = 0
    state: State = "new"
    proposed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    decided: Mapping[str, Any] | None = None
    outcome: str | None = None
    commitments: dict[str, str] = field(default_factory=dict)
    """Salted digests of what stands only in the call's row."""
    request: str | None = None
    """The request that it waits for or rests on."""
    held: tuple[str, str] | None = None
    """Commitment to its held result, and since when it is held."""
    begun: str = ""
    probe: Mapping[str, Any] | None = None
    """What a probe is made of; None: it is a call."""
    came_to: str | None = None
    """What it came to."""
    runs: "dict[int, Claimed]" = field(default_factory=dict)
    """By the fence of each claim."""


class Regrouped(NamedTuple):
    """That other people are asked a question than were, as its entry tells."""

    entry: Entry
    before: Mapping[str, Any]
    """Terms as they were."""


class Archived(NamedTuple):
    """Leaves whose entries were exported and removed, as their entry tells."""

    entry: str
    """Id of the entry that says so."""
    before: str
    """No call that began at this time or later."""
    ranges: tuple[tuple[int, int], ...]
    """First and last leaf of each run."""
    said: Mapping[str, Any]
    """What was signed."""
    signature: str


class KeyChange(NamedTuple):
    """Another key signs from here on, as its entry tells."""

    said: Mapping[str, str]
    signatures: tuple[str, ...]
    """Of the old and the new key, in hex."""


@dataclass(slots=True)
class Story:
    """Everything the entries tell."""

    calls: dict[str, Told] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    votes: list[tuple[Any, ...]] = field(default_factory=list)
    levels: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    halts: dict[tuple[str, str, str], tuple[str, str, str]] = field(default_factory=dict)
    """What is switched off, by tenant, kind and name: by whom, when and why."""
    usage: dict[tuple[str, tuple[str, ...]], tuple[str, str, int]] = field(default_factory=dict)
    """What each call spent of each budget and rate: for whom, when, how much."""
    vetoes: dict[str, str] = field(default_factory=dict)
    """When the veto window of a call ends."""
    uses: dict[str, str] = field(default_factory=dict)
    """When the approval of a call is too old to be used."""
    escalations: dict[str, str] = field(default_factory=dict)
    """When the next level of a request is asked."""
    notices: dict[str, str] = field(default_factory=dict[str, str])
    """Until when somebody must acknowledge a call."""
    broken: set[str] = field(default_factory=set[str])
    """Calls for which somebody broke the glass; another must look, whatever becomes of them."""
    acknowledged: set[str] = field(default_factory=set[str])
    """Calls that somebody did acknowledge."""
    drawn: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """When a probe is made of a call, by its kind and the call."""
    unposed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Those of which none was made when it was time."""
    policies: set[str] = field(default_factory=set)
    """Digests of the policies that decided something."""
    schemas: dict[str, set[str]] = field(default_factory=dict)
    """Digest of each argument schema that a call was checked by, to the tools that had it."""
    erased: dict[str, str | None] = field(default_factory=dict)
    """Calls whose personal data were erased, with the digest of what is left of each."""
    archived: list[Archived] = field(default_factory=list)
    key_changes: list[KeyChange] = field(default_factory=list)
    enrolments: Enrolments | None = None
    """Who may answer; None where no entry tells of anybody."""
    history: list[PlacedEntry] = field(default_factory=list[PlacedEntry])
    """Entries about people, with their places in the record."""
    places: dict[str, int] = field(default_factory=dict[str, int])
    """Places of answers, and of what regrouped a question, by the ids of their entries."""
    answers: list[Entry] = field(default_factory=list[Entry])
    """What people said of calls, with what they showed of themselves."""
    regrouped: list[Regrouped] = field(default_factory=list[Regrouped])
    claims: list[ApprovedClaim] = field(default_factory=list[ApprovedClaim])
    """Claims that rest on questions."""
    careers: list[PlacedEntry] = field(default_factory=list[PlacedEntry])
    """Entries about levels."""
    findings: list[PlacedEntry] = field(default_factory=list[PlacedEntry])
    """What audits found."""
    started: list[StartedClaim] = field(default_factory=list[StartedClaim])
    """All claims."""
    switched: list[PlacedEntry] = field(default_factory=list[PlacedEntry])
    """Halts and their ends, with their places in the record."""
    acts: list[Entry] = field(default_factory=list[Entry])
    """What else people did with calls, who show the same."""
    faults: Faults = field(default_factory=Faults)

    def forget(self) -> None:
        """Forget the calls, and keep what concerns no single one."""
        for known in (self.calls, self.requests, self.votes, self.usage, self.vetoes, self.uses):
            known.clear()
        self.escalations.clear()
        self.notices.clear()
        self.broken.clear()
        self.answers.clear()
        self.acts.clear()
        self.regrouped.clear()
        self.claims.clear()
        self.started.clear()
        self.places.clear()

    def drop(self, ids: Collection[str]) -> None:
        """Forget some calls: what is heard of them is not all."""
        for call in ids:
            key = tuple(self.calls.pop(call).proposed.get("call_key", ()))
            self.usage = {name: spent for name, spent in self.usage.items() if name[1] != key}
            self.vetoes.pop(call, None)
            self.uses.pop(call, None)
            self.notices.pop(call, None)
            self.broken.discard(call)
        asked = {name for name, one in self.requests.items() if one["call_id"] in ids}
        for name in asked:
            del self.requests[name]
            self.escalations.pop(name, None)
        self.votes = [vote for vote in self.votes if vote[0] not in asked.union(ids)]
        self.answers = [entry for entry in self.answers if entry.chain not in ids]
        self.acts = [entry for entry in self.acts if entry.chain not in ids]
        self.regrouped = [one for one in self.regrouped if one.entry.chain not in ids]
        self.claims = [one for one in self.claims if one.placed.entry.chain not in ids]
        self.started = [one for one in self.started if one.placed.entry.chain not in ids]

    def misfits(self) -> Iterator[str]:
        """Name answers that are not by who they say; none where people's own entries are cut."""
        if self.faults.unsure:
            return
        answers = [*self.answers, *self.acts]
        yield from misfits(answers, self.requests, self.enrolments)
        placed = [PlacedEntry(self.places.get(entry.id, 0), entry) for entry in answers]
        yield from miscounted(placed, self.requests, History(self.history))

    def misclaimed(self, policy_of: Callable[[str], CompiledPolicy | None]) -> Iterator[str]:
        """Name claims on what was no approval then, or under a halt.

        None where the ledger's own entries are cut.
        """
        if not self.faults.unsure:
            known = cache(policy_of)
            yield from misclaimed(self.claims, History(self.history), known)
            yield from overruled(self.started, self.switched, known)

    def join(self, part: "Story") -> None:
        """Take in what one chain tells; `part` is not used any more."""
        self.votes += part.votes
        self.answers += part.answers
        self.places.update(part.places)
        self.history += part.history
        self.acts += part.acts
        self.regrouped += part.regrouped
        self.claims += part.claims
        self.started += part.started
        self.switched += part.switched
        self.enrolments = self.enrolments or part.enrolments
        self.policies |= part.policies
        self.archived += part.archived
        self.key_changes += part.key_changes
        for name, tools in part.schemas.items():
            self.schemas.setdefault(name, set()).update(tools)
        self.calls.update(part.calls)
        self.requests.update(part.requests)
        self.levels.update(part.levels)
        self.halts.update(part.halts)
        self.usage.update(part.usage)
        self.vetoes.update(part.vetoes)
        self.uses.update(part.uses)
        self.notices.update(part.notices)
        self.broken |= part.broken
        self.acknowledged |= part.acknowledged
        self.drawn.update(part.drawn)
        self.unposed |= part.unposed
        self.findings += part.findings
        self.careers += part.careers
        self.escalations.update(part.escalations)
        self.erased.update(part.erased)

    def hear(self, entry: Entry, place: int = 0) -> None:
        """Take in the next entry, and which of the whole record it is."""
        if entry.auth != "none" or entry.kind == "regrouped":
            self.places[entry.id] = place
        if entry.chain == LEDGER_CHAIN:
            self._keep(PlacedEntry(place, entry))
            self._note(entry)
        told = self.calls.get(entry.chain) or self.calls.setdefault(entry.chain, Told())
        told.hash, told.count, told.state = entry.hash, told.count + 1, entry.state
        body = entry.body
        if "commitments" in body:
            told.commitments.update(body["commitments"])
            body = {name: value for name, value in body.items() if name != "commitments"}
        if "held" in body:
            told.held = (body["held"], entry.at)
        told.begun = told.begun or entry.at
        told.came_to = body.get("came_to", told.came_to)
        if entry.kind in ACTS:
            self.acts.append(entry)
        self._hear_notice(entry, body if entry.kind == "decided" else body.get("decided", {}))
        self._step(told, entry, body)
        if entry.kind == "claimed" and told.decided is not None:
            self._hear_claim(told, PlacedEntry(place, entry), told.decided)

    def _keep(self, placed: PlacedEntry) -> None:
        """Keep what tells of people, switches, audits and levels, with its place in the record."""
        kinds = {
            PEOPLE_KINDS: self.history,
            SWITCHES: self.switched,
            frozenset({FINDING}): self.findings,
            CAREER_KINDS: self.careers,
        }
        for named, kept in kinds.items():
            if placed.entry.kind in named:
                kept.append(placed)

    def _note(self, entry: Entry) -> None:
        """Hear what concerns no single call's state."""
        body = entry.body
        match entry.kind:
            case kind if kind in SETS:
                where = (str(body.get("tenant")), str(body.get("agent")))
                self.levels[where] = (body["to"], entry.actor, body["reason"], entry.at)
            case "halted" | "unhalted":
                named = (str(body["tenant"]), str(body["kind"]), str(body["ref"]))
                self.halts.pop(named, None)
                if entry.kind == "halted":
                    self.halts[named] = (entry.actor, entry.at, str(body["reason"]))
            case "acknowledged":
                self.acknowledged.add(str(body["call_id"]))
            case "drawn" | "not_posed":
                self._hear_draw(entry)
            case "erased":
                self.erased[body["call_id"]] = body.get("left")
            case "archived":
                said = {name: value for name, value in body.items() if name != "signature"}
                ranges = tuple((first, last) for first, last in body["ranges"])
                told = Archived(entry.id, body["before"], ranges, said, body["signature"])
                self.archived.append(told)
            case "key_changed":
                said = {name: value for name, value in body.items() if name != "signatures"}
                self.key_changes.append(KeyChange(said, tuple(body["signatures"])))
            case _:
                pass
        self._hear_people(entry)

    def _hear_draw(self, entry: Entry) -> None:
        """Hear when a probe is made of a call, or that none was."""
        timer = str(entry.body["kind"]), str(entry.body["call_id"])
        if entry.kind == NOT_POSED:
            self.unposed.add(timer)
        else:
            self.drawn[timer] = str(entry.body["due_at"])

    def _hear_people(self, entry: Entry) -> None:
        """Hear of people, and whose word it is where somebody shows a credential."""
        if entry.kind not in PEOPLE_KINDS and entry.auth not in ("token", "signed"):
            return
        self.enrolments = self.enrolments or Enrolments()
        if entry.kind in PEOPLE_KINDS:
            self.enrolments.hear(entry)
        else:
            self.enrolments.witness(entry)

    def _step(self, told: Told, entry: Entry, body: Mapping[str, Any]) -> None:
        match entry.kind:
            case "proposed" | "posed":
                told.proposed, told.probe = body, body.get("probe")
                self._hear_probe(told, entry)
            case "decided":
                self._hear_decision(told, body)
            case "asked":
                told.decided = body.get("decided", told.decided)
                told.request = body["request_id"]
                self._hear_question(entry, body)
            case kind if kind in UNANSWERED and "request_id" in body:
                self._hear_time(entry, self.requests[body["request_id"]])
            case "voted" | "settled" | "vetoed" | "taken_back":
                self._hear_person(told, entry)
            case "held" if "veto_until" in body:
                self.vetoes[entry.chain] = body["veto_until"]
            case "claimed":
                told.decided = body.get("decided", told.decided)
                told.runs[body["fence"]] = Claimed(entry.at)
                for guardrail, by, _, amount in body.get("meters", ()):
                    key = (str(guardrail), tuple(told.proposed["call_key"]))
                    self.usage[key] = (str(by), entry.at, amount or 0)
            case kind if kind in ENDS:
                run = told.runs.get(body["fence"], Claimed(""))
                told.runs[body["fence"]] = run._replace(ended_at=entry.at, outcome=kind)
                told.outcome = told.outcome if kind == "given_back" else kind
            case _:
                pass

    def _hear_claim(self, told: Told, placed: PlacedEntry, decided: Mapping[str, Any]) -> None:
        """Hear that a call was claimed, maybe by a policy that decided it anew."""
        self.started.append(StartedClaim(placed, told.proposed, decided["policy"]))
        if (name := told.request) is None:
            return
        self.policies.add(decided["policy"])
        answers = tuple(each for each in self.answers if each.body.get("request_id") == name)
        doubted, asked = told.outcome == "in_doubt", dict(self.requests[name])
        self.claims.append(ApprovedClaim(placed, asked, answers, decided, doubted))

    def _hear_probe(self, told: Told, entry: Entry) -> None:
        """Hear a probe's decision and question, which its first entry tells with it."""
        if told.probe is not None:
            self._hear_decision(told, entry.body["decided"])
            self._hear_question(entry, entry.body["asked"])

    def _hear_question(self, entry: Entry, body: Mapping[str, Any]) -> None:
        asked = {name: value for name, value in body.items() if name != "decided"}
        mine = {"call_id": entry.chain, "state": "open", "level": 0}
        self.requests[body["request_id"]] = {**asked, **mine}
        self._hear_level(body["request_id"], body["created_at"])

    def _hear_time(self, entry: Entry, asked: dict[str, Any]) -> None:
        """Hear what became of a question with nobody's answer."""
        if entry.kind == "escalated":
            asked["level"] = entry.body["level"]
            asked["expires_at"] = entry.body.get("expires_at", asked["expires_at"])
            self._hear_level(entry.body["request_id"], entry.at)
            return
        if entry.kind == "regrouped":
            self.regrouped.append(Regrouped(entry, asked["terms"]))
            self.policies.add(entry.body["policy"])
            asked["terms"] = entry.body["terms"]
            return
        asked["state"] = entry.state
        if entry.kind == "auto_approved":
            self._hear_approval(entry.chain, asked, asked["expires_at"])

    def _hear_level(self, name: str, since: str) -> None:
        """Hear since when the last level is asked: the next is due as long after."""
        if has_level_left(asked := self.requests[name]):
            self.escalations[name] = _later(since, asked["terms"]["escalate_after_s"])

    def _hear_approval(self, call: str, asked: Mapping[str, Any] | None, at: str) -> None:
        """Hear until when an approval may be used."""
        ttl_s = asked["terms"]["execution_ttl_s"] if asked else ReviewTerms().execution_ttl_s
        self.uses[call] = _later(at, ttl_s)

    def _hear_notice(self, entry: Entry, decided: Mapping[str, Any]) -> None:
        """Hear until when somebody must acknowledge a call, from the first decision that says."""
        if "acknowledge_within_s" in decided and entry.chain not in self.notices:
            self.notices[entry.chain] = _later(entry.at, decided["acknowledge_within_s"])

    def _hear_decision(self, told: Told, body: Mapping[str, Any]) -> None:
        told.decided = body
        self.policies.add(body["policy"])
        if schema := told.proposed.get("tool_schema"):
            self.schemas.setdefault(schema, set()).add(told.proposed["tool"])

    def _hear_person(self, told: Told, entry: Entry) -> None:
        """Hear an answer to a request, or the end of a doubt; to run again is an approval."""
        self.answers.append(entry)
        if entry.kind in ("vetoed", "taken_back"):
            return
        if entry.kind == "settled" and "answer" not in entry.body:
            told.outcome = told.outcome if entry.state == "compensated" else entry.state
            return
        body = entry.body
        said = tuple(body[name] for name in ("request_id", "digest", "answer", "reason"))
        proof = encode(body["proof"]).decode() if "proof" in body else None
        shown = (entry.actor, entry.auth, entry.at, proof, body.get("on_screen_ms"))
        self.votes.append((*said, *shown))
        asked = self.requests.get(body["request_id"])
        if entry.kind == "voted" and entry.state != "pending":  # then it is still open
            self.requests[body["request_id"]]["state"] = entry.state
        if "review_until" in body:
            self.broken.add(entry.chain)
            self.notices[entry.chain] = body["review_until"]
        if entry.state in ("approved", "retried"):
            self._hear_approval(entry.chain, asked, entry.at)


def has_level_left(asked: Mapping[str, Any]) -> bool:
    """Whether time asks another level of a request."""
    terms = asked["terms"]
    return "escalate_after_s" in terms and asked["level"] < len(terms.get("levels", ()))


def _later(at: str, seconds: float) -> str:
    return stamp(parse_stamp(at) + timedelta(seconds=seconds))
