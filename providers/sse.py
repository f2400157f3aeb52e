"""Server-sent events, from bytes as they arrive. Only the data counts: event names and ids add nothing to it."""

LONGEST_EVENT = 4 * 1024 * 1024
"""In bytes. An endpoint that sends more without an end to it makes no sense, and must not fill the memory."""
_STRAY = b"\0\xef\xbb\xbf \t"
"""What proxies have put before a line: a byte order mark in the middle, a filler."""


class EventReader:
    """Turns reads of any size into the data of whole events.

    A line ends with LF, CR LF or CR, and an empty line ends an event, as the HTML standard has it. Some vendors
    leave out the last empty line: feed one at the end.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._data: list[bytes] = []
        self._data_bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that `data` completes. Raises ValueError when an event is too long."""
        ends = b"\n" in data or b"\r" in data or (self._line and self._line[-1].endswith(b"\r"))
        self._line.append(data)
        self._line_bytes += len(data)
        # Joined where a line ends, not at each read: a line that comes in a thousand reads costs its length once.
        events = self._take(self._whole_lines()) if ends else []
        if self._line_bytes + self._data_bytes > LONGEST_EVENT:
            raise ValueError(f"An event is longer than {LONGEST_EVENT} bytes.")
        return events

    def _whole_lines(self) -> list[bytes]:
        buffer = b"".join(self._line)
        # The LF that belongs to a CR at the very end may be still to come.
        held = b"\r" if buffer.endswith(b"\r") else b""
        if b"\r" in buffer:
            buffer = buffer.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = buffer.split(b"\n")
        self._line = [rest + held]
        self._line_bytes = len(self._line[0])
        return lines

    def _take(self, lines: list[bytes]) -> list[bytes]:
        events = []
        for line in lines:
            if not line.startswith(b"data:") and line and line[0] in _STRAY:
                line = line.lstrip(_STRAY)
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
                self._data_bytes += len(self._data[-1]) + 1
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data, self._data_bytes = [], 0
        return events


class BodyReader:
    """Turns the body of a response into events; its first bytes decide what it is, whatever its headers call it."""

    def __init__(self) -> None:
        self.whole: bytes | None = None
        """The body so far, where it is no stream of events but JSON or a page."""
        self._reader = EventReader()
        self._is_stream = False
        self._undecided: bytes | None = b""
        """What came before the first byte that tells the two apart; None once that is known."""

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that `data` completes. Raises ValueError when an event is too long."""
        if self._is_stream:
            return self._reader.feed(data)
        if self._undecided is not None:
            data = (self._undecided + data).removeprefix(b"\xef\xbb\xbf")
            opening = data.lstrip(b" \t\r\n\0")[:1]
            self._undecided = None if opening else data
            if not opening:
                return []
            self.whole = b"" if opening in b"{[<" else None
            self._is_stream = self.whole is None
        if self.whole is not None:
            self.whole = (self.whole + data)[: LONGEST_EVENT + 1]
            return []
        return self._reader.feed(data)

    def end(self) -> list[bytes]:
        """The body has ended: the event that may still lack its empty line."""
        return self.feed(b"\n\n") if self._undecided is None and self.whole is None else []
