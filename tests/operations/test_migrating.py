"""`parley migrate`: what a database lacks is said, and then done; both kinds of database are asked alike."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.__main__ import main
from storage.drivers.sqlite.schema import migrations, newest
from tests.storage.earlier import make


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The arguments that lead to an empty database; the settings are of its directory alone."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as raw:
            raw.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        monkeypatch.setenv("DATABASE_URL", url)
    (tmp_path / ".env").touch()
    return "--env-file", str(tmp_path / ".env"), "--data-dir", str(tmp_path / "data")


def test_a_dry_run_prints_what_would_be_done_and_does_nothing(where: tuple[str, ...], capsys: Any) -> None:
    for _ in range(2):
        assert main(["migrate", "--dry-run", *where]) == 0
        said = capsys.readouterr().out
        assert "CREATE TABLE person" in said
        assert f"from schema 0 to {newest()}. Nothing was done." in said
    assert not Path(where[-1]).exists()
    assert main(["migrate", *where]) == 0
    assert f"was brought from schema 0 to {newest()}" in capsys.readouterr().out
    for arguments in (["migrate"], ["migrate", "--dry-run"]):
        assert main([*arguments, *where]) == 0
        assert f"has schema {newest()}, which is today's" in capsys.readouterr().out


def test_a_database_of_a_newer_program_is_left_to_that(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "data").mkdir()
    with closing(make(tmp_path / "data/parley.db", newest())) as raw:
        raw.execute(f"PRAGMA user_version = {newest() + 1}")
    where = "--env-file", str(tmp_path / ".env"), "--data-dir", str(tmp_path / "data")
    (tmp_path / ".env").touch()
    for arguments in (["migrate"], ["migrate", "--dry-run"]):
        assert main([*arguments, *where]) == 2
        assert "Run a newer Parley" in capsys.readouterr().err
    with closing(sqlite3.connect(tmp_path / "data/parley.db")) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (newest() + 1,)


def test_only_what_is_missing_is_taken(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "data").mkdir()
    make(tmp_path / "data/parley.db", newest() - 1).close()
    (tmp_path / ".env").touch()
    where = "--env-file", str(tmp_path / ".env"), "--data-dir", str(tmp_path / "data")
    assert main(["migrate", "--dry-run", *where]) == 0
    said = capsys.readouterr().out
    assert migrations()[-1].sql.strip() in said
    assert "CREATE TABLE person" not in said
    assert f"from schema {newest() - 1} to {newest()}" in said


def test_a_server_that_does_not_answer_is_one_sentence_and_may_be_asked_again(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://parley@127.0.0.1:9/parley\n")
    where = "--env-file", str(tmp_path / ".env"), "--data-dir", str(tmp_path / "data")
    assert main(["migrate", *where]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "'127.0.0.1:9/parley' cannot be reached" in said
