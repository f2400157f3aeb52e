"""One node of ChatGPT's tree, as the person saw it. For its shapes see `bot.archive.chatgpt`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.archive import canvas
from bot.archive.bundle import Bundle
from bot.archive.canvas import Canvas
from bot.archive.citations import cited
from bot.archive.fields import line, mapping, objects, sequence, words
from bot.archive.losses import FILES, HIDDEN, PICTURES, RECORDINGS, TOOLS, UNREADABLE, Losses
from bot.archive.markdown import fence, folded
from bot.archive.values import ArchivedFile
from bot.domain.messages import Author

_RUNNING_CODE = ("python", "python_user_visible", "code_interpreter", "container.exec")
_TEXTS = ("text", "multimodal_text")
_INSTRUCTIONS = ("user_editable_context",)
_OF_TOOLS = (
    "tether_quote", "tether_browsing_display", "tether_browsing_code", "sonic_webpage", "system_error",
    "computer_output", "citable_code_output", "text", "code", "multimodal_text",
)  # fmt: skip
"""What tools give back that people saw nothing, or only a sign, of."""
_POINTERS = {
    "image_asset_pointer": PICTURES,
    "audio_asset_pointer": RECORDINGS,
    "video_container_asset_pointer": RECORDINGS,
    "file_asset_pointer": FILES,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that the person saw. `author` None: it belongs to the answer that follows."""

    author: Author | None
    text: str = ""
    files: tuple[ArchivedFile, ...] = ()
    thought: str = ""
    """Thoughts; `text` then says how long they took, if known."""
    canvas: Canvas | None = None


class Pieces:
    """Reads nodes; counts what is left out."""

    def __init__(self, bundle: Bundle, names: Mapping[str, str], losses: Losses) -> None:
        """`names`: assets' real names, by their names in the .zip."""
        self._bundle = bundle
        self._names = names
        self._losses = losses
        self.instructions = ""

    def of(self, message: Mapping[str, Any], open_: Canvas | None) -> Piece | None:
        """What a person saw of a message; None for nothing. `open_` is the canvas that was open before it."""
        role = words(mapping(message.get("author")).get("role"))
        content, metadata = mapping(message.get("content")), mapping(message.get("metadata"))
        kind = words(content.get("content_type"))
        if kind in _INSTRUCTIONS or metadata.get("is_user_system_message") is True:
            self.instructions = _instructions(content, metadata) or self.instructions
            return None
        if role not in ("user", "assistant", "tool", "system") or not kind:
            self._losses.add(UNREADABLE)
            return None
        if role == "system" or metadata.get("is_visually_hidden_from_conversation") is True:
            self._losses.add(HIDDEN, int(bool(_said(content))))
            return None
        if role == "tool":
            return self._of_tool(kind, content, metadata)
        recipient = words(message.get("recipient"))
        if role == "assistant" and recipient not in ("", "all"):
            return self._call(recipient, content, open_)
        return self._said(Author(role), kind, content, metadata)

    def _said(self, author: Author, kind: str, content: Mapping[str, Any], metadata: Mapping[str, Any]) -> Piece | None:
        if kind in _TEXTS:
            text = "\n\n".join(self._texts(_parts(content)))
            if author is Author.ASSISTANT:
                text = cited(text, metadata, self._losses)
            files = self._files(content, metadata)
            return Piece(author, text.strip(), files) if text.strip() or files else None
        if kind == "code":
            return Piece(author, fence(self._losses.text_in(content.get("text")), _language(content)))
        if kind == "thoughts":
            found = objects(content.get("thoughts"))
            thoughts = [_paragraph(words(each.get("summary")), words(each.get("content"))) for each in found]
            return Piece(None, thought="\n\n".join(filter(None, thoughts))) if any(thoughts) else None
        if kind == "reasoning_recap":
            recap = words(content.get("content"))
            return Piece(None, recap, thought=" ") if recap else None
        if kind == "model_editable_context":
            self._losses.add(HIDDEN)
        else:
            self._losses.add_unknown(kind)
        return None

    def _call(self, recipient: str, content: Mapping[str, Any], open_: Canvas | None) -> Piece | None:
        """A tool call is not an answer; code that ran, and a canvas, are part of the answer that follows."""
        given = _said(content)
        if recipient in _RUNNING_CODE and given:
            return Piece(None, fence(given, _language(content) or "python"))
        if recipient.startswith(canvas.PREFIX):
            made = canvas.called(recipient, given, open_, self._losses)
            return Piece(None, made.shown(), canvas=made) if made is not None else None
        self._losses.add(TOOLS)
        return None

    def _of_tool(self, kind: str, content: Mapping[str, Any], metadata: Mapping[str, Any]) -> Piece | None:
        if kind == "execution_output":
            text = self._losses.text_in(content.get("text"))
            return Piece(None, fence(text, "text")) if text.strip() else None
        if kind == "multimodal_text" and (files := self._files(content, metadata)):
            return Piece(None, files=files)
        if kind in _OF_TOOLS:
            self._losses.add(TOOLS)
        else:
            self._losses.add_unknown(kind)
        return None

    def _texts(self, parts: Sequence[Any]) -> Iterator[str]:
        for part in parts:
            if isinstance(part, dict):
                if words(part.get("content_type")) == "audio_transcription":
                    yield self._losses.text_in(part.get("text"))
            else:
                yield self._losses.text_in(part)

    def _files(self, content: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[ArchivedFile, ...]:
        """Pictures, recordings and files, each once, in order."""
        found: dict[str, ArchivedFile] = {}
        names = {words(each.get("id")): line(each.get("name"), 100) for each in objects(metadata.get("attachments"))}
        for part in _parts(content):
            for kind, pointer in self._pointers(mapping(part)):
                asset = pointer.rpartition("/")[2]
                found.setdefault(asset, self._file(pointer, names.get(asset, ""), _POINTERS[kind]))
        for asset, name in names.items():
            if asset not in found:
                found[asset] = self._file(asset, name, FILES)
        return tuple(found.values())

    def _pointers(self, part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        kind = words(part.get("content_type"))
        if kind in _POINTERS:
            yield kind, words(part.get("asset_pointer"))
        elif kind == "real_time_user_audio_video_asset_pointer":
            yield "audio_asset_pointer", words(mapping(part.get("audio_asset_pointer")).get("asset_pointer"))
            frames = (words(each.get("asset_pointer")) for each in objects(part.get("frames_asset_pointers")))
            yield from (("image_asset_pointer", frame) for frame in frames)
        elif part and kind != "audio_transcription":
            self._losses.add_unknown(kind)

    def _file(self, pointer: str, name: str, missing: str) -> ArchivedFile:
        entry = self._bundle.asset(pointer)
        self._losses.add(missing, int(not entry))
        base = entry.rpartition("/")[2]
        return ArchivedFile(name or self._names.get(base) or base or _NAMES[missing], entry=entry)


_NAMES = {PICTURES: "picture", RECORDINGS: "recording", FILES: "file"}


def _parts(content: Mapping[str, Any]) -> Sequence[Any]:
    """Those of a message; what is no list is one of them itself."""
    parts = content.get("parts")
    return parts if isinstance(parts, list) else (parts,)


def _said(content: Mapping[str, Any]) -> str:
    parts = [words(part) for part in sequence(content.get("parts")) if isinstance(part, str)]
    return (words(content.get("text")) or "\n\n".join(parts)).strip()


def _language(content: Mapping[str, Any]) -> str:
    language = line(content.get("language"), 30)
    return "" if language == "unknown" else language


def _paragraph(summary: str, text: str) -> str:
    return "\n\n".join(filter(None, (f"**{summary.strip('* ')}**" if summary.strip("* ") else "", text.strip())))


def _instructions(content: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """What someone told ChatGPT about themselves and about how to answer."""
    told = mapping(metadata.get("user_context_message_data"))
    about = words(told.get("about_user_message")) or words(content.get("user_profile"))
    wished = words(told.get("about_model_message")) or words(content.get("user_instructions"))
    return "\n\n".join(filter(None, (about.strip(), wished.strip())))


def asset_names(data: Mapping[str, Any]) -> dict[str, str]:
    """`conversation_asset_file_names.json`: what files are called that are in the .zip as `file-….dat`."""
    return {words(key): line(value, 100) for key, value in data.items() if isinstance(value, str)}


def joined(pieces: Sequence[Piece]) -> tuple[str, tuple[ArchivedFile, ...]]:
    """Pieces as one text; thoughts are folded under a line that says how long they took."""
    texts: list[str] = []
    thought: list[str] = []
    recap = ""
    for piece in pieces:
        if piece.thought:
            thought.append(piece.thought.strip())
            recap = piece.text or recap
            continue
        texts += [*_fold(thought, recap), piece.text]
        thought, recap = [], ""
    texts += _fold(thought, recap)
    return "\n\n".join(filter(None, texts)), tuple(file for piece in pieces for file in piece.files)


def _fold(thought: Sequence[str], recap: str) -> list[str]:
    return [folded(recap or "Thoughts", "\n\n".join(filter(None, thought)))] if thought else []
