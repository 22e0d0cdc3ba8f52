"""Vouch: what permissions name, and nothing that is warned of."""

from interlock.policy.load import read_text
from interlock.policy.vouching import vouched_values


def test_only_permissions_vouch() -> None:
    """Values that permissions compare with or force, and hosts; none of denials and questions."""
    document = read_text(
        """
tools: {pay: {isolation: subprocess, facts: {to: args.to, n: args.n}}}
default_constraints: {args: {cc: office}}
rules:
  - {match: {to_is: ana, n_is: 5}, decision: allow, constraints: {network_allowlist: [api.org]}}
  - {match: {to_in: [bo, cy]}, decision: allow_with_constraints}
  - {match: {to_is: eve}, decision: deny}
  - {match: {to_in: [mallory]}, decision: require_approval, constraints: {args: {to: trudy}}}
autonomy_levels: {level_0: {rules: [{match: {to_is: dee}, decision: allow}]}}
""",
        "p",
    ).document

    assert vouched_values(document) == {"ana", "bo", "cy", "dee", "office", "api.org"}
