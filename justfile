# Everything a change must pass; `.ci/run` runs the same parts.
check: format-check lint types layers test

# The README's test command: laws, examples, documentation, house rules.
test *args:
    uv run pytest {{args}}

# Quick feedback: without the tests that start processes or play many calls.
quick *args:
    uv run pytest -m "not slow" {{args}}

lint:
    uv run ruff check

format-check:
    uv run ruff format --check

types:
    uv run basedpyright

layers:
    uv run lint-imports

# Write the code in one form and mend what can be mended.
format:
    uv run ruff format
    uv run ruff check --fix

# Write `docs/cli.md` from the program's own help.
docs:
    uv run pytest tests/docs/test_cli_help.py --write-docs -n0 -q

demo *args:
    uv run interlock demo {{args}}

# Take the committed figures again (minutes).
figures:
    uv run --extra bench python -m benchmarks.agentdojo
    uv run --extra bench python -m benchmarks.allow_path
    uv run python -m benchmarks.policy.scale
    uv run python -m benchmarks.policy
    uv run --extra bench python -m benchmarks.desk.waking --write
    uv run --extra bench python -m benchmarks.desk.votes --write
    uv run --extra bench python -m benchmarks.desk.flood --write
    uv run python -m benchmarks.week --write
    uv run python -m benchmarks.laws
    uv run python -m benchmarks.notebook
