"""Stand in a LangGraph graph: the gate as a graph of its own and in place of `ToolNode`."""
