"""What is held for an answer before which something is thought."""

from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import ModelProfile
from bot.domain.efforts import RANK, Effort
from bot.llm.spending import held_tokens

efforts = st.none() | st.sampled_from(Effort)


lengths = st.none() | st.integers(1, 400_000)


@given(efforts, efforts, lengths, lengths)
def test_the_more_is_thought_the_more_is_held_and_never_more_than_may_be_written(
    one: Effort | None, other: Effort | None, writes: int | None, told: int | None
) -> None:
    profile = ModelProfile(output_tokens=writes)
    less, more = sorted((one, other), key=lambda effort: -1 if effort is None else RANK[effort])
    assert held_tokens(profile, less, told) <= held_tokens(profile, more, told)
    assert held_tokens(profile, more, told) <= min(filter(None, (writes, told)), default=400_000)
    assert held_tokens(profile, more, told) == held_tokens(ModelProfile(output_tokens=told), more, writes)
