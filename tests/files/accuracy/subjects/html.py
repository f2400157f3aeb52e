"""Web pages, beside the text that html5lib's tree holds; it parses as browsers do."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects.independent import pages_by

_READ = """
import json, sys, html5lib
UNSEEN = {"script", "style", "template", "head", "iframe", "object", "datalist", "noscript"}
INLINE = set("a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q rp rt ruby s samp small span strike"
    " strong sub sup tt u var wbr".split())
def words(node):
    name = node.tag if isinstance(node.tag, str) else None
    if name is not None and name not in UNSEEN and "hidden" not in node.attrib:
        edge = "" if name in INLINE else "\\n"
        yield edge + (node.text or "")
        for child in node:
            yield from words(child)
        yield edge
    yield node.tail or ""
with open(sys.argv[1], "rb") as file:
    tree = html5lib.parse(file, namespaceHTMLElements=False)
print(json.dumps(["".join(words(tree))]))
"""

SUBJECT = Subject(
    name="html",
    kinds=(FileKind.HTML,),
    endings=(".html", ".htm", ".xhtml"),
    packages=(
        Package("debian", "pandoc", "2.17.1.1-2~deb12u1"),
        Package("debian", "abiword", "3.0.5~dfsg-3.2"),
        Package("npm", "epubjs", "0.3.93"),
        Package("pypi", "python-docx", "1.2.0"),
    ),
    reference=partial(pages_by, _READ, package="html5lib==1.1"),
    beside="html5lib 1.1",
)
