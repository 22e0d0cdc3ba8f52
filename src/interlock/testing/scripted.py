"""Play: a chat model that says what a script says, for demos and tests without a model.

The model keeps no state: its next turn is the number of AI messages that the conversation holds
already, and its script is chosen by the conversation's first human message. So a thread goes on in
another process, and one graph plays many scripts. It refuses to make anything up: a conversation
longer than its script is an error.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, Field, JsonValue

from interlock.errors import InterlockError
from interlock.path.proposal import RESERVED_ARGUMENT


class ScriptedCall(BaseModel, frozen=True, extra="forbid"):
    """One tool call that the model makes."""

    id: str
    """The tool-call id, as a provider would give it."""
    tool: str
    args: dict[str, JsonValue] = {}
    confidence: float | None = Field(default=None, ge=0, le=1)
    """What the model says of its own confidence, 0..1; None: it says nothing."""
    why: str = ""
    """Why it is as sure as it is."""

    @property
    def wire_args(self) -> dict[str, Any]:
        """The arguments as the model writes them, its claim among them."""
        if self.confidence is None:
            return dict(self.args)
        claim = {"confidence": self.confidence, "why": self.why}
        return {**self.args, RESERVED_ARGUMENT: claim}


class ScriptedTurn(BaseModel, frozen=True, extra="forbid"):
    """One message of the model: text, tool calls or both."""

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    id: str | None = None
    """The message's id; None leaves it to LangChain and LangGraph, as providers do."""

    @property
    def message(self) -> AIMessage:
        """The turn as LangChain's message."""
        calls = [tool_call(name=call.tool, args=call.wire_args, id=call.id) for call in self.calls]
        return AIMessage(content=self.text, tool_calls=calls, id=self.id)

    def chunks(self) -> Iterator[AIMessageChunk]:
        """Yield the message as a provider streams it: words, then calls one by one, then an end."""
        for word in re.findall(r"\S*\s+|\S+", self.text):
            yield AIMessageChunk(content=word, id=self.id)
        for index, call in enumerate(self.calls):
            args = json.dumps(call.wire_args, ensure_ascii=False)
            piece = tool_call_chunk(name=call.tool, args=args, id=call.id, index=index)
            yield AIMessageChunk(content="", tool_call_chunks=[piece], id=self.id)
        yield AIMessageChunk(content="", id=self.id, chunk_position="last")


class ScriptedChatModel(BaseChatModel):
    """A chat model that plays turns in order."""

    turns: tuple[ScriptedTurn, ...] = ()
    """The script of any conversation that `scripts` does not know."""
    scripts: Mapping[str, tuple[ScriptedTurn, ...]] = {}
    """Scripts by the text of the conversation's first human message."""

    @property
    def _llm_type(self) -> str:
        return "interlock-scripted"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"turns": len(self.turns), "scripts": len(self.scripts)}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - LangChain's own signature
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Accept tools as a provider does; the script calls what it calls."""
        schemas = [convert_to_openai_tool(cast("BaseTool", tool)) for tool in tools]
        bound = self.bind(tools=schemas, tool_choice=tool_choice, **kwargs)
        return cast("Runnable[LanguageModelInput, AIMessage]", bound)

    def turn(self, messages: Sequence[BaseMessage]) -> ScriptedTurn:
        """Return the turn that follows `messages`.

        Raises `InterlockError` when the script is over.
        """
        script = self.scripts.get(_opening(messages), self.turns)
        played = sum(isinstance(message, AIMessage) for message in messages)
        if played >= len(script):
            raise InterlockError(
                f"the script has {len(script)} turns and the conversation wants turn {played + 1}; "
                "add a turn to the script, or end the conversation before"
            )
        return script[played]

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's own signature
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's own signature
        **_: Any,  # noqa: ANN401 - LangChain's own signature
    ) -> ChatResult:
        message = self.turn(messages).message
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain's own signature
        **_: Any,  # noqa: ANN401 - LangChain's own signature
    ) -> ChatResult:
        return self._generate(messages, stop)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's own signature
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,  # noqa: ANN401 - LangChain's own signature
    ) -> Iterator[ChatGenerationChunk]:
        for message in self.turn(messages).chunks():
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's own signature
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **_: Any,  # noqa: ANN401 - LangChain's own signature
    ) -> AsyncIterator[ChatGenerationChunk]:
        for message in self.turn(messages).chunks():
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


def _opening(messages: Sequence[BaseMessage]) -> str:
    """Return the text of the first human message."""
    return next((str(said.text) for said in messages if isinstance(said, HumanMessage)), "")
