"""A bot's account: who it is, what its owner has switched, what it has declared, and its updates."""

from dataclasses import dataclass, field
from typing import Any

from bot.standins.telegram.flood import FloodGate
from bot.standins.telegram.model import CallbackQuery, Chat, GuestQuery, Json, Membership, Person
from bot.standins.telegram.updates import UpdateQueue
from bot.standins.telegram.webhook import Webhook

ADMIN_RIGHTS = (
    "manage_chat",
    "delete_messages",
    "manage_video_chats",
    "restrict_members",
    "promote_members",
    "change_info",
    "invite_users",
    "post_stories",
    "edit_stories",
    "delete_stories",
    "send_welcome_messages",
    "pin_messages",
    "manage_topics",
)
MEMBER_RIGHTS = (
    "send_messages",
    "send_audios",
    "send_documents",
    "send_photos",
    "send_videos",
    "send_video_notes",
    "send_voice_notes",
    "send_polls",
    "send_other_messages",
    "add_web_page_previews",
    "react_to_messages",
    "edit_tag",
    "change_info",
    "invite_users",
    "pin_messages",
    "manage_topics",
)


@dataclass(slots=True)
class BotAccount:
    """One bot."""

    id: int
    token: str
    first_name: str
    username: str
    updates: UpdateQueue
    gate: FloodGate
    can_read_all_group_messages: bool = False
    """Privacy mode is off. On, the bot gets of a group only commands, replies to it and service messages."""
    supports_guest_queries: bool = False
    """Guest mode is on: it can be called by name where it is not."""
    has_topics_enabled: bool = False
    allows_users_to_create_topics: bool = True
    implicit_topics: bool = True
    """Whether what a person writes outside of topics in a private chat with topics opens one by itself."""
    private: dict[int, Chat] = field(default_factory=dict)
    last_private_id: int = 0
    """Private chats and basic groups of a bot share one sequence of message ids."""
    queries: dict[str, CallbackQuery] = field(default_factory=dict)
    guest_queries: dict[str, GuestQuery] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    """By scope (as canonical JSON) and language."""
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    """Name, description and short description, by (which, language)."""
    webhook: Webhook | None = None
    can_manage_bots: bool = False
    """Bot Management Mode is on: people make bots for it to manage."""
    owner: Person | None = None
    """Who has made it in an app, for another bot to manage."""
    manager: int | None = None
    """The bot that manages it."""

    def to_user(self) -> Json:
        """The `User` object as others see it."""
        return {"id": self.id, "is_bot": True, "first_name": self.first_name, "username": self.username}

    def to_me(self) -> dict[str, Any]:
        """What `getMe` gives."""
        return {
            **self.to_user(),
            "can_join_groups": True,
            "can_read_all_group_messages": self.can_read_all_group_messages,
            "supports_guest_queries": self.supports_guest_queries,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": self.has_topics_enabled,
            "allows_users_to_create_topics": self.has_topics_enabled and self.allows_users_to_create_topics,
            "can_manage_bots": self.can_manage_bots,
        }


def member_to_api(bot: BotAccount, membership: Membership) -> Json:
    """The `ChatMember` object of a bot."""
    member: Json = {"status": membership.status, "user": bot.to_user()}
    match membership.status:
        case "administrator":
            member |= {"can_be_edited": False, "is_anonymous": False}
            member |= {f"can_{right}": right in membership.rights for right in ADMIN_RIGHTS}
        case "restricted":
            member |= {"is_member": True, "until_date": 0}
            member |= {f"can_{right}": right in membership.rights for right in MEMBER_RIGHTS}
        case "kicked":
            member["until_date"] = 0
    return member
