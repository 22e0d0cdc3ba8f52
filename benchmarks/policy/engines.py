"""Adapt: the logical policy in each engine's own words, in the way its manual suggests.

What can be prepared once is prepared before anything is timed. Each adapter imports its engine
only when it is built, for engines live in environments of their own.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.policy.problem import LEAST, Decide, Problem, Request


class Engine(NamedTuple):
    """One contender."""

    name: str
    requires: tuple[str, ...]
    """What to install; empty for what lies here."""
    build: Callable[[Problem], Decide]
    note: str
    """What to keep in mind beside its figure."""
    globs: bool = True
    """Whether its rules can name tools by a pattern."""
    whole: bool = True
    """Whether it can say the whole rule; else only part of the answers can agree."""


def interlock_decision(problem: Problem) -> Decide:
    """Time the decision alone; the call is assessed beforehand."""
    from interlock.path.assessment import Assessment, assess
    from interlock.path.decision import decide
    from interlock.path.proposal import Agent, CallKey, Context, propose
    from interlock.policy.load import parse

    policy = parse(_interlock_text(problem))
    key, context = CallKey("", "benchmark", "", "", "", ""), Context(Agent("bot"))
    known: dict[tuple[Any, ...], Assessment] = {}
    for request in problem.requests():
        proposal = propose(key, request["tool"], {"amount": request["amount"]}, context)
        known[tuple(request.values())] = assess(policy, proposal, {}, 0, request["env"])
    return lambda request: decide(policy, known[tuple(request.values())]).kind


def interlock_whole(problem: Problem) -> Decide:
    """Ask as a host would: arguments fixed to the byte and digested, assessed, decided."""
    from interlock import Policy

    policy = Policy.parse(_interlock_text(problem))

    def ask(request: Request) -> str:
        call = {"name": request["tool"], "args": {"amount": request["amount"]}, "agent": "bot"}
        return policy.decide(call, environment=request["env"]).kind

    return ask


def _interlock_text(problem: Problem) -> str:
    match = {"environments": ["prod"], "amount_above": LEAST}
    services = range(problem.rules)
    return json.dumps(
        {
            "default": "deny",
            "tools": {problem.pattern(at): {"facts": {"amount": "args.amount"}} for at in services},
            "rules": [
                {"match": {"tools": [problem.pattern(at)], **match}, "decision": each}
                for at in services
                for each in [problem.decision(at)]
            ],
        },
        indent=1,
    )


def by_hand(problem: Problem) -> Decide:
    """Loop over compiled patterns: first match, no explanation."""
    import fnmatch
    import re

    rules = [
        (re.compile(fnmatch.translate(problem.pattern(at))).match, problem.decision(at))
        for at in range(problem.rules)
    ]

    def ask(request: Request) -> str:
        tool, env, amount = request["tool"], request["env"], request["amount"]
        for match, decision in rules:
            if match(tool) and env == "prod" and amount > LEAST:
                return decision
        return "deny"

    return ask


def cedar(problem: Problem) -> Decide:
    """Cedar: all parsed once; a question is a permission, told by the policy that gives it."""
    import cedarpy

    texts: list[str] = []
    for at in range(problem.rules):
        effect = "forbid" if problem.decision(at) == "deny" else "permit"
        named = f'resource == Tool::"{problem.pattern(at)}"' if not problem.globs else "resource"
        like = f'context.tool like "{problem.pattern(at)}" && ' if problem.globs else ""
        limits = f'context.env == "prod" && context.amount > {LEAST}'
        head = f'(principal, action == Action::"call", {named})'
        texts.append(f"{effect}{head} when {{ {like}{limits} }};")
    policies: Any = cedarpy.PolicySet.from_str("\n".join(texts))
    entities = cedarpy.Entities.from_json_str("[]")

    def ask(request: Request) -> str:
        question = {
            "principal": 'Agent::"bot"',
            "action": 'Action::"call"',
            "resource": f'Tool::"{request["tool"]}"',
            "context": dict(request),
        }
        answer = cedarpy.is_authorized(question, policies, entities)
        if not answer.allowed:
            return "deny"
        return problem.decision(int(answer.diagnostics.reasons[0].removeprefix("policy")))

    return ask


def regorus(problem: Problem) -> Decide:
    """Rego in Rust."""
    import hobofan_regorus

    engine = hobofan_regorus.Engine()
    engine.add_policy("p.rego", _rego(problem))

    def ask(request: Request) -> str:
        engine.set_input_json(json.dumps(request))
        return engine.eval_rule("data.p.decision")

    return ask


def opa_eval(problem: Problem) -> Decide:
    """Rego in Rust, by another door."""
    import opa_eval as door

    file = Path(tempfile.mkdtemp()) / "p.rego"
    file.write_text(_rego(problem), encoding="utf-8")
    evaluator = door.OpaEval(str(file), query="data.p.decision")
    return lambda request: evaluator.evaluate_parsed(json.dumps(request))


def _rego(problem: Problem) -> str:
    lines = ["package p", "import rego.v1", 'default decision := "deny"']
    for at in range(problem.rules):
        prefix = problem.pattern(at).removesuffix("*")
        named = f'startswith(input.tool, "{prefix}")' if problem.globs else _same(prefix)
        limits = f'input.env == "prod"; input.amount > {LEAST}'
        lines.append(f'said contains "{problem.decision(at)}" if {{ {named}; {limits} }}')
    return "\n".join(
        [
            *lines,
            'decision := "require_approval" if { not "deny" in said; "require_approval" in said }',
            'decision := "allow" if { said == {"allow"} }',
        ]
    )


def _same(tool: str) -> str:
    return f'input.tool == "{tool}"'


def casbin(problem: Problem) -> Decide:
    """Casbin: two effects only, so the decision is read from the rule that it explains with."""
    import logging

    import casbin as door

    logging.disable(logging.CRITICAL)
    match = "keyMatch(r.tool, p.tool)" if problem.globs else "r.tool == p.tool"
    model = (
        "[request_definition]\nr = tool, env, amount\n"
        "[policy_definition]\np = tool, env, least, eft, says\n"
        "[policy_effect]\ne = priority(p.eft) || deny\n"
        f"[matchers]\nm = {match} && r.env == p.env && r.amount > int(p.least)\n"
    )
    rows = "".join(
        f"p, {problem.pattern(at)}, prod, {LEAST}, {effect}, {problem.decision(at)}\n"
        for at in range(problem.rules)
        for effect in ["deny" if problem.decision(at) == "deny" else "allow"]
    )
    folder = Path(tempfile.mkdtemp())
    (folder / "model.conf").write_text(model, encoding="utf-8")
    (folder / "policy.csv").write_text(rows, encoding="utf-8")
    enforcer = door.Enforcer(str(folder / "model.conf"), str(folder / "policy.csv"))
    enforcer.add_function("int", int)

    def ask(request: Request) -> str:
        _, why = enforcer.enforce_ex(request["tool"], request["env"], request["amount"])
        return why[4] if why else "deny"

    return ask


def cel(problem: Problem) -> Decide:
    """CEL: an expression a rule, asked in turn until one holds."""
    from cel_expr_python import cel as door

    types = {"tool": door.Type.STRING, "env": door.Type.STRING, "amount": door.Type.INT}
    env = door.NewEnv(variables=types)
    rules: list[tuple[Any, str]] = []
    for at in range(problem.rules):
        prefix = problem.pattern(at).removesuffix("*")
        named = f'tool.startsWith("{prefix}")' if problem.globs else f'tool == "{prefix}"'
        text = f'{named} && env == "prod" && amount > {LEAST}'
        rules.append((env.compile(text), problem.decision(at)))

    def ask(request: Request) -> str:
        prepared = env.Activation(dict(request))
        for expression, decision in rules:
            if expression.eval(prepared).plain_value():
                return decision
        return "deny"

    return ask


def agt_mesh(problem: Problem) -> Decide:
    """Agent Governance Toolkit, the engine behind `govern()`; its conditions know no patterns."""
    from agentmesh.governance.policy import PolicyEngine

    rules = [
        {
            "name": f"r{at}",
            "condition": f"tool.name == '{problem.pattern(at)}' and env == 'prod' "
            f"and amount > {LEAST}",
            "action": problem.decision(at),
        }
        for at in range(problem.rules)
    ]
    document = {
        "apiVersion": "governance.toolkit/v1",
        "name": "p",
        "agents": ["*"],
        "default_action": "deny",
        "rules": rules,
    }
    engine = PolicyEngine(conflict_strategy="deny_overrides")
    engine.load_yaml(json.dumps(document))

    def ask(request: Request) -> str:
        facts = {
            "tool": {"name": request["tool"]},
            "env": request["env"],
            "amount": request["amount"],
        }
        return engine.evaluate("did:mesh:bot", facts).action

    return ask


def agt_os(problem: Problem) -> Decide:
    """Agent Governance Toolkit, the engine of its published figure: one comparison a rule."""
    from agent_os.policies.evaluator import PolicyEvaluator
    from agent_os.policies.schema import PolicyCondition, PolicyDocument, PolicyRule

    def rule(at: int) -> Any:  # noqa: ANN401 - the engine's own
        named = PolicyCondition(field="tool_name", operator="eq", value=problem.pattern(at))
        action = "allow" if problem.decision(at) == "allow" else "deny"
        return PolicyRule(name=f"r{at}", condition=named, action=action, priority=0)

    document = PolicyDocument(name="p", rules=[rule(at) for at in range(problem.rules)])
    evaluator = PolicyEvaluator(policies=[document])

    def ask(request: Request) -> str:
        facts = {"tool_name": request["tool"], "env": request["env"], "amount": request["amount"]}
        return evaluator.evaluate(facts).action

    return ask


def tollgate(problem: Problem) -> Decide:
    """Tollgate: first match, exact names, the rest in metadata."""
    from tollgate import AgentContext, Effect, Intent, ToolRequest, YamlPolicyEvaluator

    words = {"deny": "DENY", "require_approval": "ASK", "allow": "ALLOW"}
    meanings = {word: decision for decision, word in words.items()}
    rules = [
        {
            "id": f"r{at}",
            "tool": problem.pattern(at),
            "decision": words[problem.decision(at)],
            "when": {"env": "prod", "amount": {">": LEAST}},
        }
        for at in range(problem.rules)
    ]
    file = Path(tempfile.mkdtemp()) / "policy.yaml"
    file.write_text(json.dumps({"version": "1", "rules": rules}), encoding="utf-8")
    evaluator = YamlPolicyEvaluator(str(file))
    agent = AgentContext(agent_id="bot", version="1", owner="team")
    intent = Intent(action="write", reason="asked")

    def ask(request: Request) -> str:
        asked = ToolRequest(
            tool=request["tool"],
            action="write",
            resource_type="thing",
            effect=Effect.WRITE,
            params={},
            manifest_version="1",
            metadata={"env": request["env"], "amount": request["amount"]},
        )
        return meanings[evaluator.evaluate(agent, intent, asked).decision.value]

    return ask


def secure_agents(problem: Problem) -> Decide:
    """langgraph-secure-agents: exact actions, conditions over the context."""
    import langgraph_secure_agents as door

    words = {
        "deny": door.Effect.DENY,
        "require_approval": door.Effect.REQUIRE_APPROVAL,
        "allow": door.Effect.ALLOW,
    }
    operator = door.ConditionOperator
    limits = (
        door.AttributeCondition(attribute="context.env", operator=operator.EQ, value="prod"),
        door.AttributeCondition(attribute="context.amount", operator=operator.GT, value=LEAST),
    )
    everyone = frozenset({"*"})
    engine = door.PolicyEngine(
        [
            door.PolicyRule(
                rule_id=f"r{at}",
                effect=words[problem.decision(at)],
                actions=frozenset({problem.pattern(at)}),
                resources=everyone,
                principal_ids=everyone,
                conditions=limits,
            )
            for at in range(problem.rules)
        ]
    )
    principal = door.Principal("bot", roles=frozenset({"agent"}))

    def ask(request: Request) -> str:
        context = {"env": request["env"], "amount": request["amount"]}
        asked = door.AccessRequest(
            principal=principal, action=request["tool"], resource="thing", context=context
        )
        said = engine.evaluate(asked)
        if said.requires_approval:
            return "require_approval"
        return "allow" if said.allowed else "deny"

    return ask


def agentbarrier(problem: Problem) -> Decide:
    """AgentBarrier's runtime policy: first match, a glob and comparisons of arguments."""
    from agentbarrier.runtime.policy import RuntimePolicy

    limits = [
        {"path": "env", "operator": "eq", "value": "prod"},
        {"path": "amount", "operator": "gt", "value": LEAST},
    ]
    rules = [
        {
            "name": f"r{at}",
            "tool": problem.pattern(at),
            "effect": problem.decision(at),
            "conditions": limits,
        }
        for at in range(problem.rules)
    ]
    policy = RuntimePolicy.from_mapping({"version": "1", "default": "deny", "rules": rules})

    def ask(request: Request) -> str:
        facts = {"env": request["env"], "amount": request["amount"]}
        return policy.evaluate(request["tool"], facts).effect.value

    return ask


_AGT: Final = ("agent-governance-toolkit-core>=5.0,<6",)
_BINDING: Final = (
    "native code; each call crosses a language border with its input as text or copies"
)
_EXACT: Final = "exact tool names only"

ENGINES: Final[tuple[Engine, ...]] = (
    Engine(
        "interlock, decision",
        (),
        interlock_decision,
        "all rules weighed, determining rules named; the call assessed beforehand",
    ),
    Engine(
        "interlock, whole call",
        (),
        interlock_whole,
        "does more: arguments made canonical and digested, facts computed, then decided",
    ),
    Engine(
        "loop by hand",
        (),
        by_hand,
        "does less: first match of compiled patterns, names no rule, missing values unknown to it",
    ),
    Engine("Cedar (cedarpy)", ("cedarpy>=4.12,<5",), cedar, _BINDING),
    Engine("Rego (regorus)", ("hobofan-regorus>=0.2.5,<0.3",), regorus, _BINDING),
    Engine("Rego (opa-eval)", ("opa-eval>=0.1.1,<0.2",), opa_eval, _BINDING),
    Engine(
        "CEL (cel-expr-python)",
        ("cel-expr-python>=0.1.3,<0.2", "protobuf>=5,<8"),
        cel,
        "an expression language, no policy engine: first match in a loop; a border a rule",
    ),
    Engine("Casbin (pycasbin)", ("pycasbin>=2.8,<3",), casbin, "two effects; first match"),
    Engine(
        "AGT agentmesh PolicyEngine",
        _AGT,
        agt_mesh,
        f"{_EXACT}; reads each rule's text again for every call",
        globs=False,
    ),
    Engine(
        "AGT agent_os PolicyEvaluator",
        _AGT,
        agt_os,
        "does less: one comparison a rule, so neither environment nor amount; two effects",
        globs=False,
        whole=False,
    ),
    Engine("tollgate", ("tollgate>=1.4,<2",), tollgate, f"first match; {_EXACT}", globs=False),
    Engine(
        "langgraph-secure-agents",
        ("langgraph-secure-agents>=0.8,<0.9",),
        secure_agents,
        f"all rules weighed; {_EXACT}",
        globs=False,
    ),
    Engine("agentbarrier", ("agentbarrier>=1.1,<2",), agentbarrier, "first match"),
)
