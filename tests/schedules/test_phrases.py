"""What people mean by a time, in six languages: a closed list of forms, and nothing guessed beside it."""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import UnixMs
from bot.domain.schedules import Every, Once, Rule, rule_to_text
from bot.schedules.lexicon import lexicons
from bot.schedules.meaning import Passed
from bot.schedules.phrases import understand
from bot.schedules.times import next_moment
from bot.texts import LANGUAGES, zones

ZONE = zones.zone("Europe/Berlin")
NOW = UnixMs(round(datetime(2026, 11, 27, 15, 10, tzinfo=ZONE).timestamp() * 1000))
"""A Friday afternoon."""


def told(rule: Rule) -> str:
    """A rule as the table below writes it: a single moment by what the clock shows."""
    match rule:
        case Once(at):
            return f"{datetime.fromtimestamp(at / 1000, ZONE):%Y-%m-%d %H:%M}"
        case Every(minutes):
            return f"every {minutes}"
    return rule_to_text(rule)


@pytest.mark.parametrize(
    ("language", "words", "rest", "when"),
    [
        ("en", "in 20 minutes call mum", "call mum", "2026-11-27 15:30"),
        ("en", "in an hour and 30 minutes tea", "tea", "2026-11-27 16:40"),
        ("en", "in half an hour x", "x", "2026-11-27 15:40"),
        ("en", "tomorrow 9:00 dentist", "dentist", "2026-11-28 09:00"),
        ("en", "tomorrow at 9 dentist", "dentist", "2026-11-28 09:00"),
        ("en", "call mum tomorrow at 5pm", "call mum", "2026-11-28 17:00"),
        ("en", "every weekday at 8 stand-up", "stand-up", "cron 0 8 * * mon,tue,wed,thu,fri"),
        ("en", "at 8 dinner", "dinner", "2026-11-27 20:00"),
        ("en", "at 8pm dinner", "dinner", "2026-11-27 20:00"),
        ("en", "at 4 tea", "tea", "2026-11-27 16:00"),
        ("en", "on monday at 10 report", "report", "2026-11-30 10:00"),
        ("en", "next friday at 3 report", "report", "2026-12-04 15:00"),
        ("en", "every monday and thursday at 7:30 gym", "gym", "cron 30 7 * * mon,thu"),
        ("en", "every 2 weeks on monday at 9 retro", "retro", "days 14 2026-11-30 09:00"),
        ("en", "on the 5th at noon rent", "rent", "2026-12-05 12:00"),
        ("en", "every month on the 31st at 18:00 rent", "rent", "monthly 31 * 18:00"),
        ("en", "on 5 December at 14:00 party", "party", "2026-12-05 14:00"),
        ("en", "December 5 2027 party", "party", "2027-12-05 09:00"),
        ("en", "every year on 24 December at 6 pm gifts", "gifts", "monthly 24 12 18:00"),
        ("en", "tonight film", "film", "2026-11-27 20:00"),
        ("en", "daily at 7am walk", "walk", "cron 0 7 * * *"),
        ("en", "every other day at 8 water", "water", "days 2 2026-11-29 08:00"),
        ("en", "0 8 * * 1-5 stand-up", "stand-up", "cron 0 8 * * 1-5"),
        ("en", "*/10 * * * * look", "look", "cron */10 * * * *"),
        ("en", "2026-12-05 14:00 party", "party", "2026-12-05 14:00"),
        ("en", "25/12 at 10 party", "party", "2026-12-25 10:00"),
        ("en", "in 3 days at 10 x", "x", "2026-11-30 10:00"),
        ("en", "in 2 months x", "x", "2027-01-27 15:10"),
        ("en", "pay the rent on the 1st", "pay the rent", "2026-12-01 09:00"),
        ("en", "every 90 minutes drink", "drink", "every 90"),
        ("en", "hourly drink", "drink", "every 60"),
        ("en", "at midnight sleep", "sleep", "2026-11-28 00:00"),
        ("en", "half past 6 wake", "wake", "2026-11-28 06:30"),
        ("en", "tomorrow 3 eggs", "3 eggs", "2026-11-28 09:00"),
        ("en", "tomorrow morning run", "run", "2026-11-28 09:00"),
        ("en", "every morning run", "run", "cron 0 9 * * *"),
        ("en", "next week plan", "plan", "2026-12-04 15:10"),
        ("en", "water plants every day at 7", "water plants", "cron 0 7 * * *"),
        ("en", "weekends at 10 brunch", "brunch", "cron 0 10 * * sat,sun"),
        ("de", "in 20 Minuten Mama anrufen", "Mama anrufen", "2026-11-27 15:30"),
        ("de", "morgen um 9 Uhr Zahnarzt", "Zahnarzt", "2026-11-28 09:00"),
        ("de", "morgen um 9 Zahnarzt", "Zahnarzt", "2026-11-28 09:00"),
        ("de", "jeden Werktag um 8 Standup", "Standup", "cron 0 8 * * mon,tue,wed,thu,fri"),
        ("de", "am Montag um 10 Bericht", "Bericht", "2026-11-30 10:00"),
        ("de", "um 9 am Montag Bericht", "Bericht", "2026-11-30 09:00"),
        ("de", "am 5. Dezember um 14 Uhr Feier", "Feier", "2026-12-05 14:00"),
        ("de", "am 5.12. um 14:30 Feier", "Feier", "2026-12-05 14:30"),
        ("de", "alle 2 Stunden trinken", "trinken", "every 120"),
        ("de", "montags um 9 Müll", "Müll", "cron 0 9 * * mon"),
        ("de", "heute Abend Film", "Film", "2026-11-27 19:00"),
        ("de", "übermorgen um halb 8 aufstehen", "aufstehen", "2026-11-29 07:30"),
        ("de", "in einer halben Stunde Tee", "Tee", "2026-11-27 15:40"),
        ("de", "jeden 1. Miete", "Miete", "monthly 1 * 09:00"),
        ("de", "jeden Monat am 31. um 9 Miete", "Miete", "monthly 31 * 09:00"),
        ("de", "Müll rausbringen morgen früh", "Müll rausbringen", "2026-11-28 08:00"),
        ("de", "in 2 Wochen Rechnung", "Rechnung", "2026-12-11 15:10"),
        ("es", "en 20 minutos llamar", "llamar", "2026-11-27 15:30"),
        ("es", "mañana a las 9 dentista", "dentista", "2026-11-28 09:00"),
        ("es", "cada día a las 8 de la mañana agua", "agua", "cron 0 8 * * *"),
        ("es", "todos los lunes a las 7 gimnasio", "gimnasio", "cron 0 7 * * mon"),
        ("es", "el 5 de diciembre a las 14:00 fiesta", "fiesta", "2026-12-05 14:00"),
        ("es", "el viernes a las 8 de la tarde cena", "cena", "2026-11-27 20:00"),
        ("es", "entre semana a las 8 reunión", "reunión", "cron 0 8 * * mon,tue,wed,thu,fri"),
        ("es", "dentro de media hora té", "té", "2026-11-27 15:40"),
        ("es", "pasado mañana a las 10 x", "x", "2026-11-29 10:00"),
        ("ru", "через 20 минут позвонить", "позвонить", "2026-11-27 15:30"),
        ("ru", "через час позвонить", "позвонить", "2026-11-27 16:10"),
        ("ru", "завтра в 9 врач", "врач", "2026-11-28 09:00"),
        ("ru", "завтра в 9:00 врач", "врач", "2026-11-28 09:00"),
        ("ru", "в понедельник в 10 утра отчёт", "отчёт", "2026-11-30 10:00"),
        ("ru", "каждый день в 8 утра вода", "вода", "cron 0 8 * * *"),
        ("ru", "по будням в 8 созвон", "созвон", "cron 0 8 * * mon,tue,wed,thu,fri"),
        ("ru", "5 декабря в 14:00 праздник", "праздник", "2026-12-05 14:00"),
        ("ru", "каждую среду в 19:30 курс", "курс", "cron 30 19 * * wed"),
        ("ru", "сегодня вечером кино", "кино", "2026-11-27 19:00"),
        ("ru", "через полчаса чай", "чай", "2026-11-27 15:40"),
        ("ru", "каждые 2 часа пить", "пить", "every 120"),
        ("ru", "в 8 часов вечера ужин", "ужин", "2026-11-27 20:00"),
        ("uk", "через 20 хвилин подзвонити", "подзвонити", "2026-11-27 15:30"),
        ("uk", "завтра о 9 лікар", "лікар", "2026-11-28 09:00"),
        ("uk", "щодня о 8 ранку вода", "вода", "cron 0 8 * * *"),
        ("uk", "щопонеділка о 9 збори", "збори", "cron 0 9 * * mon"),
        ("uk", "у п'ятницю о 18:00 кіно", "кіно", "2026-11-27 18:00"),
        ("uk", "5 грудня о 14:00 свято", "свято", "2026-12-05 14:00"),
        ("uk", "по буднях о 8 дзвінок", "дзвінок", "cron 0 8 * * mon,tue,wed,thu,fri"),
        ("zh", "20分钟后打电话", "打电话", "2026-11-27 15:30"),
        ("zh", "半小时后喝茶", "喝茶", "2026-11-27 15:40"),
        ("zh", "明天上午9点看牙医", "看牙医", "2026-11-28 09:00"),
        ("zh", "明天下午3点半开会", "开会", "2026-11-28 15:30"),
        ("zh", "每天早上8点喝水", "喝水", "cron 0 8 * * *"),
        ("zh", "每周一9点开会", "开会", "cron 0 9 * * mon"),
        ("zh", "工作日8点站会", "站会", "cron 0 8 * * mon,tue,wed,thu,fri"),
        ("zh", "12月5日14点聚会", "聚会", "2026-12-05 14:00"),
        ("zh", "下周一上午10点报告", "报告", "2026-11-30 10:00"),
        ("zh", "今晚8点看电影", "看电影", "2026-11-27 20:00"),
        ("zh", "两个小时后提醒", "提醒", "2026-11-27 17:10"),
        ("zh", "每2小时喝水", "喝水", "every 120"),
        ("en", "tonight at 8 film", "film", "2026-11-27 20:00"),
        ("en", "tomorrow at 8 in the evening film", "film", "2026-11-28 20:00"),
        ("es", "mañana a las 8 de la noche x", "x", "2026-11-28 20:00"),
        ("de", "morgen um 8 abends x", "x", "2026-11-28 20:00"),
        ("de", "morgen Abend um 8 x", "x", "2026-11-28 20:00"),
        ("de", "am Sonntag x", "x", "2026-11-29 09:00"),
        ("ru", "в пятницу вечером кино", "кино", "2026-11-27 19:00"),
        ("uk", "завтра о 7 вечора x", "x", "2026-11-28 19:00"),
        ("de", "24.12. 18:00 Geschenke", "Geschenke", "2026-12-24 18:00"),
        ("de", "am 24.12. 18 Uhr Geschenke", "Geschenke", "2026-12-24 18:00"),
        ("de", "24.12.27 Geschenke", "Geschenke", "2027-12-24 09:00"),
        ("de", "24. 12. 2027 um 8 Geschenke", "Geschenke", "2027-12-24 08:00"),
        ("en", "me in 5 min to stretch", "to stretch", "2026-11-27 15:15"),
        ("en", "call me in 5 minutes", "call me", "2026-11-27 15:15"),
        ("ru", "мне завтра в 9 врач", "врач", "2026-11-28 09:00"),
        ("en", "tomorrow chapter 3:16", "chapter 3:16", "2026-11-28 09:00"),
        ("en", "tomorrow 8 apples", "8 apples", "2026-11-28 09:00"),
        ("en", "in 20 minutes 16:30 train", "16:30 train", "2026-11-27 15:30"),
        ("de", "tomorrow at 9 dentist", "dentist", "2026-11-28 09:00"),
        ("en", "завтра в 9 врач", "врач", "2026-11-28 09:00"),
    ],
)
def test_words_are_understood(language: str, words: str, rest: str, when: str) -> None:
    found = understand(words, NOW, ZONE, language)
    assert found is not None
    assert (told(found.rule), found.rest) == (when, rest)


@pytest.mark.parametrize(
    "words",
    [
        "buy 5 apples",
        "5/12 party",
        "soon",
        "at 25:00 tea",
        "tomorrow at 25:00 tea",
        "tomorrow 9:75 tea",
        "every day at 30 tea",
        "morgen um 25 Uhr Tee",
        "on 31 February party",
        "every fortnight or so",
        "in the kitchen",
        "march on",
        "7",
        "",
        "61 8 * * * look",
    ],
)
def test_what_names_no_time_is_not_guessed_at(words: str) -> None:
    assert understand(words, NOW, ZONE, "en") is None


@pytest.mark.parametrize("words", ["today at 9:00 late", "1 January 2020 party", "2026-11-27 15:10 now"])
def test_a_moment_that_is_over_is_said_to_be(words: str) -> None:
    with pytest.raises(Passed):
        understand(words, NOW, ZONE, "en")


def examples() -> Iterator[tuple[str, str]]:
    """Every time that our own sentences give as an example, with its language."""
    for language in LANGUAGES:
        if language == "en":
            continue
        path = Path("bot/texts") / f"{language}.toml"
        for english, words in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if "/remind" in english or english.startswith("I do not know when"):
                for text, tag in ((english, "en"), (words, language)):
                    yield from ((tag, found) for found in re.findall(r"`(?:/remind |/schedule )?([^`/]+)`", text))


@pytest.mark.parametrize(("language", "words"), sorted(set(examples())))
def test_every_example_that_is_given_is_understood(language: str, words: str) -> None:
    assert understand(words, NOW, ZONE, language) is not None


@given(st.sampled_from(sorted(LANGUAGES)), st.data())
def test_words_in_any_order_are_understood_or_not_and_what_is_lies_ahead(language: str, data: st.DataObject) -> None:
    phrases = sorted(lexicons(language)[0].phrases)
    drawn = data.draw(
        st.lists(st.one_of(st.sampled_from(phrases), st.integers(0, 60).map(str)), min_size=1, max_size=6)
    )
    words = " ".join(drawn)
    try:
        found = understand(words, NOW, ZONE, language)
    except Passed:
        return
    if found is not None:
        at = next_moment(found.rule, NOW, ZONE)
        assert at is not None and at > NOW
        assert found.rest == "" or found.rest in words
