"""Server-sent events, read as the HTML Living Standard says (9.2.6)."""

import codecs
import re
from dataclasses import dataclass

MEDIA_TYPE = "text/event-stream"

_END_OF_LINE = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Event:
    """What a stream tells.

    Attributes:
        id: Where the stream is: a client resumes after it.
    """

    type: str
    data: str
    id: str


class EventReader:
    """The reader of one stream, which comes in chunks that may end anywhere.

    Attributes:
        last_id: The last id that is complete, with an event or without.
        retry: Seconds that the server wants clients to be away; None if it tells none.
        comments: How many there were: they show that the connection lives.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: float | None = None
        self.comments = 0
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []
        self._is_after_cr = False
        self._type = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that a chunk completes."""
        text = self._decoder.decode(chunk)
        if self._is_after_cr and text:
            # The line has ended, by the first half of what ends it.
            text = text.removeprefix("\n")
            self._is_after_cr = False
        if not text:
            return []
        self._is_after_cr = text.endswith("\r")
        *lines, rest = _END_OF_LINE.split(text)
        if lines:
            lines[0] = "".join([*self._line, lines[0]])
            self._line = []
        self._line.append(rest)
        return [event for line in lines if (event := self._read(line)) is not None]

    def _read(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            self.comments += 1
        elif name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1000
        return None

    def _dispatch(self) -> Event | None:
        self.last_id = self._id
        data, self._data = self._data, []
        told, self._type = self._type or "message", ""
        return Event(told, "\n".join(data), self.last_id) if data else None
