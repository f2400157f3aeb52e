"""All methods that a bot can call, by their name in lower case (the server does not mind the case)."""

from collections.abc import Mapping

from bot.standins.telegram import methods_account as account
from bot.standins.telegram import methods_chats as chats
from bot.standins.telegram import methods_drafts as drafts
from bot.standins.telegram import methods_ephemeral as ephemeral
from bot.standins.telegram import methods_guest as guest
from bot.standins.telegram import methods_managed as managed
from bot.standins.telegram import methods_media as media
from bot.standins.telegram import methods_messages as messages
from bot.standins.telegram.context import AsyncMethod, Method

METHODS: Mapping[str, Method | AsyncMethod] = {
    "getme": account.get_me,
    "logout": account.log_out,
    "close": account.log_out,
    "getupdates": account.get_updates,
    "setwebhook": account.set_webhook,
    "deletewebhook": account.delete_webhook,
    "getwebhookinfo": account.get_webhook_info,
    "answercallbackquery": account.answer_callback_query,
    "setmycommands": account.set_my_commands,
    "getmycommands": account.get_my_commands,
    "deletemycommands": account.delete_my_commands,
    "setmyname": account.set_my_name,
    "setmydescription": account.set_my_description,
    "setmyshortdescription": account.set_my_short_description,
    "getmyname": account.get_my_name,
    "getmydescription": account.get_my_description,
    "getmyshortdescription": account.get_my_short_description,
    "sendmessage": messages.send_message,
    "sendrichmessage": messages.send_rich_message,
    "editmessagetext": messages.edit_message_text,
    "editmessagecaption": messages.edit_message_caption,
    "editmessagemedia": media.edit_message_media,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "deletemessage": messages.delete_message,
    "deletemessages": messages.delete_messages,
    "editephemeralmessagetext": ephemeral.edit_ephemeral_message_text,
    "editephemeralmessagereplymarkup": ephemeral.edit_ephemeral_message_reply_markup,
    "deleteephemeralmessage": ephemeral.delete_ephemeral_message,
    "answerguestquery": guest.answer_guest_query,
    "getmanagedbottoken": managed.get_managed_bot_token,
    "sendchataction": messages.send_chat_action,
    "setmessagereaction": messages.set_message_reaction,
    "sendmessagedraft": drafts.send_message_draft,
    "sendrichmessagedraft": drafts.send_rich_message_draft,
    "senddocument": media.send_document,
    "sendphoto": media.send_photo,
    "sendvoice": media.send_voice,
    "sendmediagroup": media.send_media_group,
    "getfile": media.get_file,
    "getchat": chats.get_chat,
    "getchatmember": chats.get_chat_member,
    "createforumtopic": chats.create_forum_topic,
    "editforumtopic": chats.edit_forum_topic,
    "closeforumtopic": chats.close_forum_topic,
    "reopenforumtopic": chats.reopen_forum_topic,
    "deleteforumtopic": chats.delete_forum_topic,
}

# Messages, edits and drafts count towards the flood limits; an album counts once here.
PACED = frozenset(
    (
        "sendmessage",
        "sendrichmessage",
        "editmessagetext",
        "editmessagecaption",
        "editmessagemedia",
        "editmessagereplymarkup",
        "editephemeralmessagetext",
        "editephemeralmessagereplymarkup",
        "sendmessagedraft",
        "sendrichmessagedraft",
        "senddocument",
        "sendphoto",
        "sendvoice",
        "sendmediagroup",
    )
)
# Only these are answered for a chat in penalty.
NEVER_PACED = frozenset(("getchat", "getchatmember"))
