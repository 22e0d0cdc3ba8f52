"""Take: the nine steps of one tool call, each a module, all pure.

propose ▶ assess ▶ decide ▶ review ▶ guard ▶ execute ▶ inspect ▶ release, and record beside them.
"""
