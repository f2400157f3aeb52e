"""What a session has read: listed, shown, given back, removed; and questions that only that may answer."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button, OutFile
from bot.domain.errors import PersonError
from bot.domain.ids import AttachmentId
from bot.domain.messages import FileKind
from bot.incoming.call import Call, FileAccess
from bot.people.admission import NOT_BROUGHT
from bot.people.reaching import reachable_file
from bot.rendering.pages import escaped
from bot.turns.turns import Turns
from handlers.commands.reach import current, number_of
from handlers.commands.theirs import caller_for
from handlers.commands.turns import ask_anew
from storage import attachments, documents, tree
from storage.attachments import Attachment, AttachmentState
from storage.documents import Document, DocumentPage
from storage.turns import Made

_MOST_SHOWN = 20
_PAGE_LENGTH = 3_000
_KILOBYTE = 1_000


@command("ask", "Get an answer strictly from this session's documents")
async def ask(call: Call, question: Annotated[str, "Your question"], *, under_way: Turns) -> View:
    return await ask_anew(call, under_way, question, Made(grounded=True))


@command("documents", "List this session's documents")
async def documents_command(call: Call) -> View:
    session = await current(call)
    found = await call.database.read(attachments.of_session(session.id))
    if not found:
        return View(call.say("This session has no files yet. Send me a picture, a document or a voice message."))
    lines = [await _line(call, number, each) for number, each in enumerate(found[-_MOST_SHOWN:], 1)]
    rows = tuple((Button(each.name, "document", (str(each.id),)),) for each in found[-_MOST_SHOWN:])
    return View("\n".join(lines), rows[-10:])


async def _line(call: Call, number: int, attachment: Attachment) -> str:
    document = await _document_of(call, attachment)
    name = escaped(attachment.name)
    if document is None:
        return f"{number}. {name} · {_size(attachment)}"
    pages = await call.database.read(documents.pages(document.id))
    about = call.say(
        "pages: {pages}, characters: {characters}", pages=len(pages), characters=sum(len(p.text) for p in pages)
    )
    return f"{number}. {name} · {about} · {_source(pages)}"


def _source(pages: list[DocumentPage]) -> str:
    """By what its pages were read, with how sure that is where it is known."""
    by_method: dict[str, list[float]] = {}
    for page in pages:
        by_method.setdefault(page.method, []).extend([page.confidence] if page.confidence is not None else [])
    return ", ".join(
        f"{method} ({sum(sure) / len(sure):.0%})" if sure else method for method, sure in by_method.items()
    )


def _size(attachment: Attachment) -> str:
    return f"{(attachment.size_bytes or 0) // _KILOBYTE + 1} kB"


async def _reach(call: Call, number: str) -> Attachment:
    program = reachable_file(call.caller, AttachmentId(number_of(number)))
    found = await call.database.read(program)
    if found is None:
        raise PersonError("That file is no longer here. `/documents` lists those that are.")
    return found


async def _document_of(call: Call, attachment: Attachment) -> Document | None:
    if attachment.sha256 is None or attachment.state is not AttachmentState.READ:
        return None
    return await call.database.read(documents.of_bytes(attachment.sha256))


@command("document", "Show a file of this session", listed=False)
async def document_command(
    call: Call, file: Annotated[str, "Which file"], page: Annotated[int, "Which page"] = 0
) -> View:
    attachment = await _reach(call, file)
    document = await _document_of(call, attachment)
    pages = await call.database.read(documents.pages(document.id)) if document is not None else []
    number = str(attachment.id)
    acts = (
        Button(call.say("Get the file"), "document_file", (number,)),
        Button(call.say("Remove"), "document_remove", (number,)),
    )
    head = f"**{escaped(attachment.name)}** · {_size(attachment)}"
    if not pages:
        return View(head, (acts,))
    at = min(max(page, 0), len(pages) - 1)
    turning = tuple(
        Button(sign, "document", (number, str(other)))
        for sign, other in (("‹", at - 1), ("›", at + 1))
        if 0 <= other < len(pages)
    )
    shown = pages[at]
    where = call.say("page {page} of {pages}", page=shown.number, pages=document.pages if document else len(pages))
    body = escaped(shown.text[:_PAGE_LENGTH]) + (" …" if len(shown.text) > _PAGE_LENGTH else "")
    text = f"{head} · {where} · {_source([shown])}\n\n{body or call.say('This page is empty.')}"
    return View(text, (turning, acts) if turning else (acts,))


@command("document_file", "Get a file of this session back", listed=False)
async def document_file(call: Call, file: Annotated[str, "Which file"], *, file_access: FileAccess) -> View:
    attachment = await _reach(call, file)
    links = file_access.links
    limit = call.platform.capabilities(call.invocation.place).upload_limit_bytes
    if links is not None and (attachment.size_bytes or 0) > limit:
        return View(
            call.say("It is too large to be sent here. This link is valid for an hour:") + f"\n{links(attachment.id)}"
        )
    data = await file_access.blobs.read(attachment.sha256 or "")
    if data is None:
        raise PersonError("That file is no longer stored; its extracted text still is.")
    if len(data) > limit:
        raise PersonError("That file is too large to be sent here: the limit is {limit} MB.", limit=limit // 1_000_000)
    text = f"[{call.say('A link to it, valid for an hour')}]({links(attachment.id)})" if links is not None else ""
    return View(text, files=(OutFile(attachment.name, _media_type(attachment), data),), replace=False)


def _media_type(attachment: Attachment) -> str:
    """Pictures come back as the file they were, not as a photo that the platform makes smaller."""
    return "application/octet-stream" if attachment.kind is FileKind.IMAGE else attachment.media_type


@command("document_remove", "Take a file out of this session", listed=False)
async def document_remove(call: Call, file: Annotated[str, "Which file"], sure: Annotated[int, "1: yes"] = 0) -> View:
    attachment = await _reach(call, file)
    whose = await call.database.read(tree.payer_of(attachment.message))
    await caller_for(call, whose, NOT_BROUGHT)
    name = escaped(attachment.name)
    if not sure:
        rows = (
            (
                Button(call.say("Remove"), "document_remove", (str(attachment.id), "1"), style="danger"),
                Button(call.say("Keep"), "document", (str(attachment.id),)),
            ),
        )
        return View(call.say("Remove “{name}” and the text extracted from it? This cannot be undone.", name=name), rows)

    await call.database.write(attachments.remove(attachment))
    return View(call.say("“{name}” is removed from this session.", name=name))


COMMANDS = (ask, documents_command, document_command, document_file, document_remove)
