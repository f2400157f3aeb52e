"""How files begin that are told by it in several places, before what reads them is loaded."""

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What Word, Excel and PowerPoint wrote before 2007 and Outlook still writes; what has a password is wrapped in it."""

PACKED_LETTER = b"\x78\x9f\x3e\x22"
"""TNEF: what Outlook packs for others of its kind, winmail.dat."""

GZIP = b"\x1f\x8b\x08"
BZIP2 = b"BZh"
"""Behind it a digit, and what its first block begins with."""
XZ = b"\xfd7zXZ\0"

PROPERTY_LIST = b"bplist00"
"""Apple's, among them the pages that Safari saves."""
