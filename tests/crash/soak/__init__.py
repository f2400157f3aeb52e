"""People on both platforms talk to one gateway that is struck again and again; afterwards everything is counted.

    python -m tests.crash.soak [--kills 200] [--seed 1] [--people 5] [--listeners 10] [--processes 3] [--still 25]

Several processes share a database on PostgreSQL, which this brings. A blow then hits one of them: it is killed, told
to end, or stands still until another has gone on with what it was doing, and then comes back. Or it hits all: every
connection to the database is cut, the server goes down and comes up, or each process is replaced by another in turn.

People ask, change, stop and link, and have themselves reminded or something asked in a minute; an admin tells everybody
one thing after another, also those who only listen. Every second blow falls while such a broadcast goes on.

Who says what and when it is struck follows the seed; how far the machine has come by then does not. Status 1 where
something is lost, doubled without a mark, or does not add up.
"""
