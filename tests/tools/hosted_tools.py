"""Tools as LangChain's users make them, for worker processes and for what cannot be one."""

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.prebuilt import ToolRuntime
from pydantic import BaseModel


class Model(BaseModel):
    """A model of the application."""

    x: int


@tool(response_format="content_and_artifact")
def pair(x: int) -> tuple[str, Model]:
    """Return two things."""
    return f"got {x}", Model(x=x)


@tool
def with_runtime(x: int, runtime: ToolRuntime) -> str:
    """Take the run's state."""
    return str(x)


@tool
def with_config(x: int, config: RunnableConfig) -> str:
    """Take the run's configuration."""
    return str(x)


@tool
def many_rows(count: int) -> list[str]:
    """Return many rows."""
    return ["zebra"] * count


@tool(response_format="content_and_artifact")
def many_in_artifact(count: int) -> tuple[str, dict[str, list[str]]]:
    """Return many rows beside the content."""
    return "ok", {"r": ["zebra"] * count}
