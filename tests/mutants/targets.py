"""Sources in which every rule must be held, in the order of what a leak or a loss would cost, and their tests."""

_WHOSE = (
    "tests/scenario/test_whose.py",
    "tests/scenario/test_isolation.py",
    "tests/scenario/test_sessions.py",
    "tests/scenario/test_access.py",
    "tests/scenario/test_strangers.py",
    "tests/scenario/test_roles.py",
    "tests/scenario/test_rights.py",
    "tests/scenario/test_modes.py",
    "tests/scenario/test_newcomers.py",
    "tests/scenario/test_who_pays.py",
    "tests/scenario/test_coming_back.py",
)
_SENT = (
    "tests/scenario/test_faults.py",
    "tests/scenario/test_exact.py",
    "tests/scenario/test_refusals.py",
    "tests/scenario/test_single_refusals.py",
    "tests/scenario/test_forms.py",
    "tests/scenario/test_shares.py",
    "tests/scenario/test_asking_again.py",
    "tests/delivery",
)
_ASKED = (
    "tests/scenario/test_steering.py",
    "tests/scenario/test_conversations.py",
    "tests/scenario/test_tree.py",
    "tests/scenario/test_trouble.py",
    "tests/scenario/test_memory.py",
    "tests/scenario/test_recall.py",
    "tests/turns",
    "tests/storage",
)
_JOINED = ("tests/scenario/test_linking.py", *_WHOSE)
_PAID = ("tests/llm", "tests/scenario/test_spending.py", "tests/scenario/test_who_pays.py", "tests/storage")
_LAYOUT = (
    "tests/rendering",
    "tests/handlers/telegram/test_render.py",
    "tests/handlers/discord/test_render.py",
)
TARGETS: dict[str, tuple[str, ...]] = {
    "storage/reach.py": (*_WHOSE, "tests/storage", "tests/scenario/test_archive.py"),
    "storage/sessions.py": (*_WHOSE, "tests/storage", "tests/scenario/test_archive.py"),
    "bot/people/admission.py": _WHOSE,
    "bot/people/callers.py": _WHOSE,
    "bot/people/reaching.py": _WHOSE,
    "bot/people/sessions.py": _WHOSE,
    "bot/people/membership.py": _WHOSE,
    "bot/people/joining.py": _JOINED,
    "bot/people/mail.py": _JOINED,
    "bot/people/roles.py": _WHOSE,
    "handlers/telegram/door.py": ("tests/scenario/test_webhook.py", "tests/handlers/telegram/test_webhook.py"),
    "storage/erasing.py": (*_WHOSE, "tests/storage", "tests/scenario/test_archive.py"),
    "storage/ledger.py": _PAID,
    "bot/people/purse.py": (*_PAID, *_WHOSE),
    "bot/llm/spending.py": (*_PAID, *_WHOSE),
    "storage/outbox.py": ("tests/storage", *_SENT),
    "bot/delivery/outbox.py": _SENT,
    "storage/leases.py": ("tests/supervisor", "tests/storage", "tests/scenario/test_two_bots.py"),
    "providers/guard.py": ("tests/providers/test_guard.py", "tests/scenario/test_endpoints.py"),
    "storage/steering.py": _ASKED,
    "bot/turns/steering.py": _ASKED,
    "bot/turns/stopping.py": _ASKED,
    "storage/facts.py": _ASKED,
    "storage/summaries.py": _ASKED,
    "bot/turns/reading.py": (*_ASKED, "tests/llm", "tests/scenario/test_files.py"),
    "bot/llm/cheapest.py": (*_PAID, *_ASKED),
    "bot/llm/chain.py": (*_PAID, *_ASKED),
    "bot/llm/fitting.py": (*_PAID, *_ASKED),
    "bot/llm/tokens.py": (*_PAID, *_ASKED),
    "bot/files/kinds.py": ("tests/files/test_reading.py", "tests/files/test_mail.py", "tests/scenario/test_files.py"),
    "bot/files/reader/archive.py": ("tests/files", "tests/hostile_input/test_lies.py"),
    "bot/rendering/layout/__init__.py": _LAYOUT,
    "bot/rendering/layout/cut.py": _LAYOUT,
    "bot/rendering/keyboard.py": _LAYOUT,
}
"""Files of tests, or folders of them."""
