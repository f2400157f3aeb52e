"""Tools: what a model may have done while it answers, when people are asked first, what a server asks them for.

A call is a step of the turn. It is written before it runs (`storage.tool_calls`) and its outcome as soon as there is
one; what the model had said until then stands with it. So a turn that is killed goes on from its last whole step: what
only reads is run again; of anything else nobody knows whether it took effect, and it is never run again by itself: the
person is asked. With the answer all steps become its parts, in the same
transaction, and the rows are erased.

A tool fails its own call and nothing else: one that is not there, arguments that are no object, an error, a time-out
are results like others, and the model goes on. What ends is the turn's budget of calls and seconds; then the model is
asked to answer with what it has.

What is there: `reading` (the asker's own sessions and documents), `web` (pages and searches) and `servers`, which speak
the Model Context Protocol, each connection with one in a separate process (`host`).

What tools bring is material to read. What has an effect waits until the person who asked has pressed
(`bot.turns.approvals`); unasked it runs only where they have allowed that for longer, and the model has read nobody's
words but theirs (`bot.turns.trust`).
"""
