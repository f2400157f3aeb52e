"""Server-sent events, from bytes as they arrive. Only the data counts: event names and ids add nothing to it."""

LONGEST_EVENT = 4 * 1024 * 1024
"""In bytes. An endpoint that sends more without an end to it makes no sense, and must not fill the memory."""


class EventReader:
    """Turns reads of any size into the data of whole events.

    A line ends with LF, CR LF or CR, and an empty line ends an event, as the HTML standard has it. Some vendors
    leave out the last empty line: feed one at the end.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that `data` completes. Raises ValueError when an event is too long."""
        buffer = self._rest + data if self._rest else data
        if b"\r" in buffer:
            # The LF that belongs to a CR at the very end may be still to come.
            held = b"\r" if buffer.endswith(b"\r") else b""
            buffer = buffer.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        else:
            held = b""
        *lines, rest = buffer.split(b"\n")
        self._rest = rest + held
        events = self._take(lines)
        if len(self._rest) + sum(map(len, self._data)) > LONGEST_EVENT:
            raise ValueError(f"An event is longer than {LONGEST_EVENT} bytes.")
        return events

    def _take(self, lines: list[bytes]) -> list[bytes]:
        events = []
        pending = self._data
        for line in lines:
            if line.startswith(b"data:"):
                pending.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif not line and pending:
                events.append(b"\n".join(pending))
                pending.clear()
        return events
