"""A host of an isolated tool, to be killed: `isolated_host.py FOLDER NATIVE`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from isolated_tools import write_by_and_by, write_natively
from limit_rig import ask, policy

from interlock import Gate, Policy

if __name__ == "__main__":
    folder, native = Path(sys.argv[1]), sys.argv[2] == "1"
    rules = Policy.parse(policy(isolation="subprocess"))
    gate = Gate.open(rules, ledger=str(folder / "ledger.db"), state=folder, lease_s=1.0)
    ask(gate, write_natively if native else write_by_and_by, {"path": str(folder / "effects")})
