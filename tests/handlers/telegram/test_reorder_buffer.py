"""Updates that come in any order: which of them wait, for how long, and in what order they are handed on."""

from hypothesis import example, given
from hypothesis import strategies as st

from handlers.telegram.reorder_buffer import FAR, KEPT_WITHIN_S, PATIENCE_S, ReorderBuffer


def drained(buffer: ReorderBuffer[int], now_s: float) -> list[int]:
    ready = [number for number, _ in buffer.ready(now_s)]
    for number in ready:
        buffer.remove(number)
    return ready


@given(st.permutations(range(8)), st.integers(1, 10**9), st.booleans())
def test_what_comes_in_time_is_handed_on_in_telegrams_order(order: list[int], first: int, noted: bool) -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(first - 1 if noted else None)
    handed = []
    for number in order:
        buffer.add(first + number, number, 0.0)
        handed += drained(buffer, 0.0)
    handed += drained(buffer, PATIENCE_S)
    assert handed == [first + number for number in range(8)]
    assert len(buffer) == 0


@given(st.lists(st.tuples(st.integers(0, 2 * FAR), st.floats(0, 3)), max_size=12), st.integers(0, 2 * FAR))
@example([(0, 1.0), (0, 2.136895363084658), (2, 0.09246595638930336), (0, 1.0)], 0)
def test_nothing_waits_longer_than_patience_whatever_is_missing(
    arrivals: list[tuple[int, float]], reached: int
) -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(reached)
    came: dict[int, float] = {}
    now_s = 0.0
    for number, later_s in arrivals:
        now_s += later_s
        if buffer.find(number) is None:
            came[number] = now_s
            buffer.add(number, number, now_s)
        for done in drained(buffer, now_s):
            del came[done]
        assert all(now_s < at_s + PATIENCE_S for at_s in came.values())
        until_s = buffer.next_s()
        assert (until_s is None) == (not came)
        assert until_s is None or until_s > now_s


def test_one_that_is_missing_holds_up_what_comes_behind_it_once() -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(10)
    buffer.add(12, 0, 0.0)
    assert drained(buffer, 0.0) == []
    assert drained(buffer, PATIENCE_S) == [12]
    buffer.add(13, 0, PATIENCE_S)
    assert drained(buffer, PATIENCE_S) == [13], "What was given up once is not waited for again."
    buffer.add(11, 0, PATIENCE_S)
    assert drained(buffer, PATIENCE_S) == [11], "Late, it is still handed on."


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.booleans())
def test_what_others_have_kept_is_not_waited_for_and_not_overtaken(
    order: list[int], others: set[int], noted: bool
) -> None:
    """Of eight numbers some come to others, who tell that they have kept them, each in the same order as here."""
    buffer: ReorderBuffer[int] = ReorderBuffer(99 if noted else None)
    handed: list[int] = []
    kept: set[int] = set()
    for number in order:
        if number in others:
            buffer.note_kept(100 + number)
            kept.add(100 + number)
        else:
            buffer.add(100 + number, number, 0.0)
        done = drained(buffer, 0.0)
        if noted:
            # Of the numbers before, all are kept: here or by others.
            assert all(set(range(100, one)) <= kept | {*handed, *done} for one in done)
        handed += done
    if noted:
        assert sorted(handed) == handed == sorted(100 + number for number in range(8) if number not in others)
        assert buffer.reached == 107
    handed += drained(buffer, PATIENCE_S)
    assert sorted(handed) == sorted(100 + number for number in range(8) if number not in others)


def test_others_may_have_heard_that_telegram_restarts_its_count() -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(800_000_000)
    buffer.note_kept(5)
    buffer.add(6, 0, 0.0)
    assert drained(buffer, 0.0) == [6]


def test_what_was_not_kept_goes_before_what_came_later() -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(10)
    buffer.add(11, 0, 0.0)
    assert [number for number, _ in buffer.ready(0.0)] == [11]
    buffer.add(12, 0, 0.0)
    assert drained(buffer, 0.0) == [11, 12]


def test_telegram_may_restart_its_count() -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(800_000_000)
    for number in (5, 6):
        buffer.add(number, 0, 0.0)
    assert drained(buffer, PATIENCE_S) == [5, 6]
    buffer.add(7, 0, PATIENCE_S)
    assert drained(buffer, PATIENCE_S) == [7]


@given(st.permutations(range(8)), st.permutations(range(8)), st.sets(st.integers(0, 7)))
def test_what_has_come_to_others_is_not_overtaken_however_late_it_is_kept(
    order: list[int], keeping: list[int], others: set[int]
) -> None:
    """Everything has come, here or to others; these keep theirs much later than anything is missed."""
    buffer: ReorderBuffer[int] = ReorderBuffer(99)
    kept: set[int] = set()

    def look(now_s: float) -> None:
        for done in drained(buffer, now_s):
            assert set(range(100, done)) <= kept
            kept.add(done)

    for number in order:
        if number in others:
            buffer.note_come(100 + number, 0.0)
        else:
            buffer.add(100 + number, number, 0.0)
    for number in keeping:
        look(KEPT_WITHIN_S - 1.0)
        if number in others:
            kept.add(100 + number)
            buffer.note_kept(100 + number)
    look(KEPT_WITHIN_S - 1.0)
    assert kept == set(range(100, 108))


def test_what_another_has_not_kept_in_time_is_given_up_once() -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer(10)
    buffer.note_come(11, 0.0)
    buffer.add(12, 0, 1.0)
    assert drained(buffer, 1.0 + PATIENCE_S) == []
    assert buffer.next_s() == KEPT_WITHIN_S
    assert drained(buffer, KEPT_WITHIN_S) == [12]
    buffer.add(13, 0, KEPT_WITHIN_S)
    assert drained(buffer, KEPT_WITHIN_S) == [13]
