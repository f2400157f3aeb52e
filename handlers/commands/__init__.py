"""Every command, in the order in which the help shows them. The tuple is the whole registry."""

from handlers.commands import (
    account,
    admin,
    archive,
    documents,
    endpoints,
    folders,
    history,
    linking,
    menus,
    modes,
    search,
    sessions,
    settings,
    tree,
    turns,
)

COMMANDS = (
    *account.START,
    *sessions.COMMANDS,
    *folders.COMMANDS,
    *search.COMMANDS,
    *history.COMMANDS,
    *archive.COMMANDS,
    *documents.COMMANDS,
    *modes.COMMANDS,
    *endpoints.COMMANDS,
    *turns.COMMANDS,
    *tree.COMMANDS,
    *account.COMMANDS,
    *linking.COMMANDS,
    *menus.COMMANDS,
    *settings.COMMANDS,
    *admin.COMMANDS,
)
