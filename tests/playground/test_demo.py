"""The demo is what a newcomer sees first: it must simply work."""

import subprocess
import sys


def test_the_demo_shows_that_nothing_is_lost_and_ends_well() -> None:
    ran = subprocess.run([sys.executable, "-m", "bot", "demo"], capture_output=True, text=True, timeout=55, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Telegram, as Alice sees it" in ran.stdout
    assert "Discord, as Bob sees it" in ran.stdout
    assert "📎 Why-are-there-tides" in ran.stdout
    assert "none lost" in ran.stdout
