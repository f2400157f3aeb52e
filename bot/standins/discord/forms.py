"""The body of a message as a bot sends it, checked as Discord checks it."""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any

from bot.standins.discord.components import check_components
from bot.standins.discord.errors import ApiError, Form, Json
from bot.standins.discord.limits import Limits
from bot.standins.discord.model import NO_FLAGS, Attachment, Channel, Mentions, Message, MessageFlag
from bot.standins.discord.world import World

USER_MENTION = re.compile(r"<@!?(\d{1,20})>")
ROLE_MENTION = re.compile(r"<@&(\d{1,20})>")
CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]+`", re.DOTALL)
LONGEST_WAVE = 256
"""Points of a voice message's wave, a byte each."""
EMBED_TEXTS = {"title": 256, "description": 4096}
SENDABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body; `index` is the n of its field `files[n]`."""

    index: int
    filename: str
    media_type: str
    data: bytes


@dataclass(slots=True)
class Draft:
    """A message that passed the checks and is not posted yet."""

    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = NO_FLAGS
    mentions: Mentions = field(default_factory=Mentions)
    reference: tuple[int, int] | None = None
    nonce: str | int | None = None
    enforce_nonce: bool = False
    extra: Json = field(default_factory=dict)
    """Parts of the message object that are as they are: stickers, polls, what a forward carries."""


class MessageForm:
    """Reads bodies for one channel."""

    def __init__(self, world: World, channel: Channel, *, ephemeral: bool = False) -> None:
        self._world = world
        self._limits: Limits = world.limits
        self._channel = channel
        usual = SENDABLE | MessageFlag.VOICE
        self._flags = usual | MessageFlag.EPHEMERAL if ephemeral else usual

    def new(self, body: Json, uploads: tuple[Upload, ...] = ()) -> Draft:
        """A new message. Raises `ApiError` 50035, 50006 or 40005."""
        form = Form()
        draft = Draft(flags=MessageFlag(int(body.get("flags") or 0)) & self._flags)
        self._text(form, draft, body)
        self._nonce(form, draft, body)
        self._reference(form, draft, body)
        self._files(form, draft, body.get("attachments"), uploads, kept=[])
        self._mentions(form, draft, body.get("allowed_mentions"))
        form.check()
        return _voice_alone(_not_empty(draft))

    def changed(self, message: Message, body: Json, uploads: tuple[Upload, ...] = ()) -> Draft:
        """An existing message with the fields of `body` replaced. Raises like `new`."""
        form = Form()
        # The V2 flag cannot be taken off again.
        kept = message.flags & ~MessageFlag.SUPPRESS_EMBEDS if "flags" in body else message.flags
        draft = Draft(
            content=message.content,
            embeds=message.embeds,
            components=message.components,
            attachments=message.attachments,
            flags=kept | MessageFlag(int(body.get("flags") or 0)) & SENDABLE,
        )
        self._text(form, draft, body)
        if "attachments" in body or uploads:
            self._files(form, draft, body.get("attachments"), uploads, kept=message.attachments)
        self._mentions(form, draft, body.get("allowed_mentions"))
        self._keep_reply(draft, message)
        form.check()
        return _not_empty(draft)

    def _keep_reply(self, draft: Draft, message: Message) -> None:
        """Whom the message notified as its answer, an edit notifies still."""
        target = self._channel.messages.get(message.reference[1]) if message.reference is not None else None
        if target is not None and target.author_id in message.mentions.users:
            draft.mentions = draft.mentions.also(target.author_id)

    def _text(self, form: Form, draft: Draft, body: Json) -> None:
        v2 = MessageFlag.COMPONENTS_V2 in draft.flags
        if "content" in body:
            content = body["content"] or ""
            form.longest("content", content, self._limits.content)
            # Discord cuts white space at both ends.
            draft.content = str(content).strip()
        if "embeds" in body:
            draft.embeds = body["embeds"] or []
            _check_embeds(form, draft.embeds, self._limits)
        if "components" in body:
            draft.components = check_components(form, body["components"], self._limits, v2=v2)
        if v2:
            for name in ("content", "embeds"):
                if body.get(name):
                    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
                    form.wrong(
                        name, code, f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                    )

    def _nonce(self, form: Form, draft: Draft, body: Json) -> None:
        draft.nonce = body.get("nonce")
        form.longest("nonce", draft.nonce, self._limits.nonce)
        draft.enforce_nonce = bool(body.get("enforce_nonce")) and draft.nonce is not None

    def _reference(self, form: Form, draft: Draft, body: Json) -> None:
        wanted = body.get("message_reference")
        if not wanted:
            return
        target = self._channel.messages.get(int(wanted["message_id"]))
        if target is not None and target.visible_to is None:
            draft.reference = (self._channel.id, target.id)
        elif wanted.get("fail_if_not_exists", True):
            form.wrong("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")

    def _files(
        self,
        form: Form,
        draft: Draft,
        wanted: list[Json] | None,
        uploads: tuple[Upload, ...],
        *,
        kept: list[Attachment],
    ) -> None:
        by_index = {upload.index: upload for upload in uploads}
        by_id = {attachment.id: attachment for attachment in kept}
        # Files come behind those that a message has, unless it is said which of them stay.
        behind: list[Json] = [{"id": number} for number in (*by_id, *by_index)]
        listed = wanted if wanted is not None else behind
        draft.attachments = []
        for entry in listed:
            number = int(entry["id"])
            if number in by_id:
                draft.attachments.append(by_id[number])
            elif upload := by_index.get(number):
                draft.attachments.append(self._attachment(upload, entry))
        form.longest("attachments", draft.attachments, self._limits.files)

    def _attachment(self, upload: Upload, entry: Json) -> Attachment:
        if len(upload.data) > self._limits.file_bytes:
            raise ApiError(40005)
        name = str(entry.get("filename") or upload.filename)
        number = self._world.ids.next()
        described = entry.get("description")
        voice_s, wave = entry.get("duration_secs"), str(entry.get("waveform") or "")
        return Attachment(
            number, self._channel.id, name, upload.media_type, upload.data, described, voice_s, wave or "AAAA"
        )

    def _mentions(self, form: Form, draft: Draft, allowed: Any) -> None:
        rules = allowed if isinstance(allowed, dict) else None
        kinds = ("users", "roles", "everyone") if rules is None else tuple(rules.get("parse") or ())
        named = {kind: {int(number) for number in (rules or {}).get(kind) or ()} for kind in ("users", "roles")}
        for kind, ids in named.items():
            if ids and kind in kinds:
                text = f"parse:{kind} and {kind}: [ids...] are mutually exclusive."
                form.wrong("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)
        found = mentions_in(self._world, self._channel, draft.content)
        draft.mentions = Mentions(
            users=tuple(user for user in found.users if "users" in kinds or user in named["users"]),
            roles=tuple(role for role in found.roles if "roles" in kinds or role in named["roles"]),
            everyone=found.everyone and "everyone" in kinds,
        )
        if draft.reference is not None and (rules is None or rules.get("replied_user")):
            draft.mentions = draft.mentions.also(self._channel.messages[draft.reference[1]].author_id)


def mentions_in(world: World, channel: Channel, text: str) -> Mentions:
    """Whom a text names, each once in order of appearance."""
    if "@" not in text:
        return Mentions()
    text = CODE.sub("", text)  # What stands in code names nobody.
    users = dict.fromkeys(int(found) for found in USER_MENTION.findall(text))
    known = world.guilds[channel.guild_id].roles if channel.guild_id is not None else {}
    roles = dict.fromkeys(int(found) for found in ROLE_MENTION.findall(text))
    everyone = channel.guild_id is not None and ("@everyone" in text or "@here" in text)
    return Mentions(tuple(u for u in users if u in world.users), tuple(r for r in roles if r in known), everyone)


def _voice_alone(draft: Draft) -> Draft:
    """A voice message is one recording, of a length that is told, with a wave, and nothing beside it."""
    if MessageFlag.VOICE not in draft.flags:
        return draft
    if draft.content or draft.embeds or draft.components:
        raise ApiError(50159)
    if len(draft.attachments) != 1 or not draft.attachments[0].media_type.startswith("audio/"):
        raise ApiError(50160)
    voice = draft.attachments[0]
    if not voice.voice_s or not 0 < len(b64decode(voice.wave)) <= LONGEST_WAVE:
        raise ApiError(50161)
    return draft


def _not_empty(draft: Draft) -> Draft:
    if not (draft.content or draft.embeds or draft.components or draft.attachments):
        raise ApiError(50006)
    return draft


def _check_embeds(form: Form, embeds: list[Json], limits: Limits) -> None:
    form.longest("embeds", embeds, limits.embeds)
    total = 0
    for index, embed in enumerate(embeds):
        here = f"embeds.{index}"
        for name, most in EMBED_TEXTS.items():
            form.longest(f"{here}.{name}", embed.get(name), most)
            total += len(embed.get(name) or "")
        form.longest(f"{here}.fields", embed.get("fields"), 25)
        for number, item in enumerate(embed.get("fields") or ()):
            form.between(f"{here}.fields.{number}.name", item.get("name"), 1, 256)
            form.between(f"{here}.fields.{number}.value", item.get("value"), 1, 1024)
            total += len(item.get("name") or "") + len(item.get("value") or "")
        total += len((embed.get("footer") or {}).get("text") or "") + len((embed.get("author") or {}).get("name") or "")
    if total > limits.embeds_total:
        text = f"Embed size exceeds maximum size of {limits.embeds_total}"
        form.wrong("embeds", "MAX_EMBED_SIZE_EXCEEDED", text)
