"""Every command, in the order in which the help shows them. The tuple is the whole registry."""

from handlers.commands import account, admin, sessions, turns

COMMANDS = (
    *account.START,
    *sessions.COMMANDS,
    *turns.COMMANDS,
    *account.COMMANDS,
    *admin.COMMANDS,
)
