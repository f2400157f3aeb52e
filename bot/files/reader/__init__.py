"""The program that opens strangers' files: a separate process, with little memory, little time and no secrets.

    python -m bot.files.reader read KIND FILE DIRECTORY FIRST MOST [LANGUAGE]
    python -m bot.files.reader unpack KIND FILE DIRECTORY MOST LARGEST
    python -m bot.files.reader shrink FILE TARGET
    python -m bot.files.reader local

It writes a JSON object a line. `read` tells `{"pages": 12}`, then for each page from FIRST on `{"page": 1, "text": …}`,
or `{"page": 2, "scan": path, "text": …}` where the page is a picture that somebody else has to read, with what little
text it has itself. `unpack` tells of the files inside, see `members`. `shrink` tells
`{"width": …, "height": …, "frames": 1}`. `local` reads paths from its input and tells
`{"text": …, "confidence": 0.93}` for each.
What cannot be done is told as `{"problem": name, …}`, see `Trouble`. `bot.files.sandbox` is the other side,
and `bot.warm` forks the processes.
"""
