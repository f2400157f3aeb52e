"""Files of settings that other users can read are found by what is in them, wherever a secret can stand."""

import os
from pathlib import Path

import pytest

from bot.settings import load_settings
from bot.settings.secrets import readable_secrets

SECRET = "s3cret-s3cret"
BOT = '[[bots]]\nname = "one"\nplatform = "telegram"\n'

SECRETS = [
    (".env", f"TELEGRAM_BOT_TOKEN=1:a,2:{SECRET}"),
    (".env", f"OPENAI_API_KEY={SECRET}"),
    (".env", f"backup_passphrase={SECRET}"),
    (".env", f"DATABASE_URL=postgresql://parley:{SECRET}@localhost/parley"),
    ("parley.toml", f'smtp_password = "{SECRET}"'),
    ("parley.toml", f'{BOT}token = "1:{SECRET}"'),
    ("parley.toml", f'[endpoints.lab]\nbase_url = "http://localhost:1"\napi_key = "{SECRET}"'),
    ("parley.toml", f'[servers.lab]\nurl = "https://example.com/mcp"\ntoken = "{SECRET}"'),
    ("parley.toml", f'[servers.lab]\ncommand = ["lab"]\nenvironment = {{ KEY = "{SECRET}" }}'),
]


def readable(directory: Path, mode: int, **environ: str) -> list[str]:
    for file in directory.iterdir():
        file.chmod(mode)
    return [path.name for path in readable_secrets(load_settings(environ, directory))]


@pytest.mark.parametrize(("name", "text"), SECRETS)
def test_a_secret_that_others_can_read_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(f"\ufeff{text}\n", encoding="utf-8")
    assert readable(tmp_path, 0o644) == readable(tmp_path, 0o640) == [name]
    assert readable(tmp_path, 0o600) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [(".env", "OLLAMA_BASE_URL=http://localhost:1\nOPENAI_API_KEY=any"), ("parley.toml", f'{BOT}token_env = "T"')],
)
def test_a_file_without_a_secret_is_anyones_to_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert readable(tmp_path, 0o644, T=f"1:{SECRET}") == []


def test_a_file_of_roots_may_be_the_gateways_group_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={SECRET}", encoding="utf-8")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert readable(tmp_path, 0o640) == []
    assert readable(tmp_path, 0o644) == [".env"]
