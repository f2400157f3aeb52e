"""What is held for an answer before which something is thought."""

from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import ModelProfile
from bot.domain.efforts import RANK, Effort
from bot.llm.spending import held_tokens

efforts = st.none() | st.sampled_from(Effort)


@given(efforts, efforts, st.none() | st.integers(1, 400_000))
def test_the_more_is_thought_the_more_is_held_and_never_more_than_a_model_writes(
    one: Effort | None, other: Effort | None, longest: int | None
) -> None:
    profile = ModelProfile(output_tokens=longest)
    less, more = sorted((one, other), key=lambda effort: -1 if effort is None else RANK[effort])
    assert held_tokens(profile, less) <= held_tokens(profile, more)
    assert longest is None or held_tokens(profile, more) <= longest
