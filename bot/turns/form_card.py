"""The card of a form: what a server wants to know, one step after another, and at the end what it would be told."""

from bot.domain.blocks import Button, ButtonRows
from bot.rendering.pages import escaped
from bot.texts import Say, said_later
from bot.tools.forms import Answers, Wanted
from bot.tools.questions import CannotBeAsked, Kind, Question, Value
from storage.tool_calls import KeptCall

MOST_MESSAGE = 600
"""Characters of what a server says that are shown; and of what it says about one question."""
MOST_BUTTONS = 8
"""Where more can be chosen, it is written."""
_IN_A_ROW = 2

_HINTS = {
    Kind.EMAIL: said_later("e-mail address"),
    Kind.URI: said_later("web address"),
    Kind.DATE: said_later("date, like 2026-11-30"),
    Kind.DATE_TIME: said_later("date and time, like 2026-11-30T18:00:00+01:00"),
    Kind.NUMBER: said_later("number"),
    Kind.INTEGER: said_later("whole number"),
}


class FormCard:
    """A call whose server wants to know something, as the person sees it."""

    def __init__(self, name: str, call: KeptCall) -> None:
        """`name` is the call's, as a button carries it: it changes with each answer."""
        self.name = name
        self._call = call
        self._answers = Answers.of(call.answers)
        self._wanted = Wanted.of(call.form)
        try:
            self._questions, self._reason = self._wanted.questions, ""
        except CannotBeAsked as error:
            self._questions, self._reason = (), error.reason

    @property
    def question(self) -> Question | None:
        """The next one; None if all are answered, or none can be asked."""
        return self._questions[self.step] if self.step < len(self._questions) else None

    @property
    def tool(self) -> str:
        """Whose server asks."""
        return self._call.call.tool

    @property
    def step(self) -> int:
        """How many questions are answered."""
        return len(self._answers.values)

    @property
    def is_one(self) -> bool:
        """Whether it is one question alone."""
        return len(self._questions) == 1

    @property
    def typed(self) -> tuple[Question, ...]:
        """The next ones, up to the first that is answered by a button."""
        found: list[Question] = []
        for question in self._questions[self.step :]:
            if is_pressed(question):
                break
            found.append(question)
        return tuple(found)

    def text(self, say: Say) -> str:
        """What it says, as Markdown."""
        tool = escaped(self.tool)
        head = say("📝 **{tool}** wants to know something before it goes on. Its server says:", tool=tool)
        login = say("Account: {login}", login=escaped(self._call.login)) if self._call.login else ""
        return "\n\n".join(filter(None, (head, quoted(self._wanted.message), login, self._below(say))))

    def _below(self, say: Say) -> str:
        if self._reason:
            return say(self._reason)
        question = self.question
        if question is None:
            lines = (
                f"- {escaped(question.title)}: {escaped(shown(value, question, say))}"
                for question, value in zip(self._questions, self._answers.values, strict=True)
            )
            return "\n".join((say("This is what it would be told:"), "", *lines))
        if question.kind is Kind.PAGE:
            return say(
                "It wants you to open a page at **{host}**. I never open it myself.", host=escaped(question.title)
            )
        count = f"({self.step + 1}/{len(self._questions)})" if len(self._questions) > 1 else ""
        title = " ".join(filter(None, (f"**{escaped(label(question, say))}**", count)))
        return "\n".join(filter(None, (title, quoted(question.words))))

    def buttons(self, say: Say) -> ButtonRows:
        """What can be pressed below it."""
        leave = Button(say("Do not answer"), "form_leave", (self.name,), "danger")
        if self._reason:
            return ((Button(say("Go on without it"), "form_leave", (self.name,)),),)
        question, step = self.question, str(self.step)
        if question is None:
            send = Button(say("Send it"), "form_send", (self.name,), "success")
            return ((send, Button(say("Start over"), "form_anew", (self.name,))), (leave,))
        skip = () if question.required else (self.skip(say),)
        if question.kind is Kind.PAGE:
            done = Button(say("I have done it"), "form_pick", (self.name, step, "0"), "success")
            return ((Button(say("Show the link"), "form_page", (self.name, step)),), (done, leave))
        if not is_pressed(question):
            return ((Button(say("Answer"), "form_fill", (self.name, step), "success"), *skip), (leave,))
        picks = [
            Button(shown(question.pressed(number), question, say), "form_pick", (self.name, step, str(number)))
            for number in range(len(question.options))
        ]
        rows = [tuple(picks[at : at + _IN_A_ROW]) for at in range(0, len(picks), _IN_A_ROW)]
        return (*rows, (*skip, leave))

    def skip(self, say: Say) -> Button:
        """The button that leaves out the next question."""
        return Button(say("Skip"), "form_pick", (self.name, str(self.step), ""))


def is_pressed(question: Question) -> bool:
    """Whether it is answered by a button, also as far as there is room for them."""
    return question.kind.is_pressed and len(question.options) <= MOST_BUTTONS


def label(question: Question, say: Say) -> str:
    """A question as a form asks it: its title, and what answers it."""
    hint = say(_HINTS[question.kind]) if question.kind in _HINTS else ""
    if question.kind in (Kind.CHOICES, Kind.CHOICE) and not is_pressed(question):
        hint = ", ".join(name for _, name in question.options)
    optional = "" if question.required else say("optional")
    details = " · ".join(filter(None, (hint, optional)))
    return f"{question.title} ({details})" if details else question.title


def shown(value: Value | None, question: Question, say: Say) -> str:
    """An answer in words."""
    names = dict(question.options)
    match value:
        case None:
            return "–"
        case bool():
            return say("Yes") if value else say("No")
        case list():
            return ", ".join(names.get(each, each) for each in value)
        case _ if question.kind is Kind.PAGE:
            return question.link
        case str():
            return names.get(value, value)
        case _:
            return f"{value:g}" if isinstance(value, float) else str(value)


def quoted(words: str) -> str:
    """A server's words, so that nobody takes them for ours."""
    cut = words if len(words) <= MOST_MESSAGE else f"{words[:MOST_MESSAGE].rstrip()} …"
    return "\n".join(f"> {escaped(line)}" for line in cut.splitlines() if line.strip())
