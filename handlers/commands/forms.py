"""What a server asks for: the buttons of its card, and the answers that are written."""

from dataclasses import replace
from typing import Annotated

from bot.contracts.command import Closed, Field, Form, View, command
from bot.domain.errors import Over
from bot.incoming.call import Call
from bot.rendering.pages import escaped, filled
from bot.texts import said_later
from bot.tools.questions import Question
from bot.turns.approval_card import Which
from bot.turns.approvals import GIVEN, Approvals
from bot.turns.form_answers import FormAnswers, Given
from bot.turns.form_card import FormCard, label
from bot.turns.turns import Turns
from handlers.commands.cards import after, asking, decided, pressed_card, twin
from handlers.commands.reach import number_of

_AT_ONCE = 5
"""Questions of one form of a platform's."""
_ANSWERED = said_later("📝 That is answered.")
_LEFT = said_later("📝 It gets no answer.")


@command("form_fill", "Answer what a server asks", listed=False, decides=True)
async def form_fill(
    call: Call, which: Annotated[str, "Which call"], step: Annotated[str, "Which question"], *, forms: FormAnswers
) -> View:
    given = await call.database.write(forms.opened(call.caller, Which.of(which), pressed_card(call)))
    return replace(_asked(call, step, given.card), closes=twin(call, given.twin))


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
    asked: Approvals,
) -> View:
    # What is left out of a form in its middle is an empty text; behind the last there is none at all.
    texts = (first, second, third, fourth, fifth)[: len(call.invocation.args) - 2]
    program = forms.typed(call.caller, Which.of(which), number_of(step), texts)
    given = await decided(call, asked, Which.of(which), program)
    if isinstance(given, View):
        return given
    view = _next(call, given)
    if view.form is not None or given.twin is None:
        return view
    # It is a message of its own: the one before has nothing more to press.
    text = call.say("📝 **{tool}** wanted to know something. That went on below.", tool=escaped(given.card.tool))
    return replace(view, closes=Closed(given.twin, text))


@command("form_pick", "Choose what a server is told", listed=False, decides=True)
async def form_pick(
    call: Call,
    which: Annotated[str, "Which call"],
    step: Annotated[str, "Which question"],
    option: Annotated[str, "Which choice"] = "",
    *,
    forms: FormAnswers,
    asked: Approvals,
    under_way: Turns,
) -> View:
    number = number_of(option) if option else None
    program = forms.pressed(call.caller, Which.of(which), number_of(step), number, pressed_card(call))
    given = await decided(call, asked, Which.of(which), program)
    if isinstance(given, View):
        return given
    if given.decided is not None:
        return after(call, under_way, given.decided, call.say(_ANSWERED))
    return replace(_next(call, given), closes=twin(call, given.twin))


@command("form_page", "The page that a server wants you to open", listed=False, decides=True, private=True)
async def form_page(
    call: Call, which: Annotated[str, "Which call"], step: Annotated[str, "Which question"], *, forms: FormAnswers
) -> View:
    form = await call.database.read(forms.asked(call.caller, Which.of(which)))
    page = form.question
    if page is None or not page.link or str(form.step) != step:
        raise Over(GIVEN)
    # The brackets of Markdown end a link.
    link = page.link.replace("(", "%28").replace(")", "%29")
    text = call.say(
        "[Open the page at {host}]({link}). Look whether that is where you want to go.", host=page.title, link=link
    )
    return View(f"{text}\n\n`{page.link}`", replace=False, private=True)


@command("form_send", "Send a server the answers", listed=False, decides=True)
async def form_send(
    call: Call, which: Annotated[str, "Which call"], *, forms: FormAnswers, asked: Approvals, under_way: Turns
) -> View:
    made = await decided(call, asked, Which.of(which), forms.send(call.caller, Which.of(which), pressed_card(call)))
    return made if isinstance(made, View) else after(call, under_way, made, call.say(_ANSWERED))


@command("form_anew", "Answer a server's questions anew", listed=False, decides=True)
async def form_anew(call: Call, which: Annotated[str, "Which call"], *, forms: FormAnswers, asked: Approvals) -> View:
    given = await decided(call, asked, Which.of(which), forms.anew(call.caller, Which.of(which), pressed_card(call)))
    if isinstance(given, View):
        return given
    return replace(asking(call, given.card), closes=twin(call, given.twin))


@command("form_leave", "Give a server no answer", listed=False, decides=True)
async def form_leave(
    call: Call, which: Annotated[str, "Which call"], *, forms: FormAnswers, asked: Approvals, under_way: Turns
) -> View:
    made = await decided(call, asked, Which.of(which), forms.leave(call.caller, Which.of(which), pressed_card(call)))
    return made if isinstance(made, View) else after(call, under_way, made, call.say(_LEFT))


def _next(call: Call, given: Given) -> View:
    """What is asked next, or once more if the answer was none."""
    form = given.card
    wrong = filled(call.say, given.wrong.tell, given.wrong.values) if given.wrong is not None else ""
    if form.typed and not call.platform.capabilities(call.invocation.place).forms:
        view = _asked(call, str(form.step), form)
        return View(wrong, view.buttons, form=view.form, replace=False)
    return asking(call, form, wrong)


def _asked(call: Call, step: str, form: FormCard) -> View:
    """The form for the questions from that one on, up to the next that is answered by a button."""
    questions = form.typed[:_AT_ONCE]
    if not questions or str(form.step) != step:
        raise Over(GIVEN)
    fields = tuple(_field(call, question, number) for number, question in enumerate(questions))
    skip = () if questions[0].required else ((form.skip(call.say),),)
    return View("", skip, form=Form(call.say("Answer"), "form_answer", fields, (form.name, step)), replace=False)


def _field(call: Call, question: Question, number: int) -> Field:
    default = question.default
    value = str(default) if isinstance(default, str | int | float) and not isinstance(default, bool) else ""
    return Field(f"answer{number}", label(question, call.say), value, required=question.required)


COMMANDS = (form_fill, form_answer, form_pick, form_page, form_send, form_anew, form_leave)
