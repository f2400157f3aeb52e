"""What the pages say can be typed, set, followed or read is there: commands, options, settings, links, files, figures.

The tables that are made from the code are held by `tests/operations/test_manual.py`.
"""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot.operations import manual
from bot.operations.command_line import command_line
from bot.settings import Settings, load_settings
from bot.telemetry.metrics import Metrics
from handlers.commands import COMMANDS
from handlers.discord.doctor import invite_link
from handlers.telegram.door import MOST_BYTES

ROOT = manual.ROOT
PAGES = [*manual.pages(), *sorted((ROOT / ".github").glob("*.md"))]
SETTINGS = {name.upper() for name in Settings.model_fields}
OTHERS = {
    "COMMANDS",
    "LANGUAGES",
    "TEST_DATABASE_URL",
    "TEST_POSTGRES_BIN",
    "ADVISORIES",
    "LAB_KEY",
    "CLASSROOM_TOKEN",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "PYTHON",
    "EXTRA",
}
"""Names in capitals that are no settings of ours and may stand in the environment, or in an example."""
PLACEHOLDERS = {
    "COMMAND",
    "PORT",
    "ARCHIVE",
    "FILE",
    "DIRECTORY",
    "NAME",
    "CODE",
    "APPLICATION_ID",
    "SIGKILL",
    "SIGTERM",
    "TARGET",
    "N",
    "GET",
    "POST",
    "POSTGRES_PASSWORD",
}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
OUTSIDE = {"git", "systemctl", "journalctl", "chmod", "chown", "install", "useradd", "curl", "cp", "cd", "crontab"}
"""Programs that the pages may name because a server has them."""

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")

pages = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCED.findall(read(page)) if kind == language]


def spans(page: Path) -> list[str]:
    return SPAN.findall(FENCED.sub("", read(page)))


def commands(page: Path) -> Iterator[list[str]]:
    """Every command that the page shows: in blocks for a shell, cron or systemd, and in spans that begin with ours."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    lines += [line.split(maxsplit=5)[5] for block in blocks(page, "cron") for line in block.splitlines()]
    lines += [line for block in blocks(page, "ini") for line in re.findall(r"^ExecStart=(.+)$", block, re.MULTILINE)]
    lines += [span for span in spans(page) if re.match(r"(make|parley|docker compose|\S*python -m) \S", span)]
    for line in (part for whole in lines if "[" not in whole for part in whole.split("&&")):
        words = shlex.split(line.replace("COMMAND", "run"), comments=True)
        while words and (assigned := re.match(r"([A-Z][A-Z0-9_]*)=", words[0])):
            assert assigned[1] in SETTINGS | OTHERS, line
            words.pop(0)
        if words:
            yield words


def check(words: list[str]) -> None:
    """Raises AssertionError if a command would not be understood."""
    program, *rest = words
    if program == "make":
        assert {word for word in rest if "=" not in word} <= TARGETS, words
    elif Path(program).name == "parley":
        check_parley(rest)
    elif Path(program).name == "python" and rest[0] == "-m":
        check_module(rest[1], rest[2:])
    elif words[:3] == ["docker", "compose", "-f"]:
        # Without it, compose reads the `.env` beside its own file.
        given = rest[5:] if rest[3:5] == ["--env-file", ".env"] else rest[3:]
        check_compose(rest[2], given[0], given[1:])
    else:
        assert program in OUTSIDE, words


def check_parley(arguments: list[str]) -> None:
    try:
        command_line().parse_args(arguments)
    except SystemExit as end:
        assert end.code == 0, arguments


def check_module(name: str, arguments: list[str]) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, name
    if name == "pytest":
        assert all((ROOT / word).exists() for word in arguments if "/" in word), arguments
        return
    source = Path(spec.origin)
    program = source.with_name("__main__.py") if source.name == "__init__.py" else source
    assert all((ROOT / word).exists() for word in arguments if word.endswith(".py")), arguments
    for option in (word for word in arguments if word.startswith("--")):
        assert f'"{option}"' in program.read_text(encoding="utf-8"), (name, option)


def check_compose(file: str, does: str, rest: list[str]) -> None:
    services = re.findall(r"^  (\w+):$", read(ROOT / file).partition("\nvolumes:")[0], re.MULTILINE)
    assert does in {"up", "logs", "stop", "start", "exec", "run", "cp"}, does
    if does in {"exec", "run"}:
        service, *inside = [word for word in rest if word not in {"--rm", "-T"}]
        assert service in services, rest
        # The image's entry point is `parley`; `exec` goes past it.
        assert does == "run" or inside[0] == "parley", rest
        check_parley(inside[1:] if does == "exec" else inside)


@pages
def test_every_command_is_understood(page: Path) -> None:
    for words in commands(page):
        check(words)


@pages
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    for kind, text in FENCED.findall(read(page)):
        assert kind in {"", "sh", "cron", "ini", "env", "toml", "caddy", "nginx"}, kind
        assert kind or not re.search(r"^ *(\$ |make |parley |docker |\S*python )", text, re.MULTILINE), text


@pages
def test_every_setting_is_there(page: Path) -> None:
    text = "\n".join(span for span in spans(page) if not span.startswith("/"))
    named = set(re.findall(r"(?<![a-z/.-])\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b(?![.…])", text))
    assert named - PLACEHOLDERS - OTHERS <= SETTINGS
    for block in blocks(page, "sh"):
        assert set(re.findall(r"^ *([A-Z_]+)=", block, re.MULTILINE)) <= SETTINGS | OTHERS


@pages
def test_every_option_is_there(page: Path) -> None:
    parser = command_line()
    (choices,) = (action.choices for action in parser._actions if action.dest == "command")
    assert isinstance(choices, dict)
    known = " ".join([parser.format_help(), *(each.format_help() for each in choices.values())])
    for option in (span.split()[0] for span in spans(page) if span.startswith("--")):
        assert option in known, option


@pages
def test_every_command_of_the_chat_is_there(page: Path) -> None:
    known = {name for command in COMMANDS for name in command.names} | {
        "newbot",
        "login",
        "setprivacy",
        "setjoingroups",
        "mybots",
    }
    known |= {"healthz", "readyz", "metrics", "data", "files", "control"}
    for span in spans(page):
        if (found := re.match(r"/([a-z_]+)(?=$|[ @])", span)) is not None:
            assert found[1] in known, span


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(read(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in map(slug, re.findall(r"^#+ (.+)$", read(there), re.MULTILINE)), target


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pages
def test_every_row_of_a_table_is_a_line_with_as_many_cells_as_its_head(page: Path) -> None:
    for table, after in re.findall(r"((?:^\|.*\n)++)(.*)", FENCED.sub("", read(page)), re.MULTILINE):
        rows = table.splitlines()
        assert not after and all(row.endswith("|") for row in rows), (rows, after)
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1, rows[0]


@pages
def test_every_example_of_parley_toml_is_taken(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page, "toml")):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "parley.toml").write_text(block, encoding="utf-8")
        load_settings({"LAB_KEY": "key", "CLASSROOM_TOKEN": "token"}, directory)


def test_a_proxy_passes_on_all_that_is_served_and_is_written_as_it_should_be() -> None:
    page = ROOT / "docs" / "operating.md"
    (nginx,), (caddy,) = blocks(page, "nginx"), blocks(page, "caddy")
    for config in (nginx, caddy):
        assert config.count("{") == config.count("}")
        assert all(path in config for path in ("/files/", "/import/", "/login", "/telegram"))
    lines = [line.strip() for line in nginx.splitlines() if line.strip()]
    assert all(line.endswith((";", "{", "}")) for line in lines), "nginx ends each directive with a semicolon."
    assert set(re.findall(r"proxy_pass (\S+);", nginx)) == {"http://127.0.0.1:8080"}, (
        "A path here replaces the asked one."
    )
    assert re.search(rf"/telegram \{{[^}}]*client_max_body_size {MOST_BYTES // 1_000_000}m;", nginx)
    assert all(line.startswith(("\t", "bot.", "}")) for line in caddy.splitlines()), "Caddy is indented by tabs."


@pages
def test_every_example_of_settings_is_taken(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page, "env")):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / ".env").write_text(block, encoding="utf-8")
        settings = load_settings({}, directory)
        assert settings.model_fields_set >= {line.partition("=")[0].lower() for line in block.splitlines()}


@pages
def test_every_figure_is_there(page: Path) -> None:
    known = {name for name, _ in Metrics().described()}
    for span in spans(page):
        for name in re.findall(r"\bparley_[a-z_]+", span):
            assert name in known, name


@pages
def test_an_address_of_ours_has_the_port_that_is_the_default(page: Path) -> None:
    ports = {str(Settings().http_port), "9464", "8081", "1080", "4001", "4002"}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", read(page))) <= ports


def test_every_permission_on_discord_is_explained() -> None:
    asked = parse_qs(urlsplit(invite_link(1)).query)["permissions"]
    wanted = {name for name, is_set in discord.Permissions(int(asked[0])) if is_set}
    rows = re.findall(r"^\| ([A-Z][A-Za-z ]+) \|", read(ROOT / "docs" / "connecting.md"), re.MULTILINE)
    explained = {row.lower().replace(" ", "_").replace("view_channels", "read_messages") for row in rows}
    assert wanted <= explained


@pages
def test_every_file_that_is_named_is_there(page: Path) -> None:
    for span in spans(page):
        if re.fullmatch(r"(?:bot|handlers|storage|providers|tests|docker|docs)/[\w./-]*", span):
            assert (ROOT / span).exists(), span


def test_tests_lie_as_the_rooms_do_or_the_page_on_testing_says_what_they_hold() -> None:
    named = set(re.findall(r"^\| `tests/(\w+)` \|", read(ROOT / "docs" / "testing.md"), re.MULTILINE))
    folders = {init.parent.name for init in (ROOT / "tests").glob("*/__init__.py")}

    def is_room(folder: str) -> bool:
        return any((ROOT / path).exists() for path in (folder, f"bot/{folder}", f"bot/{folder}.py"))

    assert named <= folders
    assert {folder for folder in folders if not is_room(folder)} == named


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    linked = set(LINK.findall(read(ROOT / "README.md")))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_workflow_runs_what_the_readme_names() -> None:
    workflow = read(ROOT / ".github" / "workflows" / "test.yml")
    ran = re.findall(r"^ +- run: (.+)$", workflow, re.MULTILINE)
    assert ran == ["make test"]
    assert "make test" in "\n".join(blocks(ROOT / "README.md", "sh"))
