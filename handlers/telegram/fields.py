"""What each field of Telegram's `Message` is to a reader of messages.

What a person says is in fields of its own kind. A field that is in none of these tables, such as one of tomorrow's
Bot API, is taken for something that a person has sent: it is read as words where it has any, and named where not.
"""

from collections.abc import Mapping

from bot.texts import said_later

ENVELOPE = frozenset(
    (
        *("message_id", "date", "chat", "from", "sender_chat", "message_thread_id", "is_topic_message"),
        *("edit_date", "media_group_id", "migrate_to_chat_id", "ephemeral_message_id"),
        *("forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
    )
)
"""What is validated. Everything else stays plain data: a form of it that is newer than the library is no hindrance."""

AROUND = ENVELOPE | frozenset(
    (
        # Who, where, when, and by which way.
        *("direct_messages_topic", "sender_boost_count", "sender_business_bot", "sender_tag", "guest_query_id"),
        *("business_connection_id", "is_automatic_forward", "via_bot", "guest_bot_caller_user"),
        *("guest_bot_caller_chat", "is_from_offline", "author_signature", "receiver_user"),
        # What it answers or where it comes from: read by `pointed`.
        *("forward_origin", "reply_to_message", "external_reply", "quote", "reply_to_story"),
        *("reply_to_checklist_task_id", "reply_to_poll_option_id"),
        *("forward_date", "forward_from", "forward_from_chat", "forward_from_message_id", "forward_sender_name"),
        "forward_signature",
        # How it is shown, and what it cost.
        *("has_protected_content", "is_paid_post", "paid_star_count", "link_preview_options", "suggested_post_info"),
        *("effect_id", "show_caption_above_media", "has_media_spoiler", "reply_markup"),
        # The words themselves: read by `words`.
        *("text", "entities", "caption", "caption_entities", "rich_message"),
    )
)
"""What says nothing by itself."""

_SERVICE = "Telegram writes it about something that was done in the chat; no one says it to anyone."
_OURS = "It reports something about the bot's own message, topic or button."
_MONEY = "It books money; this bot sells nothing, and no one asks anything with it."
_REMOTE = "It reports something done to another message, which has been read."

QUIET: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("new_chat_members", "left_chat_member", "chat_owner_left", "chat_owner_changed", "new_chat_title"),
            *("new_chat_photo", "delete_chat_photo", "group_chat_created", "supergroup_chat_created"),
            *("channel_chat_created", "message_auto_delete_timer_changed", "migrate_to_chat_id"),
            *("migrate_from_chat_id", "pinned_message", "proximity_alert_triggered", "boost_added"),
            *("chat_background_set", "direct_message_price_changed", "paid_message_price_changed"),
            *("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
            *("general_forum_topic_hidden", "general_forum_topic_unhidden", "giveaway_created"),
            *("giveaway_completed", "video_chat_scheduled", "video_chat_started", "video_chat_ended"),
            *("video_chat_participants_invited", "community_chat_added", "community_chat_removed"),
            "community_chat_joined",
        ),
        _SERVICE,
    ),
    **dict.fromkeys(("write_access_allowed", "connected_website", "managed_bot_created"), _OURS),
    **dict.fromkeys(
        (
            *("successful_payment", "refunded_payment", "suggested_post_approved", "suggested_post_paid"),
            *("suggested_post_approval_failed", "suggested_post_declined", "suggested_post_refunded"),
            "gift_upgrade_sent",
        ),
        _MONEY,
    ),
    **dict.fromkeys(
        ("checklist_tasks_done", "checklist_tasks_added", "poll_option_added", "poll_option_deleted"), _REMOTE
    ),
}
"""Fields whose messages are met with silence, and why."""

NAMES: Mapping[str, str] = {
    "animation": said_later("an animation"),
    "game": said_later("a game"),
    "gift": said_later("a gift"),
    "unique_gift": said_later("a gift"),
    "giveaway": said_later("a giveaway"),
    "giveaway_winners": said_later("a giveaway"),
    "paid_media": said_later("paid media"),
    "passport_data": said_later("passport data"),
    "sticker": said_later("a sticker"),
    "story": said_later("a story"),
    "users_shared": said_later("a shared contact"),
    "user_shared": said_later("a shared contact"),
    "chat_shared": said_later("a shared chat"),
    "web_app_data": said_later("data from a web app"),
}
"""What people call what a field holds; any other is called by its own name."""

UNKNOWN = said_later("something that this bot does not know yet")
"""What a message is called that has no field at all: so new kinds come to bots that Telegram does not show them to."""


def name_of(field: str) -> str:
    """What the content of a field is called."""
    return NAMES.get(field) or field.replace("_", " ")
