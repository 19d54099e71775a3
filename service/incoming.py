"""The bytes of one HTTP request as they come in: is all of it there?"""

import re

# A head without an end is given up at this size; gunicorn's parser then says what is wrong with it.
LONGEST_HEAD = 65536

# The same for a chunk's size and a trailer.
LONGEST_LINE = 8192

LINE_END = b"\r\n"
HEAD_END = b"\r\n\r\n"
CHUNK_SIZE = re.compile(rb"[0-9a-f]{1,15}(?=[\s;])", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)


class Incoming:
    """What has been received of one request.

    It decides only when a thread is worth starting, and how. What the bytes mean is decided by
    gunicorn's parser, which reads them afterwards.

    Args:
        max_body: bytes of a body past which nobody waits for the rest of it.
    """

    def __init__(self, *, max_body: int) -> None:
        self.received = bytearray()
        self._expects = False
        self._max_body = max_body
        self._body = 0  # where the body begins, once the head is there
        self._length: int | None = 0  # of the body; None for chunks
        self._line = 0  # of a body in chunks, where the next line of a size or a trailer begins
        self._last_chunk = False  # what follows are trailers
        self._chunks_end = False

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        before = len(self.received)
        self.received += data
        if not self._body:
            end = self.received.find(HEAD_END, max(0, before - len(HEAD_END)))
            if end >= 0:
                self._read_head(end + len(HEAD_END))
        if self._body and self._length is None:
            self._follow_chunks()

    @property
    def predicts(self) -> bool:
        """Whether it may ask for predictions; all other requests are answered in no time."""
        return self.received.startswith(b"POST ")

    @property
    def whole(self) -> bool:
        """Whether everything is there that will be waited for."""
        if not self._body:
            return len(self.received) > LONGEST_HEAD
        if self._length is None:
            return self._chunks_end or self.too_large
        return len(self.received) - self._body >= self._length or self.too_large

    @property
    def too_large(self) -> bool:
        """Whether the body is larger than any that is accepted."""
        length = len(self.received) - self._body if self._length is None else self._length
        return length > self._max_body

    def wants_continue(self) -> bool:
        """Whether the client has yet to be told that it may send its body. True only once."""
        wants, self._expects = self._expects, False
        return wants

    def _read_head(self, end: int) -> None:
        head = bytes(self.received[:end])
        if EXPECTS.search(head):
            # Taken out, since gunicorn would tell the client only when the body is here.
            self._expects = True
            self.received[:end] = head = EXPECTS.sub(b"", head)
        self._body = self._line = len(head)
        if CHUNKED.search(head):
            self._length = None
        elif found := LENGTH.search(head):
            self._length = int(found[1])

    def _follow_chunks(self) -> None:
        """Go on from line to line, past the data of chunks; what is no chunk ends the body too."""
        while not self._chunks_end:
            end = self.received.find(LINE_END, self._line)
            if end < 0:
                self._chunks_end = len(self.received) - self._line > LONGEST_LINE
                return
            if self._last_chunk:
                self._chunks_end = end == self._line
                self._line = end + len(LINE_END)
            elif size := CHUNK_SIZE.match(self.received, self._line, end + 1):
                data = int(size[0], 16)
                self._last_chunk = data == 0
                self._line = end + len(LINE_END) + (data and data + len(LINE_END))
            else:
                self._chunks_end = True
