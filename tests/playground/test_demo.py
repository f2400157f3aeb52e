"""The demo is what a newcomer sees first: it must simply work."""

import subprocess
import sys
from pathlib import Path


def test_the_demo_shows_that_nothing_is_lost_and_ends_well(tmp_path: Path) -> None:
    # Somebody's own gateway has its settings here. The demo touches none of its data, which cannot be reached.
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://parley@127.0.0.1:1/parley\nDISCORD_SHARDS=7\n")
    demo = sys.executable, "-m", "bot", "demo"
    ran = subprocess.run(demo, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Telegram, as Alice sees it" in ran.stdout
    assert "Discord, as Bob sees it" in ran.stdout
    assert "📎 Why-are-there-tides" in ran.stdout
    assert "none lost" in ran.stdout
