"""Letters, beside postal-mime: the head, the words and the files' names; letters within are files of them."""

import json
import subprocess
from functools import partial
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject
from tests.files.accuracy.subjects.independent import pages_by

_READER = Package("npm", "postal-mime", "4.0.0")

_READ = """
const { default: PostalMime } = await import(process.argv[1]);
const fs = await import("node:fs");
const bytes = fs.readFileSync(process.argv[2]);
const at = bytes.subarray(0, 5).toString() === "From " ? bytes.indexOf(10) + 1 : 0;
const letter = await PostalMime.parse(bytes.subarray(at), { forceRfc822Attachments: true });
const person = (one) => one.group ? [one.name, ...people(one.group)] : [one.name, one.address];
const people = (list) => (list || []).flatMap(person);
const words = [...people(letter.from && [letter.from]), ...people(letter.to), ...people(letter.cc), letter.subject,
  letter.text, ...letter.attachments.map((one) => one.filename)];
if (!letter.from) process.exit(1);
console.log(JSON.stringify([words.filter(Boolean).join("\\n")]));
"""


def postal_mimes(path: Path) -> list[str]:
    """A letter as postal-mime reads it. Raises `NoReference`: it is none to it."""
    library = _READER.fetched() / "files" / "package" / "dist" / "esm" / "postal-mime.js"
    command = ["node", "--input-type=module", "-e", _READ, str(library), str(path.absolute())]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise NoReference
    pages: list[str] = json.loads(done.stdout)
    return pages


_OUTLOOKS = """
import json, sys
from oxmsg import Message
letter = Message.load(sys.argv[1])
people = [word for each in letter.recipients for word in (each.name, each.email_address)]
files = [each.file_name for each in letter.attachments]
print(json.dumps(["\\n".join(filter(None, (letter.sender, *people, letter.subject, letter.body, *files)))]))
"""

OUTLOOK = Subject(
    name="msg",
    kinds=(FileKind.MAIL,),
    endings=(".msg",),
    packages=(Package("pypi", "msg-parser", "1.2.0"),),
    reference=partial(pages_by, _OUTLOOKS, package="python-oxmsg==0.0.2"),
    beside="python-oxmsg 0.0.2",
    excused=(("other.msg", "python-oxmsg leaves a name as its head has it, in signs for old machines"),),
)

SUBJECT = Subject(
    name="eml",
    kinds=(FileKind.MAIL,),
    endings=(".eml", ".mbox", ""),
    packages=(Package("pypi", "mail-parser", "4.8.0"), Package("debian", "kmime", "22.12.3-1")),
    reference=postal_mimes,
    beside="postal-mime 4.0",
    excused=(
        ("mail_test_12", "postal-mime believes a letter in UTF-8 that it is in GB2312"),
        ("dontchangemail.mbox", "postal-mime names the seal of a signed letter among its files"),
        ("mail_test_14", "postal-mime tells the title of a page, which no mail program shows"),
    ),
)
