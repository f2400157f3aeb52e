"""What is signed is read as what it says; what is encrypted is said to be."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.mail import files_of_mail, read_mail
from bot.files.reader.plain import read_text
from bot.files.reader.sealed import signed
from bot.files.reader.trouble import Trouble
from tests.files.test_outlook import DATA, FILE_NAME
from tests.support.outlook import Made, msg

HEAD = b"From: a@example.org\nTo: b@example.org\nSubject: Berth\nMIME-Version: 1.0\n"
INSIDE = (
    b"Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain; charset=utf-8\n\n"
    b"Gr\xc3\xb6\xc3\x9fe 90\n--B\nContent-Type: application/pdf; name=plan.pdf\n\n%PDF-1.4\n--B--\n"
)
ARMOUR = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n"
FILE_KIND = 0x370E


@cache
def envelope() -> bytes:
    """What cryptography signs, and puts around what it signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a@example.org")])
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(start).not_valid_after(end)
    builder = PKCS7SignatureBuilder().set_data(INSIDE)
    builder = builder.add_signer(made.sign(key, hashes.SHA256()), key, hashes.SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary])


def element(tag: int, *inside: bytes) -> bytes:
    """In BER, with the length of what is inside."""
    data = b"".join(inside)
    return bytes((tag, 0x84)) + len(data).to_bytes(4, "big") + data


def endless(tag: int, *inside: bytes) -> bytes:
    """In BER, as programs write that do not know yet how much comes."""
    return bytes((tag, 0x80)) + b"".join(inside) + b"\0\0"


SIGNED, ENCRYPTED, PLAIN = (element(6, bytes.fromhex("2a864886f70d0107" + last)) for last in ("02", "03", "01"))


def streamed() -> bytes:
    """The same in parts, as OpenSSL writes it while it reads."""
    parts = [element(4, INSIDE[at : at + 50]) for at in range(0, len(INSIDE), 50)]
    capsule = endless(0x30, PLAIN, endless(0xA0, endless(0x24, *parts)))
    return endless(0x30, SIGNED, endless(0xA0, endless(0x30, element(2, b"\1"), element(0x31), capsule)))


def encrypted() -> bytes:
    """What holds nothing that can be read."""
    return element(0x30, ENCRYPTED, element(0xA0, element(0x30, element(2, b"\0"), element(0x31), element(0x30))))


def letter(data: bytes, kind: str = "pkcs7-mime") -> bytes:
    """A letter that is nothing but an envelope."""
    return HEAD + _part(data, kind)


def _part(data: bytes, kind: str = "pkcs7-mime") -> bytes:
    head = f"Content-Type: application/{kind}; name=smime.p7m\nContent-Transfer-Encoding: base64\n"
    return f"{head}Content-Disposition: attachment; filename=smime.p7m\n\n".encode() + base64.encodebytes(data)


def read(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "letter"
    path.write_bytes(data)
    assert kind_of(data) is FileKind.MAIL
    return "\n".join(read_mail(path, "en"))


@pytest.mark.parametrize("make", [envelope, streamed])
@pytest.mark.parametrize("kind", ["pkcs7-mime", "x-pkcs7-mime"])
def test_what_is_signed_is_read_with_its_files(tmp_path: Path, make: Callable[[], bytes], kind: str) -> None:
    twice = element(0x30, PLAIN, element(0xA0, element(4, _part(make()))))
    twice = element(0x30, SIGNED, element(0xA0, element(0x30, element(2, b"\1"), element(0x31), twice)))
    for data in (letter(make(), kind), letter(twice, kind)):
        assert read(tmp_path, data) == (
            "From: a@example.org\nTo: b@example.org\nSubject: Berth\n\nGröße 90\n\nAttachments: plan.pdf"
        )
        assert list(files_of_mail(tmp_path / "letter")) == [("plan.pdf", b"%PDF-1.4")]


def sealed_letters() -> dict[str, bytes]:
    parts = (
        b"--B\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--B\nContent-Type: application/octet-stream\n\n"
    )
    several = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=B\n\n'
    return {
        "S/MIME": letter(encrypted()),
        "PGP/MIME": HEAD + several + parts + ARMOUR + b"--B--\n",
        "PGP in the words": HEAD + b"\n" + ARMOUR,
        "Outlook": msg(
            Made({}, files=[{DATA: encrypted(), FILE_NAME: "smime.p7m", FILE_KIND: "application/pkcs7-mime"}])
        ),
    }


@pytest.mark.parametrize("how", sealed_letters())
def test_a_letter_that_is_encrypted_is_said_to_be(tmp_path: Path, how: str) -> None:
    with pytest.raises(Trouble, match="sealed"):
        read(tmp_path, sealed_letters()[how])
    assert not list(files_of_mail(tmp_path / "letter"))


def test_beside_what_can_be_read_it_costs_nothing_else(tmp_path: Path) -> None:
    mixed = HEAD + b"Content-Type: multipart/mixed; boundary=C\n\n--C\n" + _part(encrypted())
    assert read(tmp_path, mixed + b"--C\n\nTo leave the list, write to us.\n--C--\n").endswith(
        "Subject: Berth\n\n(encrypted)\n\nTo leave the list, write to us."
    )
    mailbox = b"".join(b"From x Sat Nov 28\n" + each + b"\n" for each in (letter(encrypted()), HEAD + b"\nFree.\n"))
    assert read(tmp_path, mailbox).count("(encrypted)") == 1


def test_a_signed_letter_of_outlooks_is_read(tmp_path: Path) -> None:
    whole = b"Content-Type: multipart/signed; boundary=S\n\n--S\n" + INSIDE + b"\n--S--\n"
    made = Made({}, files=[{DATA: whole, FILE_NAME: "smime.p7m", FILE_KIND: "multipart/signed"}])
    assert read(tmp_path, msg(made)).endswith("Größe 90\n\nAttachments: plan.pdf")


def test_a_text_of_nothing_but_something_encrypted_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "x.asc"
    path.write_bytes(ARMOUR)
    with pytest.raises(Trouble, match="sealed"):
        list(read_text(path, "en"))
    path.write_bytes(b"It begins with:\n" + ARMOUR)
    assert "hQEMA" in "".join(read_text(path, "en"))


@given(st.integers(0, 5000), st.binary(max_size=8))
@settings(deadline=None)
def test_damage_is_no_letter_and_never_an_error(at: int, damage: bytes) -> None:
    for whole in (envelope(), streamed()):
        place = at % len(whole)
        signed(whole[:place] + damage + whole[place + len(damage) :])
        assert signed(whole[:place]) is None or place > whole.index(INSIDE[-20:])
    assert signed(b"\x30\x80" * 20_000) is None
