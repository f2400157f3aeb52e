"""Where settings come from, and what an operator reads when one is wrong."""

import traceback
from pathlib import Path

import pytest

from bot.contracts.prices import Rates, Tariff
from bot.contracts.provider import Price
from bot.domain.errors import SettingsError
from bot.domain.people import Access
from bot.settings import Settings, load_settings
from bot.settings.values import Listed
from tests.support.rights import laid_down

TOKEN = "123456:AAE-secret_part"
SECRET = "sk-very-secret"


def complaint(directory: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, directory)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_nothing_set_is_a_working_configuration(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert not any(settings.bots())
    assert settings.access is Access.INVITE
    assert (settings.tokens_start, settings.tokens_per_request, settings.context_messages) == (4000, 100, 36)
    assert settings.data_dir == tmp_path / "data"


def test_the_environment_counts_before_dotenv_before_toml(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text("tokens_start = 1\nworkers = 1\nundo_minutes = 1\n")
    (tmp_path / ".env").write_text("TOKENS_START=2\nWORKERS=2\n")
    settings = load_settings({"TOKENS_START": "3"}, tmp_path)
    assert (settings.tokens_start, settings.workers, settings.undo_minutes) == (3, 2, 1)


def test_an_empty_value_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TOKENS_START=2\nMISTRAL_API_KEY=\n")
    settings = load_settings({"TOKENS_START": "", "ACCESS": '""', "WORKERS": "  "}, tmp_path)
    assert settings.tokens_start == 2
    assert settings.access is Access.INVITE
    assert settings.mistral_api_key is None


@pytest.mark.parametrize("written", [f'"{SECRET}"', f"'{SECRET}'", f"  {SECRET} ", f'" {SECRET} "'])
def test_values_may_be_quoted_in_any_source(tmp_path: Path, written: str) -> None:
    in_environment = load_settings({"MISTRAL_API_KEY": written}, tmp_path)
    (tmp_path / ".env").write_text(f"MISTRAL_API_KEY={written}\n")
    in_file = load_settings({}, tmp_path)
    for settings in (in_environment, in_file):
        assert settings.mistral_api_key is not None
        assert settings.mistral_api_key.get_secret_value() == SECRET


def test_other_programs_names_change_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\nMODE_TABLES=x\nMODES=x\nexport OTHER='y'\n")
    assert load_settings({"ENDPOINTS": "x", "ENDPOINT_TABLES": "{"}, tmp_path) == load_settings({}, tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfTOKENS_START=7\n")
    (tmp_path / "parley.toml").write_bytes(b"\xef\xbb\xbfworkers = 8\n")
    settings = load_settings({}, tmp_path)
    assert (settings.tokens_start, settings.workers) == (7, 8)


def test_words_are_read_in_capitals_and_switches_in_every_common_form(tmp_path: Path) -> None:
    settings = load_settings(
        {"ACCESS": "OPEN", "LOG_LEVEL": "DEBUG", "PACING": "Off", "TITLES": "0", "EXACTLY_ONCE": "yes"}, tmp_path
    )
    assert settings.access is Access.OPEN
    assert settings.log_level == "debug"
    assert (settings.pacing, settings.titles, settings.exactly_once) == (False, False, True)


@pytest.mark.parametrize(
    "written",
    [
        "telegram:user:1, telegram:chat:-1001,discord:role:3",
        "telegram:user:1 telegram:chat:-1001\ndiscord:role:3",
        '["telegram:user:1", "telegram:chat:-1001", "discord:role:3"]',
    ],
)
def test_lists_are_separated_by_commas_or_blanks_or_are_json(tmp_path: Path, written: str) -> None:
    settings = load_settings({"ALLOWLIST": written}, tmp_path)
    assert settings.allowlist == (
        Listed("telegram", "user", "1"),
        Listed("telegram", "chat", "-1001"),
        Listed("discord", "role", "3"),
    )
    assert str(settings.allowlist[1]) == "telegram:chat:-1001"


def test_prices_are_read_and_the_first_that_fits_counts(tmp_path: Path) -> None:
    prices = load_settings({"PRICES": "'mistral/small=0.1/0.3', ollama/*=0/0"}, tmp_path).prices
    assert prices == (Price("mistral/small", Tariff.flat(100_000, 300_000)), Price("ollama/*", Tariff.flat(0, 0)))
    for wrong in (
        "mistral/small",
        "small=1/2",
        "mistral/small=1",
        "mistral/small=1.2.3/4",
        "mistral/small=-1/2",
        "a/b=9999999/1",
        "a/b=1/2+cached",
        "a/b=1/2+cached=x",
        "a/b=1/2+cached=1/2",
        "a/b=1/2+cheap=1",
        "a/b=1/2+read=1",
        "a/b=1/2+since=1",
        "a/b=1/2+above200k=4",
        "a/b=1/2+above9=3/4+above8=5/6",
    ):
        assert f"PRICES holds {wrong!r}, which is not a price." in complaint(tmp_path, PRICES=wrong)


def test_a_price_can_say_all_that_a_table_can(tmp_path: Path) -> None:
    written = (
        "a/b=2/8+cached=0.2+stored=2.5+stored_long=4+above200k=4/12+cached=0.4+sound=6+above272000=5/15"
        "+second=0.00001+request=0.005"
    )
    (price,) = load_settings({"PRICES": written}, tmp_path).prices
    assert price.tariff == Tariff(
        (
            Rates(2_000_000, 8_000_000, cached=200_000, stored=2_500_000, stored_long=4_000_000),
            Rates(4_000_000, 12_000_000, cached=400_000, sound=6_000_000, since=200_001),
            Rates(5_000_000, 15_000_000, since=272_001),
        ),
        second=10_000_000,
        request=5_000_000_000,
    )


def test_toml_takes_lists_as_lists(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text('ADMINS = ["telegram:user:1"]\n')
    assert load_settings({}, tmp_path).admins == (Listed("telegram", "user", "1"),)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TOKENS_START", "many", "TOKENS_START is 'many', which is not a whole number. Give a number such as 4000."),
        ("TOKENS_START", "-1", "TOKENS_START is '-1', which is too small. Give 0 or more."),
        ("TOKENS_START", "4.000", "TOKENS_START is '4.000', which is not a whole number. Give a number such as 4000."),
        ("SECRET_KEY", "short", "SECRET_KEY is too short. Give at least 16 characters."),
        ("CONTEXT_MESSAGES", "0", "CONTEXT_MESSAGES is '0', which is too small. Give 1 or more."),
        ("MODEL_TOTAL_S", "soon", "MODEL_TOTAL_S is 'soon', which is not a number. Give a number such as 600."),
        ("MODEL_TOTAL_S", "inf", "MODEL_TOTAL_S is 'inf', which is not a number. Give a number such as 600."),
        ("PACING", "maybe", "PACING is 'maybe', which is neither on nor off. Write on or off."),
        (
            "ACCESS",
            "everyone",
            "ACCESS is 'everyone', which is not one of open, allowlist, invite, approval. Choose one of them.",
        ),
        ("LOG_FORMAT", "xml", "LOG_FORMAT is 'xml', which is not one of readable, json. Choose one of them."),
        (
            "ALLOWLIST",
            "telegram:role:1",
            "ALLOWLIST holds 'telegram:role:1', which names no one. Write platform:kind:id: telegram:user or "
            "chat:123456; discord:user or chat or guild or role:123456.",
        ),
        (
            "ADMINS",
            "discord:guild:1",
            "ADMINS names something that is not a user. Write platform:user:id, such as telegram:user:123456.",
        ),
        (
            "TELEGRAM_API_URL",
            "localhost:8081",
            "TELEGRAM_API_URL is not a complete address: it must begin with http:// or https:// and name a host. "
            "Write it like https://api.example.com/v1.",
        ),
        (
            "DEFAULT_MODE",
            "poet",
            "DEFAULT_MODE is 'poet', which is not a mode. Choose one of regular, uncensored, documents.",
        ),
    ],
)
def test_a_wrong_value_is_told_in_one_go(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    assert complaint(tmp_path, **{name: value}) == sentence


@pytest.mark.parametrize(
    "line", [f'ACCESS="{SECRET}', f"ACCESS: {SECRET}", f"$ACCESS {SECRET}", f"'ACCESS' : {SECRET}"]
)
def test_a_line_that_cannot_be_read_is_told_and_not_repeated(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"# Who may\nTOKENS_START=1\n{line}\n")
    sentence = complaint(tmp_path)
    assert ".env, line 3, cannot be read. Write NAME=value" in sentence
    assert SECRET not in sentence


def test_half_a_key_of_a_bucket_is_told_and_a_key_in_its_address_not_repeated(tmp_path: Path) -> None:
    bucket = {"BLOBS_URL": "s3://bucket", "AWS_ACCESS_KEY_ID": "a-key"}
    assert "AWS_SECRET_ACCESS_KEY is missing. Set it beside AWS_ACCESS_KEY_ID" in complaint(tmp_path, **bucket)
    sentence = complaint(tmp_path, BLOBS_URL=f"s3://key:{SECRET}@bucket")
    assert "is not the address of a bucket." in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize(
    "value", ["http://", "https://:80", "https://host:port", "ftp://host", "https://a b", "//host"]
)
def test_an_address_is_whole_or_refused(tmp_path: Path, value: str) -> None:
    assert "MISTRAL_BASE_URL is not a complete address" in complaint(tmp_path, MISTRAL_BASE_URL=value)


@pytest.mark.parametrize("cut", ["@", "/", "?", "#", "%", " ", "@a/b?c=d#"])
def test_a_password_that_is_not_escaped_is_refused_and_not_repeated(tmp_path: Path, cut: str) -> None:
    sentence = complaint(tmp_path, DATABASE_URL=f"postgresql://parley:{SECRET}{cut}{SECRET}@db.example.org/parley")
    assert "characters escaped" in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize("server", ["a.example:5432,b.example:6432", "[::1]:5432,[::2]", "", "db.example"])
def test_a_database_may_be_on_several_servers_or_on_this_machine(tmp_path: Path, server: str) -> None:
    address = f"postgres://parley:p%40ss@{server}/parley?target_session_attrs=read-write"
    assert load_settings({"DATABASE_URL": address}, tmp_path).database_address() == address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", SECRET),
        ("TELEGRAM_BOT_TOKEN", f"{TOKEN} {SECRET}"),
        ("DISCORD_BOT_TOKEN", f"Bot {SECRET}"),
        ("MISTRAL_API_KEY", f"{SECRET}\n{SECRET}"),
        ("MISTRAL_API_KEY", f"{SECRET}\u200b"),
        ("MISTRAL_BASE_URL", SECRET),
    ],
)
def test_a_complaint_names_the_setting_and_never_its_secret(tmp_path: Path, name: str, value: str) -> None:
    sentence = complaint(tmp_path, **{name: value})
    assert sentence.startswith(name)
    assert SECRET not in sentence


def test_a_secret_of_the_wrong_type_in_toml_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text("mistral_api_key = 987654321\n")
    assert complaint(tmp_path) == "MISTRAL_API_KEY is not a string. Put it in quotes."


def test_secrets_stay_out_of_the_repr(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text(f'[endpoints.mine]\nbase_url = "http://h/v1"\napi_key = "{SECRET}"\n')
    settings = load_settings({"TELEGRAM_BOT_TOKEN": TOKEN, "MISTRAL_API_KEY": SECRET}, tmp_path)
    for text in (repr(settings), str(settings), repr(settings.endpoints())):
        assert SECRET not in text
        assert TOKEN not in text


def test_a_broken_toml_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text("tokens_start = 1\nworkers == 2\n")
    sentence = complaint(tmp_path)
    assert str(tmp_path / "parley.toml") in sentence
    assert "line 2" in sentence


def test_a_misspelt_name_in_toml_is_told_with_the_likely_one(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text("token_start = 1\n")
    assert complaint(tmp_path) == (
        f"{tmp_path / 'parley.toml'} names 'token_start', which is not a setting. Did you mean 'tokens_start'?"
    )


@pytest.mark.parametrize("name", [".env", "parley.toml"])
def test_a_file_that_is_not_utf8_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"tokens_start = \xff\n")
    assert complaint(tmp_path) == f"{tmp_path / name} is not text in UTF-8. Save it as UTF-8."


@pytest.mark.parametrize("name", [".env", "parley.toml"])
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch(mode=0)
    with laid_down():
        assert "cannot be read" in complaint(tmp_path)


def test_a_directory_that_may_not_be_entered_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    with laid_down(), pytest.raises(SettingsError, match=r"closed/\.env cannot be read: Permission denied"):
        load_settings({}, env_file=tmp_path / "closed" / ".env")


def test_a_data_directory_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    assert complaint(tmp_path, DATA_DIR="taken/data") == (
        f"DATA_DIR is {str(tmp_path / 'taken/data')!r}, but {str(tmp_path / 'taken')!r} is a file. Name a directory."
    )


def test_a_data_directory_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with laid_down():
        assert "may not write" in complaint(tmp_path, DATA_DIR="closed/data")


def test_a_home_directory_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings({"DATA_DIR": "~/parley"}, Path("/")).data_dir == tmp_path / "parley"


def test_settings_made_in_code_read_nothing_around_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TOKENS_START=2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKENS_START", "3")
    assert Settings().tokens_start == 4000
    assert load_settings().tokens_start == 3


WEBHOOKS = [
    ("http://bot.example.org/telegram", "Telegram calls https:// only"),
    ("bot.example.org/telegram", "is not a complete address"),
    ("https://bot.example.org:8080/telegram", "a port that Telegram does not call"),
    *((f"https://{host}/hook", "cannot reach") for host in ("127.0.0.1", "10.0.0.7", "100.64.1.1", "[2a00:1::2]")),
    *((f"https://{host}/hook", "cannot reach") for host in ("localhost", "gateway", "box.local", "a.internal.")),
    *((f"https://bot.example.org/{path}", "is not a plain address") for path in ("?a=1", "#a", "{bot}", "a%20b")),
    ("https://me:pass@bot.example.org/hook", "is not a plain address"),
]


@pytest.mark.parametrize(("url", "words"), WEBHOOKS)
def test_an_address_that_telegram_does_not_call_is_refused(tmp_path: Path, url: str, words: str) -> None:
    said = complaint(tmp_path, TELEGRAM_WEBHOOK_URL=url)
    assert said.startswith("TELEGRAM_WEBHOOK_URL")
    assert words in said


@pytest.mark.parametrize("port", ["", ":443", ":80", ":88", ":8443"])
def test_telegram_calls_four_ports_and_a_server_of_ones_own_any(tmp_path: Path, port: str) -> None:
    public = load_settings({"TELEGRAM_WEBHOOK_URL": f"https://8.8.8.8{port}/a/b/"}, tmp_path)
    assert public.model_dump()["telegram_webhook_url"] == f"https://8.8.8.8{port}/a/b"
    own = {"TELEGRAM_API_URL": "http://localhost:8081", "TELEGRAM_WEBHOOK_URL": "http://localhost:9000/hook"}
    assert load_settings(own, tmp_path).model_dump()["telegram_webhook_url"] == own["TELEGRAM_WEBHOOK_URL"]
