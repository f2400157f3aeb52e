"""What the events of a stream in OpenAI's format say, whichever vendor wrote them."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from bot.contracts.provider import Endpoint
from bot.domain.clock import Clock
from bot.domain.turns import FinishReason
from providers.answer import Answer
from providers.calls import Calls
from providers.choices import Choices
from providers.events import Events
from providers.loose import is_blank, words_of_content
from providers.usage import chat_usage, usage_of


class Chunks(Events):
    """Chat completions, and what some send in their place."""

    def __init__(
        self, endpoint: Endpoint, answer: Answer, clock: Clock, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(endpoint, answer, clock, headers)
        self._thoughts: list[str] = []
        self._details: list[dict[str, Any]] = []
        self._choices = Choices()

    def handed_back(self) -> dict[str, Any]:
        """What of the thinking goes back with its calls: DeepSeek and Kimi refuse calls without their
        `reasoning_content`; what OpenRouter has signed stands in `reasoning_details`.
        """
        kept: dict[str, Any] = {}
        if self._thoughts:
            kept["reasoning_content"] = "".join(self._thoughts)
        if self._details:
            kept["reasoning_details"] = _joined(self._details)
        return {"message": kept} if kept else {}

    def _take_event(self, event: dict[str, Any]) -> None:
        choices = event.get("choices")
        if (usage := event.get("usage")) and (counted := chat_usage(usage)):
            self._answer.usage = counted
        if choices:
            if isinstance(choices, list):
                self._has_read = self._has_read or any(isinstance(choice, dict) for choice in choices)
                for choice in self._choices.sorted(choices, ended=self._answer.reason is not None):
                    self._choose(choice)
            else:
                self._odd += 1
        elif isinstance(kind := event.get("type"), str) and kind.startswith("response."):
            self._has_read = True
            self._take_response(kind, event)
        elif "done" in event:
            self._has_read = True
            self._take_ollama(event)
        elif self._unknown is None:
            self._unknown = event

    def _end_events(self) -> None:
        super()._end_events()
        for choice in self._choices.rest():
            self._choose(choice)

    def _choose(self, choice: dict[str, Any]) -> None:
        if (error := choice.get("error")) and not is_blank(error):
            self._break_off(self._reported(error))
            return
        delta = choice.get("delta")
        if not delta and not self._answer.begun:
            delta = choice.get("message")
        if isinstance(delta, dict):
            self._take_delta(delta)
        if isinstance(text := choice.get("text"), str):
            self._answer.add_text(text)
        if word := choice.get("finish_reason"):
            self._answer.ended(word)

    def _take_delta(self, delta: dict[str, Any]) -> None:
        answer = self._answer
        if calls := delta.get("tool_calls") or delta.get("function_call"):
            answer.call(calls)
            take_calls(calls, answer.calls)
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            words = words_of_content(thought)
            answer.add_reasoning(words)
            if "reasoning_content" in delta:
                self._thoughts.append(words)
        if isinstance(details := delta.get("reasoning_details"), list):
            self._details += [detail for detail in details if isinstance(detail, dict)]
        content = delta.get("content")
        if isinstance(content, str):
            answer.add_text(content)
        else:
            answer.add_content(content)
        if isinstance(refusal := delta.get("refusal"), str):
            # The model's own words when it declines.
            answer.add_text(refusal)
        if isinstance(images := delta.get("images"), list):
            for image in images:
                self._add_image(image)

    def _add_image(self, image: Any) -> None:
        """OpenRouter sends pictures as data URLs. Any other address is not ours to fetch."""
        url = image.get("image_url") if isinstance(image, dict) else None
        url = url.get("url") if isinstance(url, dict) else url
        if not isinstance(url, str):
            return
        head, comma, encoded = url.partition(",")
        if comma and head.startswith("data:image/") and head.endswith(";base64"):
            try:
                data = b64decode(encoded)
            except ValueError:
                return
            if data:
                self._answer.add_image(data, head[5:-7])

    def _take_ollama(self, chunk: dict[str, Any]) -> None:
        """Ollama's own format: a line of JSON per piece."""
        message = chunk.get("message")
        if isinstance(message, dict):
            self._answer.call(calls := message.get("tool_calls"))
            take_calls(calls, self._answer.calls)
            self._answer.add_reasoning(words_of_content(message.get("thinking")))
            self._answer.add_text(words_of_content(message.get("content")))
        elif isinstance(text := chunk.get("response"), str):
            self._answer.add_text(text)
        if chunk["done"] is True:
            self._answer.ended(chunk.get("done_reason") or "stop")
            self._answer.usage = usage_of(chunk.get("prompt_eval_count"), chunk.get("eval_count"))

    def _take_response(self, kind: str, chunk: dict[str, Any]) -> None:
        """OpenAI's Responses API."""
        words = words_of_content(chunk.get("delta"))
        within = chunk.get("response")
        response: dict[str, Any] = within if isinstance(within, dict) else {}
        match kind.removeprefix("response."):
            case "output_text.delta" | "refusal.delta":
                self._answer.add_text(words)
            case "reasoning_text.delta" | "reasoning_summary_text.delta":
                self._answer.add_reasoning(words)
            case "completed":
                self._answer.reason = FinishReason.COMPLETE
                self._answer.usage = chat_usage(response.get("usage"))
            case "incomplete":
                details = response.get("incomplete_details")
                self._answer.ended(details.get("reason") if isinstance(details, dict) else "incomplete")
            case "failed":
                self._break_off(self._reported(response.get("error") or "failed"))


def take_calls(calls: Any, into: Calls) -> None:
    """Pieces of calls in OpenAI's form, today's or the old one of a single function."""
    for call in calls if isinstance(calls, list) else [{"function": calls}]:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            # Google's signatures come in it, and go back in it.
            beside = {"extra_content": extra} if isinstance(extra := call.get("extra_content"), dict) else None
            into.piece(call.get("index"), call.get("id"), function.get("name"), function.get("arguments"), beside)


def _joined(details: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Thinking as it was before it was cut into pieces: the texts of one piece of it one after the other."""
    found: list[dict[str, Any]] = []
    for detail in details:
        last = found[-1] if found else {}
        same = last and (last.get("type"), last.get("index")) == (detail.get("type"), detail.get("index"))
        if not same or detail.get("index") is None:
            found.append(dict(detail))
            continue
        for name, value in detail.items():
            text = name in ("text", "summary", "data") and isinstance(value, str) and isinstance(last.get(name), str)
            if value is not None:
                last[name] = last[name] + value if text else value
    return found
