"""What operators read counts in plain English: one chat is no chats."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.counts import counted

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot/operations", "bot/supervisor", "bot/settings", "bot/playground", "providers", "storage")
FILES = sorted(
    [
        *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")),
        *(ROOT / "bot").glob("*.py"),
        *(ROOT / "handlers").glob("*/doctor.py"),
    ]
)
_BEHIND = re.compile(r"\{([^{}]+)\}((?: [a-z]+)? [a-z]{2,}s)\b")
_VERBS = frozenset(
    """answers comes does exists has holds is its leads lists lives means names needs offers points reads refuses
    removes sets this works""".split()  # noqa: SIM905
)
"""What stands behind a name."""
_JOINING = frozenset(("and", "for", "it", "or", "to"))
"""What begins something else."""
_COUNTS = re.compile(r"len\(|sum\(|count|:,|\.(?:turns|chats|files|pages)\b|_bytes\b")


def sentences(source: str) -> Iterator[str]:
    """What is put together with values, each in braces as the code writes it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(_shown(value) for value in node.values)


def _shown(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    assert isinstance(value, ast.FormattedValue)
    form = f":{ast.unparse(value.format_spec)}" if value.format_spec is not None else ""
    return "{" + (ast.unparse(value.value) + form).replace("{", "(").replace("}", ")") + "}"


def plurals(source: str) -> list[str]:
    """The sentences in which several of something stand behind a value that may be one."""
    return [
        said
        for said in sentences(source)
        for value, words in _BEHIND.findall(said)
        if not (value.isupper() or value.startswith("counted("))
        and (words.split()[-1] not in _VERBS or _COUNTS.search(value))
        and words.split()[0] not in _VERBS | _JOINING
    ]


@pytest.mark.parametrize(("count", "said"), [(0, "no files"), (1, "1 file"), (2_000, "2,000 files")])
def test_one_is_not_told_as_several(count: int, said: str) -> None:
    assert counted(count, "file") == said


def test_nothing_that_operators_read_counts_without_looking() -> None:
    found = {str(path.relative_to(ROOT)): said for path in FILES if (said := plurals(path.read_text()))}
    assert not found
    assert plurals('f"it keeps {one.chats} chats"') == ["it keeps {one.chats} chats"]
    assert plurals('f"{count:,} small files"')
