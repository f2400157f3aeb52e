"""Which models a question is sent to: those chosen for it, if they are offered, then its mode's."""

from collections.abc import Iterator
from itertools import takewhile

from bot.domain.model_names import OFFLINE, OWN, ModelName
from bot.domain.people import Person
from bot.domain.policy import Policy
from bot.domain.sessions import Session
from bot.people import purse
from storage.turns import Made


def _wishes(session: Session, person: Person, wish: ModelName | None) -> Iterator[ModelName]:
    """The models chosen for someone's question: for it alone, for its session, for all of their own or of its place."""
    own = person.default_model if session.owner == person.id else session.place_model
    yield from filter(None, (wish, session.model, own))


def _is_offered(model: ModelName, session: Session, person: Person, policy: Policy) -> bool:
    """Whether a model may be asked: one of the operator's, or one of their own in a session that is theirs."""
    if model.is_own:
        return session.owner == person.id
    return any(model in mode.chain for mode in policy.modes.values()) or model in policy.listed


def _chosen(session: Session, person: Person, wish: ModelName | None, policy: Policy) -> ModelName | None:
    wishes = _wishes(session, person, wish)
    return next((model for model in wishes if _is_offered(model, session, person, policy)), None)


def gone_models(session: Session, person: Person, wish: ModelName | None, policy: Policy) -> tuple[ModelName, ...]:
    """What was chosen for someone's question and is no longer offered, where it would have been asked."""
    wishes = _wishes(session, person, wish)
    return tuple(takewhile(lambda model: not _is_offered(model, session, person, policy), wishes))


def own_model(session: Session, person: Person, wish: ModelName | None, policy: Policy) -> ModelName | None:
    """The model of their own that someone's question is for, if it is for one. Only in sessions that are theirs."""
    chosen = _chosen(session, person, wish, policy)
    return chosen if chosen is not None and chosen.is_own else None


def models_for(session: Session, person: Person, wish: ModelName | None, policy: Policy) -> tuple[ModelName, ...]:
    """Whom someone's question is put to, in order: the turn's own wish, the session's, the mode's chain.

    A model that the operator has taken away since it was chosen is not among them.
    """
    chain = policy.mode_of(session).chain
    first = _chosen(session, person, wish, policy)
    if first is None:
        return chain
    if first.is_own:
        return (first,)  # The others were not paid for.
    return (first, *(model for model in chain if model != first))


def price_of(session: Session, person: Person, made: Made, policy: Policy) -> int:
    """What is held for a question: nothing if one's own model answers it, or where only the built-in one can."""
    if made.picture is not None:
        return purse.reserve_for_picture(person, policy) if any(map(_is_paid_for, policy.files.drawing)) else 0
    models = (*models_for(session, person, made.model, policy), *policy.files.seeing)
    return purse.reserve(person, policy) if any(map(_is_paid_for, models)) else 0


def _is_paid_for(model: ModelName) -> bool:
    return model.provider not in (OWN, OFFLINE)
