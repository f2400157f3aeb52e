"""Bots by the places where they speak, through everything that can become of one."""

from typing import cast

import pytest

from bot.contracts.bots import BotPlan, Bots
from bot.contracts.platform import Platform
from bot.domain.bots import BotRules
from bot.domain.errors import SettingsError
from bot.domain.places import Place

HERE = Place("telegram", "7", "4711")


class _Bot:
    def __init__(self, bot: str, name: str = "telegram") -> None:
        self.name, self.bot, self.shown_name = name, bot, f"@{bot}"


def made(bot: str, name: str = "telegram") -> Platform:
    return cast(Platform, _Bot(bot, name))


def test_each_has_a_label_of_its_own() -> None:
    bots = Bots([made("1"), made("2"), made("3", "discord")])
    bots.enlist(made("4"), BotPlan(platform="telegram", token="", token_in="", name="school"))
    bots.enlist(made("5"), BotPlan(platform="telegram", token="", token_in="", name="school"))
    assert [label for label, _ in bots.labelled()] == ["telegram", "telegram 2", "discord", "school", "school 2"]


def test_what_waits_for_a_bot_waits_as_long_as_that_may_come() -> None:
    bot, other = made("7"), made("8")
    bots = Bots([bot, other])
    assert bots.may_come(HERE)
    bots.note_open(bot)
    bots.note_open(other)
    assert bots.find(HERE) is bots.at(HERE) is bot
    bots.note_lost(bot, "Refused.")
    assert bots.find(HERE) is None
    assert bots.may_come(HERE)
    assert bots.at(HERE) is bot, "What is under way there ends."
    assert (bots.trouble_of(bot), bots.trouble_of(other)) == ("Refused.", "")
    again = made("7")
    bots.replace(bot, again)
    bots.note_open(again)
    assert bots.find(HERE) is bots.at(HERE) is again
    assert bots.trouble_of(again) == ""
    bots.dismiss(again)
    assert [*bots] == [other]
    assert bots.may_come(HERE)
    assert bots.at(HERE) is again
    bots.forget("telegram", "7")
    assert not bots.may_come(HERE)
    assert not Bots([other]).may_come(Place("discord", "7", "4711"))


def test_its_rules_hold_once_it_is_known_which_bot_it_is() -> None:
    bot, rules = made("7"), BotRules(modes=("tutor",))
    bots = Bots()
    bots.enlist(bot, BotPlan(platform="telegram", token="", token_in="", rules=rules))
    assert not bots.rules
    bots.note_open(bot)
    bots.note_lost(bot)
    assert bots.rules == {("telegram", "7"): rules}, "What it has begun goes on by them."


def test_one_bot_runs_once() -> None:
    bot, twice = made("7"), made("7")
    bots = Bots([bot, twice])
    bots.note_open(bot)
    with pytest.raises(SettingsError, match="Two tokens are of @7"):
        bots.note_open(twice)
    assert bots.find(HERE) is bot
    bots.note_lost(twice)
    assert bots.find(HERE) is bot, "It was never the one."
