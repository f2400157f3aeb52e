"""What a server asks for: the buttons of its card, and the answers that are written."""

from dataclasses import replace
from typing import Annotated

from bot.contracts.command import Closed, Field, Form, View, command
from bot.domain.errors import PersonError
from bot.incoming.call import Call
from bot.rendering.pages import escaped, filled
from bot.texts import said_later
from bot.tools.questions import Question
from bot.turns.approval_card import Which
from bot.turns.approvals import Decided
from bot.turns.form_answers import FormAnswers, Given
from bot.turns.form_card import FormCard, label
from bot.turns.turns import Turns
from handlers.commands.reach import number_of

_AT_ONCE = 5
"""Questions of one form of a platform's."""
_ANSWERED = said_later("📝 That is answered.")
_LEFT = said_later("📝 It gets no answer.")


@command("form_fill", "Answer what a server asks", listed=False)
async def form_fill(
    call: Call, which: Annotated[str, "Which call"], step: Annotated[str, "Which question"], *, forms: FormAnswers
) -> View:
    form = await call.database.write(forms.opened(call.caller, Which.of(which), _card(call)))
    return _asked(call, which, step, form)


@command("form_answer", "Answer what a server asks", listed=False, by_steps=True)
async def form_answer(
    call: Call,
    which: Annotated[str, "Which call"],
    step: Annotated[str, "Which question"],
    first: Annotated[str, "The answer"] = "",
    second: Annotated[str, "The next answer"] = "",
    third: Annotated[str, "The next answer"] = "",
    fourth: Annotated[str, "The next answer"] = "",
    fifth: Annotated[str, "The next answer"] = "",
    *,
    forms: FormAnswers,
) -> View:
    # What is left out of a form in its middle is an empty text; behind the last there is none at all.
    texts = (first, second, third, fourth, fifth)[: len(call.invocation.args) - 2]
    program = forms.typed(call.caller, Which.of(which), number_of(step), texts)
    given = await call.database.write(program)
    view = _next(call, which, given)
    if view.form is not None or given.shown is None:
        return view
    # It is a message of its own: the one before has nothing more to press.
    text = call.say("📝 **{tool}** wanted to know something. The answers are below.", tool=escaped(given.card.tool))
    return replace(view, closes=Closed(given.shown, text))


@command("form_pick", "Choose what a server is told", listed=False)
async def form_pick(
    call: Call,
    which: Annotated[str, "Which call"],
    step: Annotated[str, "Which question"],
    option: Annotated[str, "Which choice"] = "",
    *,
    forms: FormAnswers,
    under_way: Turns,
) -> View:
    number = number_of(option) if option else None
    program = forms.pressed(call.caller, Which.of(which), number_of(step), number, _card(call))
    given = await call.database.write(program)
    if given.decided is not None:
        return _over(call, under_way, given.decided, _ANSWERED)
    return _next(call, which, given)


@command("form_page", "The page that a server wants you to open", listed=False, private=True)
async def form_page(
    call: Call, which: Annotated[str, "Which call"], step: Annotated[str, "Which question"], *, forms: FormAnswers
) -> View:
    form = await call.database.read(forms.asked(call.caller, Which.of(which)))
    page = form.question
    if page is None or not page.link or str(form.step) != step:
        raise PersonError("That question is no longer here. Nothing was done.")
    # The brackets of Markdown end a link.
    link = page.link.replace("(", "%28").replace(")", "%29")
    text = call.say(
        "[Open the page at {host}]({link}). Look whether that is where you want to go.", host=page.title, link=link
    )
    return View(f"{text}\n\n`{page.link}`", replace=False, private=True)


@command("form_send", "Send a server the answers", listed=False)
async def form_send(call: Call, which: Annotated[str, "Which call"], *, forms: FormAnswers, under_way: Turns) -> View:
    decided = await call.database.write(forms.send(call.caller, Which.of(which), _card(call)))
    return _over(call, under_way, decided, _ANSWERED)


@command("form_anew", "Answer a server's questions anew", listed=False)
async def form_anew(call: Call, which: Annotated[str, "Which call"], *, forms: FormAnswers) -> View:
    form = await call.database.write(forms.anew(call.caller, Which.of(which)))
    return View(form.text(call.say), form.buttons(call.say))


@command("form_leave", "Give a server no answer", listed=False)
async def form_leave(call: Call, which: Annotated[str, "Which call"], *, forms: FormAnswers, under_way: Turns) -> View:
    decided = await call.database.write(forms.leave(call.caller, Which.of(which), _card(call)))
    return _over(call, under_way, decided, _LEFT)


def _card(call: Call) -> str | None:
    """The message whose button was pressed: the answer takes its place."""
    return call.invocation.remote_id if call.invocation.origin == "button" else None


def _over(call: Call, under_way: Turns, decided: Decided, words: str) -> View:
    """What follows the last answer."""
    under_way.kick(decided.session)
    if decided.next is not None:
        return View(decided.next.text(call.say), decided.next.buttons(call.say))
    return View(call.say(words))


def _next(call: Call, which: str, given: Given) -> View:
    """What is asked next, or once more if the answer was none."""
    form = given.card
    wrong = filled(call.say, given.wrong.tell, given.wrong.values) if given.wrong is not None else ""
    if form.typed and not call.platform.capabilities(call.invocation.place).forms:
        view = _asked(call, which, str(form.step), form)
        return View(wrong, view.buttons, form=view.form, replace=False)
    text = "\n\n".join(filter(None, (wrong, form.text(call.say))))
    return View(text, form.buttons(call.say))


def _asked(call: Call, which: str, step: str, form: FormCard) -> View:
    """The form for the questions from that one on, up to the next that is answered by a button."""
    questions = form.typed[:_AT_ONCE]
    if not questions or str(form.step) != step:
        raise PersonError("That question is no longer here. Nothing was done.")
    fields = tuple(_field(call, question, number) for number, question in enumerate(questions))
    skip = () if questions[0].required else ((form.skip(call.say),),)
    return View("", skip, form=Form(call.say("Answer"), "form_answer", fields, (which, step)), replace=False)


def _field(call: Call, question: Question, number: int) -> Field:
    default = question.default
    value = str(default) if isinstance(default, str | int | float) and not isinstance(default, bool) else ""
    return Field(f"answer{number}", label(question, call.say), value, required=question.required)


COMMANDS = (form_fill, form_answer, form_pick, form_page, form_send, form_anew, form_leave)
