"""The audit of the locks by a list of advisories, and that every lock is pinned with hashes."""

import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.setup.advisories import main, pinned

ROOT = Path(__file__).parent.parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def advisory(*events: dict[str, str], name: str = "Left_Pad", **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": "OSV-1", "summary": "It pads to the right.", "affected": [affected], **more}


@pytest.fixture
def lock(tmp_path: Path) -> str:
    path = tmp_path / "some.lock"
    path.write_text("left-pad[fast]==1.4.0 ; python_version < '4' \\\n    --hash=sha256:00\n    # via x==9\n")
    return str(path)


@pytest.mark.parametrize(
    ("found", "affected"),
    [
        (advisory({"introduced": "0"}), True),
        (advisory({"introduced": "0"}, {"fixed": "1.4.0"}), False),
        (advisory({"introduced": "0"}, {"fixed": "1.4.1"}), True),
        (advisory({"introduced": "1.10"}), False),
        (advisory({"introduced": "1.0"}, {"last_affected": "1.4"}), True),
        (advisory({"introduced": "1.0"}, {"fixed": "1.2"}, {"introduced": "1.4.0rc1"}), True),
        (advisory({"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"), False),
        (advisory({"introduced": "0"}, name="right-pad"), False),
    ],
)
def test_a_weakness_counts_for_the_versions_that_have_it(
    tmp_path: Path,
    lock: str,
    found: dict[str, Any],
    affected: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("OSV-1.json", orjson.dumps(found))
    monkeypatch.setenv("ADVISORIES", str(archive))
    assert main([lock]) == int(affected)
    assert ("left-pad 1.4.0: OSV-1 It pads to the right." in capsys.readouterr().out) is affected


def test_without_a_list_it_says_that_nothing_was_audited(
    lock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ADVISORIES", raising=False)
    assert main([lock]) == 0
    assert "not audited" in capsys.readouterr().out


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_dependency_is_pinned_with_hashes(path: Path) -> None:
    entries = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    wanted = [line for line in entries if line and not line.lstrip().startswith("#")]
    assert len(wanted) == len(pinned(path.read_text(encoding="utf-8"))) > 50
    assert all("--hash=sha256:" in line for line in wanted)
