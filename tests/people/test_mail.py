"""What is an address, and what of a mail server is never shown."""

import pytest

from bot.people.mail import MailServer, is_address

LONGEST = f"a@{'b' * 248}.com"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("alice@example.com", True),
        (LONGEST, True),
        (LONGEST.replace("@", "a@"), False),
        ("älice@example.com", False),
        ("alice@exämple.com", False),
        ("al ice@example.com", False),
        ("alice@example.com\n", False),
        ("\talice@example.com", False),
        ('"al ice"@example.com', False),
        ("alice", False),
        ("alice@example", False),
        ("@example.com", False),
        ("alice@.com", False),
        ("alice@example.com, bob@example.com", False),
    ],
)
def test_an_address_is_one_that_mail_can_be_sent_to(text: str, is_one: bool) -> None:
    assert len(LONGEST) == 254
    assert is_address(text) is is_one


def test_a_mail_servers_password_is_not_shown() -> None:
    assert "secret" not in repr(MailServer("mail.example.com", 587, "starttls", "bot@example.com", "bot", "secret"))
