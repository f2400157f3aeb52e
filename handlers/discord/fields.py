"""What each type of message on Discord, and each part of one, is to a reader of messages.

A type of tomorrow is read like any other message; a message in which nothing is found that can be read is named.
"""

from collections.abc import Mapping

from bot.texts import said_later

SAID = frozenset(("default", "reply"))
"""The types that people write."""

_SERVICE = "Discord writes it about something that was done in the channel or the server; no one says it to anyone."
_COMMAND = "It shows the answer to a command, which reaches the bot as an interaction."
_MONEY = "It reports a purchase from Discord or from another application."

QUIET: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("recipient_add", "recipient_remove", "call", "channel_name_change", "channel_icon_change", "pins_add"),
            *("new_member", "premium_guild_subscription", "premium_guild_tier_1", "premium_guild_tier_2"),
            *("premium_guild_tier_3", "channel_follow_add", "guild_stream", "guild_discovery_disqualified"),
            *("guild_discovery_requalified", "guild_discovery_grace_period_initial_warning"),
            *("guild_discovery_grace_period_final_warning", "thread_created", "thread_starter_message"),
            *("guild_invite_reminder", "auto_moderation_action", "stage_start", "stage_end", "stage_speaker"),
            *("stage_raise_hand", "stage_topic", "guild_incident_alert_mode_enabled"),
            *("guild_incident_alert_mode_disabled", "guild_incident_report_raid", "guild_incident_report_false_alarm"),
            *("poll_result", "emoji_added"),
        ),
        _SERVICE,
    ),
    **dict.fromkeys(("chat_input_command", "context_menu_command"), _COMMAND),
    **dict.fromkeys(
        (
            *("role_subscription_purchase", "interaction_premium_upsell", "guild_application_premium_subscription"),
            "purchase_notification",
        ),
        _MONEY,
    ),
}
"""Types of messages that are met with silence, and why."""

READ = frozenset(
    (
        *("content", "mentions", "role_mentions", "channel_mentions", "reference", "message_snapshots"),
        *("attachments", "embeds", "stickers", "components", "poll"),
    )
)
"""The parts of a message in which words or files stand."""

AROUND = frozenset(
    (
        *("id", "channel", "guild", "author", "webhook_id", "type", "flags", "nonce", "tts", "pinned", "position"),
        *("mention_everyone", "reactions", "application_id", "interaction_metadata"),
        *("call", "role_subscription", "purchase_notification"),
    )
)
"""The parts that say nothing by themselves, or belong to a type that is quiet."""

NAMES: Mapping[str, str] = {
    "activity": said_later("an invitation to an activity"),
    "application": said_later("an invitation to an activity"),
}
"""The parts that nothing can be read of, and what people call them."""

UNKNOWN = said_later("something that this bot does not know yet")
"""What a message is called in which none of these parts stands."""
