"""What holds for one bot alone: it offers less and admits fewer than the gateway, never more."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bots import BotRules
from bot.domain.people import RANK, Access, Identity, Role
from bot.domain.places import Place
from bot.domain.policy import Policy, marks_of
from bot.domain.sessions import Mode, Modes

HERE, ELSEWHERE = Place("telegram", "7", "4711"), Place("telegram", "8", "4711")
MODES = {name: Mode(name, name, (), "") for name in ("regular", "tutor", "documents")}
MARKS = st.frozensets(st.sampled_from(["telegram:user:1", "telegram:user:2", "telegram:role:9", "telegram:chat:4711"]))
WIDER = st.sampled_from(Access)
NARROWER = st.sampled_from([None, Access.ALLOWLIST, Access.INVITE, Access.APPROVAL])


@given(
    access=WIDER, own=NARROWER, admins=MARKS, allowlist=MARKS, allow=MARKS,
    user=st.sampled_from("12"), groups=st.sampled_from([(), ("role:9",)]), granted=st.sampled_from(Role),
)  # fmt: skip
def test_a_bot_admits_no_one_whom_the_gateway_does_not(
    access: Access,
    own: Access | None,
    admins: frozenset[str],
    allowlist: frozenset[str],
    allow: frozenset[str],
    user: str,
    groups: tuple[str, ...],
    granted: Role,
) -> None:
    rules = BotRules(access=own, allow=allow)
    policy = Policy(
        modes=Modes(MODES, "regular"), access=access, admins=admins, allowlist=allowlist,
        bots={("telegram", "7"): rules},
    )  # fmt: skip
    somebody = Identity("telegram", user, "Alice", groups=groups)
    marks = [*marks_of(somebody, HERE)]
    everywhere = policy.roles.role_of(granted, marks)
    here = policy.roles_at(HERE).role_of(granted, marks)
    assert RANK[here] <= RANK[everywhere]
    assert policy.roles_at(ELSEWHERE).role_of(granted, marks) is everywhere
    assert (here is Role.ADMIN) == (everywhere is Role.ADMIN)
    assert (here is Role.BLOCKED) == (everywhere is Role.BLOCKED)
    if allow and not allow & {*marks} and everywhere is Role.MEMBER:
        assert here is Role.STRANGER
        assert policy.access_at(HERE, somebody) is Access.ALLOWLIST
    if own is None and (not allow or allow & {*marks}):
        assert here is everywhere
        assert policy.access_at(HERE, somebody) is access


@given(
    offered=st.lists(st.sampled_from(sorted(MODES)), unique=True),
    chosen=st.booleans(),
    usual=st.sampled_from(sorted(MODES)),
)
def test_a_bot_offers_its_modes_and_begins_in_one_of_them(offered: list[str], chosen: bool, usual: str) -> None:
    rules = BotRules(modes=tuple(offered), default_mode=offered[-1] if chosen and offered else "")
    policy = Policy(modes=Modes(MODES, usual), bots={("telegram", "7"): rules})
    here = policy.at(HERE)
    assert [*here.modes] == (offered or [*MODES])
    assert here.default_mode in here.modes
    if rules.default_mode:
        assert here.default_mode == rules.default_mode
    elif usual in here.modes:
        assert here.default_mode == usual
    assert policy.at(ELSEWHERE) is policy


def test_a_bot_whose_modes_admins_take_away_opens_no_others() -> None:
    policy = Policy(modes=Modes(MODES, "regular"), bots={("telegram", "7"): BotRules(modes=("tutor", "documents"))})
    for left, offered in (("documents", ["documents"]), ("new", ["regular"])):
        policy.modes.become(dict.fromkeys(("regular", left), MODES["regular"]), "regular")
        assert [*policy.at(HERE).modes] == offered
