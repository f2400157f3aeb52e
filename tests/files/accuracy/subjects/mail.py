"""Letters, beside postal-mime: the head, the words and the files' names; letters within are files of them."""

import json
import subprocess
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject

_READER = Package("npm", "postal-mime", "4.0.0")

_READ = """
const { default: PostalMime } = await import(process.argv[1]);
const fs = await import("node:fs");
const bytes = fs.readFileSync(process.argv[2]);
const at = bytes.subarray(0, 5).toString() === "From " ? bytes.indexOf(10) + 1 : 0;
const letter = await PostalMime.parse(bytes.subarray(at), { forceRfc822Attachments: true });
const person = (one) => one.group ? [one.name, ...people(one.group)] : [one.name, one.address];
const people = (list) => (list || []).flatMap(person);
const words = [letter.subject, ...people(letter.from && [letter.from]), ...people(letter.to), ...people(letter.cc),
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


SUBJECT = Subject(
    name="eml",
    kinds=(FileKind.MAIL,),
    endings=(".eml", ".mbox", ""),
    packages=(Package("pypi", "mail-parser", "4.8.0"), Package("debian", "kmime", "22.12.3-1")),
    reference=postal_mimes,
    beside="postal-mime 4.0",
)
