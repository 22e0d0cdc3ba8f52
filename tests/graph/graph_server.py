"""A server of one graph that speaks as much of the LangGraph Server's HTTP as a resume needs.

Its answers have the form of those of `langgraph-api` 0.16.7, recorded from `langgraph dev`.
"""

import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from langchain_core.messages import BaseMessage
from langgraph.types import Command, Interrupt

_PATH: Final = re.compile(r"/threads/([^/]+)/(state/checkpoint|state|history|runs/stream)")


@contextmanager
def serving(graph: Any) -> Generator[tuple[str, list[dict[str, Any]]]]:
    """Serve a graph on the loopback; yields its URL and the runs that were asked for."""
    runs: list[dict[str, Any]] = []
    handler = type("Handler", (_Handler,), {"graph": graph, "runs": runs})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", runs
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    graph: Any
    runs: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Answer."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        found = _PATH.fullmatch(self.path)
        assert found, self.path
        config: Any = {"configurable": {"thread_id": found[1]}}
        if self.graph.get_state(config).created_at is None:
            self._say(404, json.dumps({"detail": f"Thread with ID {found[1]} not found"}))
            return
        answer = {
            "state/checkpoint": self._state,
            "state": self._update,
            "history": self._history,
            "runs/stream": self._run,
        }[found[2]]
        self._say(200, *answer(config, body))

    def _state(self, config: Any, body: dict[str, Any]) -> tuple[str]:
        return (json.dumps(_snapshot(self.graph.get_state(config, subgraphs=body["subgraphs"]))),)

    def _history(self, config: Any, body: dict[str, Any]) -> tuple[str]:
        found = self.graph.get_state_history(config, limit=body["limit"])
        return (json.dumps([_snapshot(each) for each in found]),)

    def _update(self, config: Any, body: dict[str, Any]) -> tuple[str]:
        told = self.graph.update_state(config, body["values"], as_node=body.get("as_node"))
        return (json.dumps({"checkpoint": told["configurable"]}),)

    def _run(self, config: Any, body: dict[str, Any]) -> tuple[str, str]:
        self.runs.append(body)
        said = config["configurable"] | body["config"].get("configurable", {})
        result = self.graph.invoke(
            Command(resume=body["command"]["resume"]), {"configurable": said}
        )
        lines = [("metadata", {"run_id": "r1", "attempt": 1}), ("values", _plain(result))]
        text = "".join(f"event: {name}\ndata: {json.dumps(told)}\n\n" for name, told in lines)
        return text, "text/event-stream; charset=utf-8"

    def _say(self, code: int, text: str, kind: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def _snapshot(state: Any) -> dict[str, Any]:
    conf = state.config["configurable"]
    names = ("thread_id", "checkpoint_ns", "checkpoint_id")
    tasks = [
        {
            "id": task.id,
            "name": task.name,
            "error": str(task.error) if task.error else None,
            "interrupts": _plain(task.interrupts),
            "checkpoint": None,
            "state": None,
            "result": None,
        }
        for task in state.tasks
    ]
    return {
        "values": _plain(state.values),
        "next": list(state.next),
        "tasks": tasks,
        "metadata": dict(state.metadata or {}),
        "created_at": state.created_at,
        "checkpoint": {name: conf.get(name, "") for name in names},
        "parent_checkpoint": None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, BaseMessage):
        return value.model_dump(mode="json")
    if isinstance(value, Interrupt):
        return {"id": value.id, "value": value.value}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
