"""Sources in which every rule must be held, in the order of what a leak or a loss would cost, and their tests."""

_WHOSE = (
    "tests/people",
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
_SENT = ("tests/delivery", "tests/scenario/test_refusals.py", "tests/scenario/test_single_refusals.py")
_KEPT = (
    "tests/storage/test_whose.py",
    "tests/storage/test_erasing.py",
    "tests/storage/test_facts.py",
    "tests/storage/test_foreign_keys.py",
    "tests/storage/test_leases.py",
    "tests/storage/test_ledger.py",
    "tests/storage/test_linking.py",
    "tests/storage/test_neighbours.py",
    "tests/storage/test_outbox.py",
    "tests/storage/test_steering.py",
    "tests/storage/test_summaries.py",
    "tests/storage/test_turns.py",
)
"""What the storage promises; how it gets to the schema of today, at length, says nothing about a statement."""
_JOINED = ("tests/scenario/test_linking.py", *_WHOSE)
_APPROVED = (
    "tests/turns/test_approvals.py",
    "tests/turns/test_trust.py",
    "tests/tools/test_toolbox.py",
    "tests/scenario/test_approvals.py",
)
_DUE = ("tests/storage/test_schedules.py", "tests/schedules/test_runner.py", "tests/scenario/test_schedules.py")
_PAID = (
    "tests/llm/test_spending.py",
    "tests/llm/test_money.py",
    "tests/scenario/test_spending.py",
    "tests/scenario/test_who_pays.py",
)
TARGETS: dict[str, tuple[str, ...]] = {
    "storage/reach.py": _KEPT,
    "storage/sessions.py": _KEPT,
    "bot/people/admission.py": (*_WHOSE, *_APPROVED),
    "bot/people/callers.py": _WHOSE,
    "bot/people/reaching.py": _WHOSE,
    "bot/people/sessions.py": _WHOSE,
    "bot/people/membership.py": _WHOSE,
    "bot/people/joining.py": _JOINED,
    "bot/people/mail.py": _JOINED,
    "bot/people/roles.py": _WHOSE,
    "storage/erasing.py": _KEPT,
    "storage/ledger.py": _KEPT,
    "bot/people/purse.py": (*_PAID, *_WHOSE),
    "bot/llm/spending.py": _PAID,
    "storage/outbox.py": _KEPT,
    "bot/delivery/outbox.py": _SENT,
    "storage/approvals.py": _APPROVED,
    "bot/turns/approvals.py": _APPROVED,
    "bot/turns/trust.py": _APPROVED,
    "storage/schedules.py": _DUE,
    "bot/schedules/runner.py": _DUE,
    "storage/leases.py": _KEPT,
    "bot/domain/addresses.py": ("tests/providers/test_guard.py",),
    "providers/guard.py": ("tests/providers/test_guard.py", "tests/scenario/test_endpoints.py"),
    "storage/steering.py": _KEPT,
    "storage/facts.py": _KEPT,
    "storage/summaries.py": _KEPT,
    "bot/rendering/layout/__init__.py": ("tests/rendering",),
    "bot/rendering/layout/cut.py": ("tests/rendering",),
    "bot/rendering/keyboard.py": ("tests/rendering",),
}
"""Files of tests, or folders of them."""

CONTROL = "tests/mutants/control.py"
CONTROL_TESTS = "tests/mutants/test_control.py"
