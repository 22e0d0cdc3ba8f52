"""Stand in: the gate in LangGraph, as a graph of its own and in place of `ToolNode`."""
