"""Commands and buttons: found, checked, run at once, answered through the outbox.

A command does not wait behind answers: it is kept with its update, and runs at once in its chat's lane, see
`bot.incoming.lanes`.
What it does and that it was done are separate transactions, so a crash between them runs it again; commands are
written to bear that, and a command that queues a turn names the event, so that the turn is queued once.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.contracts.bots import Bots
from bot.contracts.command import Choice, Command, Form, View, by_name, named, searching
from bot.delivery import rich_use
from bot.delivery.outbox import Delivery
from bot.delivery.reactions import Reactions, Unheard
from bot.domain.blocks import Page
from bot.domain.clock import Clock
from bot.domain.errors import NoLonger, Over, ParleyError, PersonError, PlatformError, StorageError
from bot.domain.ids import new_reference
from bot.domain.incoming import Inbound, Invocation
from bot.domain.messages import TextPart, text_of
from bot.domain.needs import Need
from bot.domain.people import RichUse
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.incoming.arguments import bind
from bot.incoming.call import MakeCall
from bot.incoming.questions import answering, asked_as, question_of
from bot.incoming.turning_away import turn_away
from bot.people import admission, callers
from bot.people.admission import Refused, Why
from bot.people.callers import Caller, reader_of
from bot.rendering.pages import captioned, filled, notice, paginate
from bot.texts import Say, said_later, say_in
from bot.turns.answer_buttons import plain_button
from storage import going_on, inbox, messages, outbox, turns
from storage.database import Database
from storage.inbox import Asked
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

_TAKE_AWAY_S = 10.0

_SECRET_STAYS = said_later("I could not delete your message with the secret in it. Please delete it yourself.")


@dataclass(frozen=True, slots=True)
class _Refused:
    """What somebody hears whose command is not run; nothing if it has been run before."""

    pages: tuple[OutboxPage, ...] = ()
    alert: str = ""
    """Said at the button instead."""
    unheard: Unheard | None = None


class Dispatcher:
    """Runs commands. `commands` is the whole registry; every menu and help derives from the same.

    `things` is what commands act on, by the types that they name. Raises TypeError if one of them is not there.
    """

    def __init__(
        self,
        commands: Sequence[Command],
        bots: Bots,
        make_call: MakeCall,
        things: Mapping[type, object],
        database: Database,
        policy: Policy,
        clock: Clock,
        rng: random.Random,
        delivery: Delivery,
        reactions: Reactions,
    ) -> None:
        self._commands = by_name(commands)
        self._bots = bots
        self._make_call = make_call
        if missing := {kind.__name__ for one in commands for _, kind in one.acts_on if kind not in things}:
            raise TypeError(f"Commands act on what nobody hands to them: {', '.join(sorted(missing))}.")
        self._things = things
        self._database = database
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._delivery = delivery
        self._reactions = reactions
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def answer(self, inbound: Inbound, asked: Asked) -> bool:
        """A message that comes while a question is open: ask the next one of its form, or run the command.

        False if it names none of the choices: then it is as any other message.
        """
        invocation = answering(inbound, asked)
        if not asked.fields:
            choice = await self._named(invocation, inbound)
            if choice is None:
                return False
            await self._handle(replace(invocation, args=(*asked.args, choice.value)))
            return True
        args = (*asked.args, text_of(inbound.parts))
        invocation = replace(invocation, args=args)
        command, is_last = self._commands.get(asked.command), len(asked.fields) == 1
        if not is_last and not (command is not None and command.by_steps):
            await self._handle(invocation, replace(asked, args=args, fields=asked.fields[1:]))
            return True
        stays = False
        if is_last and command is not None and command.takes_secret:
            # First of all it must not stand there any longer.
            stays = not await self._take_away(inbound.place, inbound.remote_id)
        await self._handle(invocation, secret_stays=stays)
        return True

    async def _named(self, invocation: Invocation, inbound: Inbound) -> Choice | None:
        """The choice of an open menu that a message names, or the words by which it searches it."""
        typed, command = text_of(inbound.parts).strip(), self._commands.get(invocation.command)
        is_text = all(isinstance(part, TextPart) for part in inbound.parts)
        if command is None or not typed or not is_text or len(command.params) <= len(invocation.args):
            return None
        param = command.params[len(invocation.args)]
        try:
            shown, found = [await self.choices(invocation, param.name, beginning) for beginning in ("", typed)]
        except PersonError:
            return None
        choice = named(list(dict.fromkeys((*shown, *found))), typed)
        return Choice(typed, typed) if choice is None and param.searched and searching(found, typed) else choice

    async def _take_away(self, place: Place, remote_id: str) -> bool:
        """Whether a message stands there no longer."""
        try:
            async with asyncio.timeout(_TAKE_AWAY_S):
                await self._bots.at(place).delete(place, remote_id)
        except (PlatformError, TimeoutError) as error:
            log.warning("secret_not_taken_away", error=type(error).__name__)
            return False
        return True

    async def handle(self, invocation: Invocation) -> None:
        """Run a command that was typed, chosen or pressed; its answer is in the outbox when this returns.

        Raises:
            StorageError: nothing is kept of it; it may be handed in again.
        """
        command, stays = self._commands.get(invocation.command), False
        if command is not None and command.takes_secret and invocation.origin == "typed" and invocation.args:
            # A secret behind a command that was typed stands in the chat as well as one that answers a question.
            stays = not await self._take_away(invocation.place, invocation.remote_id)
        await self._handle(invocation, secret_stays=stays)

    async def _handle(
        self, invocation: Invocation, next_question: Asked | None = None, *, secret_stays: bool = False
    ) -> None:
        now = self._clock.now()
        caller = await self._database.write(self._stand(invocation))
        if isinstance(caller, _Refused):
            self._end(invocation, bool(caller.pages), private=True, alert=caller.alert)
            self._delivery.deliver(caller.pages)
            if caller.unheard is not None:
                self._reactions.put(caller.unheard)
            return
        ended = False
        if next_question is not None:
            view = View(asked_as(next_question.fields[0]))
        else:
            view = await self._view(caller, invocation)
            if view.form is not None and await self._shows_form(invocation, view.form):
                view, ended = View("", closes=view.closes), True
            next_question = question_of(view)
        if secret_stays:
            view = replace(view, text=f"{view.text}\n\n{say_in(caller.person.language)(_SECRET_STAYS)}".strip())
        alert = self._alert(invocation, view)
        if alert:
            view = View("", closes=view.closes)
        program = self._finish(caller, invocation, view, next_question)
        answer = await self._database.write(program)
        if not ended:
            self._end(invocation, bool(answer) or view.follows, private=view.private, alert=alert)
        self._delivery.deliver(answer)
        log.info(
            "command", command=invocation.command, person=caller.person.id, place=caller.place_row,
            took_ms=self._clock.now() - now,
        )  # fmt: skip

    def _alert(self, invocation: Invocation, view: View) -> str:
        """A sentence for whom pressed alone, where the platform can say it at the button."""
        shared = not invocation.place.kind.private
        if not (shared and view.private and view.text and not view.buttons and view.form is None):
            return ""
        return self._at_button(invocation, view.text)

    def _at_button(self, invocation: Invocation, text: str) -> str:
        """The words of it, where a button was pressed and the platform shows that many of them there."""
        words = notice(text).text if invocation.origin == "button" else ""
        limit = self._bots.at(invocation.place).capabilities(invocation.place).alert_limit
        return words if len(words) <= limit else ""

    def _end(self, invocation: Invocation, answered: bool, *, private: bool, alert: str) -> None:
        """Say that the command was seen, beside everything else: the platform may be slow.

        A platform that waits for this waits forever, no matter who gave the command.
        """
        platform, receipt = self._bots.at(invocation.place), invocation.receipt
        if not receipt:
            return

        async def acknowledge() -> None:
            try:
                await platform.acknowledge(receipt, answered=answered, private=private, alert=alert)
            except PlatformError as error:
                log.info("not_acknowledged", error=type(error).__name__, detail=error)

        task = asyncio.create_task(acknowledge())
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _shows_form(self, invocation: Invocation, form: Form) -> bool:
        """Whether the platform has shown the form by its own means."""
        platform = self._bots.at(invocation.place)
        if form.wants_file or not invocation.receipt or not platform.capabilities(invocation.place).forms:
            return False
        try:
            await platform.ask(invocation.receipt, form)
        except PlatformError as error:
            log.warning("form_not_shown", command=form.command, error=type(error).__name__, detail=error)
            return False
        return True

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        """What can be chosen for a parameter, best match first; nothing for who may not use the command."""
        command = self._commands.get(invocation.command)
        source = next((p.choices for p in command.params if p.name == param), None) if command else None
        if command is None or source is None:
            return ()
        caller = await self._database.write(callers.identify(invocation, self._policy, self._clock.now()))
        if not admission.may(caller, command.need):
            return ()
        call = self._make_call(caller, invocation)
        return await source(call, typed)

    def _stand(self, invocation: Invocation) -> Program["Caller | _Refused"]:
        """Who calls, or what they hear where there is nothing to run: it has been, or they are not let in."""
        place = invocation.place
        if (yield from inbox.is_noted(place.platform, place.bot, invocation.event_key)):
            return _Refused()
        now = self._clock.now()
        caller = yield from callers.identify(invocation, self._policy, now)
        if self._admitted(caller, invocation.command) != Refused(Why.NOT_LET_IN):
            yield from going_on.end_of(caller.place_row, caller.person.id, now)
            return caller
        yield from inbox.mark(place.platform, place.bot, invocation.event_key, now)
        alert = self._at_button(invocation, admission.refusal(caller, self._policy))
        pages: list[OutboxPage] = []
        unheard = yield from turn_away(
            caller, self._policy, pages, now, invocation.remote_id, receipt=invocation.receipt, told=bool(alert)
        )
        return _Refused(tuple(pages), alert, unheard)

    async def _view(self, caller: Caller, invocation: Invocation) -> View:
        """What the command answers; every failure becomes a sentence, for those alone who have failed."""
        # Who has written something hears it where they wrote: only a press and a command of the platform's have an end
        # of their own.
        alone = invocation.private or (bool(invocation.receipt) and not invocation.place.kind.private)
        declared = self._commands.get(invocation.command)
        view = await self._outcome(caller, invocation, alone)
        private = view.private or invocation.private or (declared is not None and declared.private)
        return replace(view, private=private and not view.is_over)

    async def _outcome(self, caller: Caller, invocation: Invocation, alone: bool) -> View:
        say, command = say_in(caller.person.language), None
        try:
            command = self._find(caller, invocation.command)
            call = self._make_call(caller, invocation)
            arguments = await bind(call, command)
            if isinstance(arguments, View):
                return arguments
            things = {name: self._things[kind] for name, kind in command.acts_on}
            return await command.handler(call, **arguments, **things)
        except PersonError as error:
            text = filled(say, error.tell, error.values)
            in_vain = NoLonger if invocation.place.kind.private else Over
            asks_in_vain = isinstance(error, in_vain) and command is not None and command.decides
            if asks_in_vain and await self._database.read(_is_left_over(caller, invocation)):
                return View(text, is_over=True)
            return View(text, replace=False, private=alone, personal=True)
        except StorageError:
            raise
        except ParleyError as error:
            return self._apology(invocation, error, say, alone)
        except Exception as error:
            # The border of commands: what a tampered app sends must not leave a press without an answer.
            log.exception("command_broke", command=invocation.command)
            return self._apology(invocation, ParleyError(type(error).__name__), say, alone)

    def _apology(self, invocation: Invocation, error: ParleyError, say: Say, alone: bool) -> View:
        reference = new_reference(self._rng)
        log.error(
            "command_failed", command=invocation.command, reference=reference, error=type(error).__name__,
            detail=error,
        )  # fmt: skip
        text = f"{say(error.tell)} ({say('Reference {reference}', reference=reference)})"
        return View(text, replace=False, private=alone, personal=True)

    def _admitted(self, caller: Caller, name: str) -> Caller | Refused:
        command = self._commands.get(name)
        return admission.admit(caller, command.need if command is not None else Need())

    def _find(self, caller: Caller, name: str) -> Command:
        command, admitted = self._commands.get(name), self._admitted(caller, name)
        if admitted == Refused(Why.PLACE):
            raise PersonError("`/{name}` works in a private chat with me.", name=name)
        if command is None or isinstance(admitted, Refused):
            raise PersonError("I do not know `/{name}`. `/help` lists what I can do.", name=name)
        return command

    def _finish(
        self, caller: Caller, invocation: Invocation, view: View, question: Asked | None
    ) -> Program[list[OutboxPage]]:
        """Note that the command is done and put its answer into the outbox, together."""
        place, now = invocation.place, self._clock.now()
        if not (yield from inbox.note(place.platform, place.bot, invocation.event_key, now)):
            return []
        if question is None:
            yield from inbox.close_asked(caller.place_row, caller.person.id)
        else:
            yield from inbox.ask(
                caller.place_row, caller.person.id, question.command, question.args, question.fields, now
            )
        rows: list[OutboxPage] = []
        use = RichUse.NEVER
        if view.answer is not None and not view.plain:
            use = yield from rich_use.use_for(caller.person, caller.place_row, self._policy.rich, now)
        pages = self._pages(invocation, view, use, say_in(caller.person.language))
        in_place = invocation.origin == "button" and view.replace and len(pages) == 1
        if in_place and view.answer is None:
            # What a model said, and was paid for, stays where it stands: only another version takes its place.
            in_place = (yield from messages.find_shown(place, invocation.remote_id)) is None
        # A guest has that one message alone: what cannot take its place is told elsewhere.
        beside = not in_place and self._bots.at(place).capabilities(place).messages_per_answer == 1
        private = view.private or beside
        target = Target(
            caller.place_row,
            place,
            remote_id=invocation.remote_id if in_place else None,
            reply_to=None if place.kind.private or in_place or invocation.receipt else invocation.remote_id,
            receipt=invocation.receipt,
            private=private,
            reader=reader_of(invocation.sender, place) if private or view.personal else "",
        )
        for number, page in enumerate(pages):
            page = replace(page, only_there=view.is_over and in_place)
            # A turn's first page has a nonce that its preview has had: this is another message.
            turn, number = view.card_of, number if view.card_of is None else number + 1
            row = yield from outbox.add(
                target, page, now, turn=turn, message=view.answer, number=number, person=caller.person.id
            )
            rows.append(row)
        if view.closes is not None:
            there = Target(caller.place_row, place, remote_id=view.closes.remote_id)
            (page,) = paginate(self._bots.at(place), place, view.closes.text)
            ended = replace(page, only_there=True)
            rows.append((yield from outbox.add(there, ended, now, person=caller.person.id)))
        return rows

    def _pages(self, invocation: Invocation, view: View, use: RichUse, say: Say) -> list[Page]:
        files = [Page((), file=file) for file in view.files]
        if not view.text and view.form is None:
            return files
        text = view.text if view.form is None else f"{view.text}\n\n{asked_as(view.form.fields[0].label)}".strip()
        platform = self._bots.at(invocation.place)
        if view.answer is not None:
            page = captioned(platform, invocation.place, text, view.buttons, (), view.files)
            if page is not None:
                return [page]
        plainly = plain_button(view.answer, say) if view.answer is not None else None
        return [*paginate(platform, invocation.place, text, view.buttons, use=use, plainly=plainly), *files]


def _is_left_over(caller: Caller, invocation: Invocation) -> Program[bool]:
    """Whether the message that was pressed shows nothing that is to stay, or that a turn has yet to change."""
    if invocation.origin != "button" or (yield from turns.holds_message(caller.place_row, invocation.remote_id)):
        return False
    return (yield from messages.find_shown(invocation.place, invocation.remote_id)) is None
