"""Describe: the machine, the versions and the moment a figure was taken on."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "interlock", "langgraph", "langchain-core", "langchain", "langgraph-checkpoint-sqlite",
    "presidio-analyzer", "sqlalchemy", "pydantic", "agentdojo",
)  # fmt: skip


def conditions(command: str) -> dict[str, Any]:
    """Say under which conditions this run measures; names no person, host or path."""
    return {
        "taken": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": command,
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def markdown(conditions: dict[str, Any]) -> str:
    """Write the conditions as two lines under a table."""
    packages = ", ".join(f"{name} {found}" for name, found in conditions["packages"].items())
    return (
        f"`{conditions['command']}`, {conditions['taken']}, {conditions['machine']}, "
        f"Python {conditions['python']}, SQLite {conditions['sqlite']}.  \n{packages}.\n"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
