"""What a person is told about a file that cannot be read: what is wrong, what the limit is, and what to do."""

from collections.abc import Mapping

from bot.files.reader.trouble import Trouble
from bot.rendering.pages import escaped
from bot.texts import said_later
from storage.attachments import Problem

_TELL: Mapping[str, str] = {
    "too_large": said_later(
        "“{name}” is too large: the limit here is {limit} MB. Send a smaller file, or a part of it."
    ),
    "empty": said_later("“{name}” is empty. Please send it again."),
    "gone": said_later("“{name}” can no longer be fetched. Please send it again."),
    "encrypted": said_later("“{name}” is password-protected. Save it without a password and send it again."),
    "sealed": said_later(
        "“{name}” is encrypted. Open it in the program that has the key, and send me what it says as text or PDF."
    ),
    "broken": said_later("“{name}” is damaged and cannot be read. Save it again and resend it."),
    "bomb": said_later("“{name}” unpacks to an implausible size. Send the relevant part as a PDF or as text."),
    "pixels": said_later(
        "“{name}” is larger than {most} megapixels. Scale it down, or send it as a photo instead of a file."
    ),
    "unsupported": said_later(
        "“{name}” is a kind of file that I cannot read. I read pictures, PDF, Word, PowerPoint, Excel, OpenDocument, "
        "EPUB, HTML, mail, zip and tar archives, text and sound."
    ),
    "old_office": said_later(
        "“{name}” is password-protected, or an Office file of a rare kind. Save it as .docx, .xlsx, .pptx or PDF, "
        "without a password."
    ),
    "apples": said_later(
        "“{name}” comes from Pages, Numbers or Keynote, whose files I cannot read. Export it as PDF, and send that."
    ),
    "video": said_later(
        "“{name}” is a video, which I cannot watch. Send pictures of it, or its sound as a voice message."
    ),
    "too_many": said_later("“{name}” was left out: at most {most} pictures per message. Send it separately."),
    "slow": said_later("“{name}” takes too long to read. Send it in smaller parts, or as text."),
    "memory": said_later("“{name}” needs too much memory to read. Send it in smaller parts, or as text."),
    "quota": said_later(
        "“{name}” is larger than the {limit} MB that one person may keep here. Send a smaller file, or a part of it."
    ),
    "missing": said_later(
        "“{name}” is a scan, and no OCR is set up here. Send it as text, or ask the operator for "
        "GEMINI_API_KEY or the local engine."
    ),
    "blind": said_later(
        "“{name}” is a picture, and no model that can see is set up here. Describe it in words, or ask "
        "the operator for GEMINI_API_KEY."
    ),
    "deaf": said_later(
        "“{name}” is a recording, and no speech recognition is set up here. Write it instead, or ask the "
        "operator for TRANSCRIPTION_MODEL."
    ),
    "foreign": said_later(
        "“{name}” is not in English, or cannot be made out, and only English is understood here. Say it in English, or "
        "write it."
    ),
    "unread": said_later(
        "“{name}” could not be read just now, because the model that reads it failed. Send it again later."
    ),
    "full": said_later(
        "“{name}” could not be saved: the disk cannot be written to right now. Please tell the operator."
    ),
    "nested": said_later("“{name}” is an archive inside another file. Send it by itself."),
    "blank": said_later("“{name}” contains no readable text. If its pages are pictures, send them as pictures."),
    "no_text": said_later("“{name}” contains no readable text. If it is a picture, ask about it in another mode."),
}

PARTLY = said_later(
    "{read} of {pages} pages of “{name}” were read (the limit is {most}). Send the rest as a separate file."
)
PARTLY_SCANS = said_later("These pages of “{name}” could not be read: {numbers}. The others were.")
PARTLY_FILES = said_later("“{name}” holds {count} files. I read the first {read}; send the others separately.")
FIRST_PICTURE = said_later("“{name}” contains {frames} pictures. I look only at the first one.")


def holds_no_text(told: Problem | None) -> bool:
    """Whether a file was read without finding a letter: there is nothing in it, rather than nobody to read it."""
    return told is not None and told.tell in (_TELL["blank"], _TELL["no_text"])


def problem(name: str, trouble: Trouble) -> Problem:
    """The sentence about this file."""
    return Problem(_TELL.get(trouble.name, _TELL["broken"]), {"name": escaped(name), **trouble.values})
