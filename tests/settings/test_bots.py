"""`[[bots]]`: what is taken, what is refused in which words, and who else can read a token."""

from pathlib import Path

import pytest

from bot.domain.errors import SettingsError
from bot.settings import Settings, load_settings

SECRET = "123:secret-of-the-bot"
BOT = f'[[bots]]\nname = "school"\nplatform = "telegram"\ntoken = "{SECRET}"\n'


def loaded(directory: Path, text: str, **environ: str) -> Settings:
    (directory / "parley.toml").write_text(text, encoding="utf-8")
    return load_settings(environ, directory)


def test_bots_stand_beside_those_of_the_environment(tmp_path: Path) -> None:
    second = '[[bots]]\nname = "b"\nplatform = "Discord"\ntoken_env = "B"\n'
    text = f'access = "open"\n{BOT}modes = ["regular"]\nallow = ["discord:role:9"]\n{second}'
    settings = loaded(tmp_path, text, TELEGRAM_BOT_TOKEN="1:a,2:b", B="word")
    plans = [(one.platform, one.name, one.token, one.token_in) for one in settings.bots()]
    assert plans == [
        ("telegram", "", "1:a", "`TELEGRAM_BOT_TOKEN`"),
        ("telegram", "", "2:b", "`TELEGRAM_BOT_TOKEN`"),
        ("telegram", "school", SECRET, "`token` of the bot 'school' in parley.toml"),
        ("discord", "b", "word", "`B`"),
    ]
    rules = [one.rules for one in settings.bots()]
    assert (rules[2].modes, rules[2].allow) == (("regular",), frozenset({"discord:role:9"}))
    assert rules[0] == rules[3]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('access = "open"', "bots.school.access is open, but ACCESS is invite."),
        ('access = "everyone"', "bots.0.access is 'everyone', which is not one of"),
        ('modes = ["pirate"]', "bots.school.modes names 'pirate', which is not a mode."),
        ('modes = ["documents"]\ndefault_mode = "regular"', "bots.school.default_mode is 'regular', which the bot"),
        ('language = "fr"', "bots.school.language is 'fr', which the bot does not speak."),
        ('allow = ["telegram:guild:1"]', "bots.school.allow holds 'telegram:guild:1', which names no one."),
        ('colour = "red"', "bots.0.colour is not a setting."),
        (BOT, "bots names two bots 'school'."),
        ('[[bots]]\nname = "b"\nplatform = "telegram"\ntoken = "1:a"', "bots.b holds a token that another bot has"),
        ('[[bots]]\nname = "telegram"\nplatform = "telegram"\ntoken = "2:b"', "bots.telegram is not a name for a bot."),
        ('[[bots]]\nname = "b"\nplatform = "matrix"\ntoken = "2:b"', "bots.b.platform is 'matrix', which is not a"),
        ('[[bots]]\nname = "b"\nplatform = "telegram"', "bots.b.token is missing."),
        ('[[bots]]\nname = "b"\nplatform = "telegram"\ntoken_env = "NONE"', "bots.1.token_env names 'NONE', which is"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, BOT + lines, TELEGRAM_BOT_TOKEN="1:a")
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('access = "open"', "access is open, but ACCESS is invite."),
        ('modes = ["pirate"]', "modes names 'pirate', which is not a mode."),
        ('language = "fr"', "language is 'fr', which the bot does not speak."),
        ('allow = ["telegram:guild:1"]', "allow holds 'telegram:guild:1', which names no one."),
        (f'token = "{SECRET}"', "token is not a setting."),
        ("modes =", "Invalid value (at end of document)."),
    ],
)
def test_what_a_chat_says_of_a_bot_is_bounded_as_the_file_is(tmp_path: Path, text: str, said: str) -> None:
    bounds = loaded(tmp_path, BOT).bounds()
    with pytest.raises(SettingsError) as caught:
        bounds.read(text)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    lines = 'modes = ["documents"]\nallow = ["discord:role:9"]\nwelcome = "Hi"'
    (plan,) = loaded(tmp_path, f"{BOT}{lines}").bots()
    assert bounds.read(lines) == bounds.read(lines.replace('"', "“")) == plan.rules
