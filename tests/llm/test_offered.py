"""Whatever was chosen before the operator changed the models: only what is offered is asked, and what counts first."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import PersonId, SessionId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.people import Person, Role
from bot.domain.policy import Policy
from bot.domain.sessions import Mode, Modes, Session, TitleBy
from bot.llm.wishes import gone_models, models_for, own_model

NOW = UnixMs(1_795_176_000_000)
NAMES = tuple(map(ModelName, ("a/1", "a/2", "b/1", "own/1", "own/2", "offline/parley")))
chosen = st.none() | st.sampled_from(NAMES)
chain = st.lists(st.sampled_from([name for name in NAMES if not name.is_own]), min_size=1, max_size=3, unique=True)


@given(chosen, chosen, chosen, chain, chain, st.booleans())
def test_only_what_is_offered_is_asked_and_in_its_order(
    wish: ModelName | None,
    model: ModelName | None,
    default: ModelName | None,
    regular: list[ModelName],
    other: list[ModelName],
    theirs: bool,
) -> None:
    person = Person(PersonId(1), Role.MEMBER, "Alice", default_model=default)
    owner = person.id if theirs else None
    session = Session(
        SessionId(1), owner, "", TitleBy.WORDS, "regular", model, None, None, None, None, None, None, NOW, NOW
    )  # fmt: skip
    modes = {name: Mode(name, "", tuple(models), "") for name, models in (("regular", regular), ("other", other))}
    policy = Policy(modes=Modes(modes, "regular"))
    wishes = [name for name in (wish, model, default if theirs else None) if name]
    offered = {*regular, *other, *(("own/1", "own/2") if theirs else ())}
    asked = models_for(session, person, wish, policy)
    first = next((name for name in wishes if name in offered), None)
    assert set(asked) <= offered
    assert asked[0] == (first or regular[0])
    rest = [] if asked[0].startswith("own/") else [name for name in regular if name != asked[0]]
    assert list(asked[1:]) == rest
    gone = gone_models(session, person, wish, policy)
    assert list(gone) == wishes[: wishes.index(first) if first else None]
    mine = own_model(session, person, wish, policy)
    assert mine == (asked[0] if asked[0].startswith("own/") else None)
