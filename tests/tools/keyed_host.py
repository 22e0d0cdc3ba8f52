"""A host whose tool keeps its effects in a database: `keyed_host.py FOLDER ISOLATION`.

`INTERLOCK_CRASH_AT` kills it on its way; run again it delivers the same call again.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from isolated_tools import pay_once
from limit_rig import ask, outcome

from interlock import Gate, Policy

POLICY = """
version: v1
tools:
  pay_once: {{effect: idempotent, isolation: {isolation}, idempotency_argument: request_id}}
rules: [{{id: pays, match: {{tools: [pay_once]}}, decision: allow}}]
"""

if __name__ == "__main__":
    folder, isolation = Path(sys.argv[1]), sys.argv[2]
    rules = Policy.parse(POLICY.format(isolation=isolation))
    gate = Gate.open(rules, ledger=str(folder / "ledger.db"), state=folder, lease_s=1.0)
    given = {"database": str(folder / "shop.db"), "amount": 5}
    sys.stdout.write(outcome(ask(gate, pay_once, given)))
