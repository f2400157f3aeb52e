"""Sending mail through the operator's server."""

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal

from bot.domain.errors import PersonError

Send = Callable[[str, str, str], Awaitable[None]]
"""`send(address, subject, text)`; raises PersonError if the mail was not accepted."""

TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Post:
    """The way by which people are sent mail."""

    send: Send | None
    """None where the operator has set up no mail server."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is submitted, and as whom."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    async def send(self, address: str, subject: str, text: str) -> None:
        """See `Send`. The library blocks, so it runs in a thread."""
        mail = EmailMessage()
        mail["Subject"], mail["From"] = subject, self.sender
        mail["To"] = Address(addr_spec=address)
        mail.set_content(text)
        try:
            await asyncio.to_thread(self._hand_in, mail)
        except (smtplib.SMTPException, OSError) as error:
            raise PersonError(
                "The e-mail could not be sent. Check the address; if it is right, tell the person who runs this bot."
            ) from error

    def _hand_in(self, mail: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        with server:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)


def is_address(text: str) -> bool:
    """Whether this is an e-mail address that mail can be sent to, and nothing else."""
    if len(text) > 254 or not text.isascii() or any(sign.isspace() for sign in text):
        return False
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return False
    return bool(address.username) and "." in address.domain.strip(".")
