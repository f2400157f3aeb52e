"""A server of tools, spoken with in a separate process.

The library that speaks the protocol takes 70 MB and most of a second to load, believes what a server says, and has no
limit to what it reads; a server may be dead, slow, or hostile. So it is loaded in a process that hears of no server
(`bot.warm`), from which one is forked for each connection, with little memory and none of our secrets. Whatever happens
there is the end of that process, and of the calls it had under way: nobody else notices. The gateway's end is
`bot.tools.connection`.

The gateway writes lines of JSON, the first says whom to connect with; lines of JSON come back:

    {"command": ["uvx", "clock"], "environment": {}}         or {"url": "https://…", "token": "…", "only_public": true}
                                                              {"tools": [{"name": "now", …}]}      or {"failed": "…"}
    {"call": 1, "tool": "now", "arguments": {"zone": "UTC"}}
                                                              {"call": 1, "text": "12:00", "failed": false}
    {"cancel": 1}

A server may want to know something from a person before it goes on. `way` says how it waits for that; what it is called
with then is the same call once more, or, where it has kept the call, an answer (`bot.tools.forms`):

                                                              {"call": 1, "way": "rounds", "asks": {…}, "state": "…"}
    {"call": 2, "tool": "now", "arguments": {}, "responses": {…}, "state": "…"}
                                                              {"call": 1, "way": "waits", "asks": {…}}
    {"answer": 1, "responses": {…}}

Or, in one question, it takes a step of a login (`login.py`), and ends:

    {"login": "begin", "url": "https://…", "redirect": "…", "document": "", "only_public": true}
                                                              {"link": "https://…", "begun": {…}}  or {"failed": "…"}
    {"login": "finish", "begun": {…}, "code": "…", "issuer": "", "only_public": true}
                                                              {"token": "…", "refresh": "…", "expires_in": 3600, …}

Of a call whose answer was cut off it says `{"call": 1, "lost": true}`. With a failure comes `"login": true` where the
server has wanted to know who calls.

Its group of processes, to which a server's program belongs, ends with it; and it ends when its standard input does,
which is also what a killed gateway leaves.
"""
