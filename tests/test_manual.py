"""What the README and `.env.example` say about commands and settings is what the code says."""

from bot import manual
from bot.settings.manual import env_example


def test_the_readme_is_up_to_date() -> None:
    readme = (manual.ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == manual.with_parts(readme), "Run `make docs`."


def test_the_example_of_the_environment_is_up_to_date() -> None:
    assert (manual.ROOT / ".env.example").read_text(encoding="utf-8") == env_example(), "Run `make docs`."
