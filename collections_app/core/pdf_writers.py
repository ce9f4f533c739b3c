"""PDFs written side by side: a few processes of this program that do nothing else.

WeasyPrint keeps one core busy and its fonts are not made for threads. A run of hundreds of papers
hands their HTML to helpers through pipes; each is this module, started with the settings but
without the models. Helpers end with the pipe, so none outlives the process that started it.
"""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from queue import SimpleQueue
from typing import BinaryIO, cast

from django.conf import settings

MOST = 2  # a helper holds about 90 MB
SIZE = struct.Struct(">BI")
WRITTEN, FAILED = 0, 1


class NotWritten(Exception):
    """A helper could not write a document; its own words say why."""


@dataclass(frozen=True)
class Helper:
    """One process and its pipes."""

    process: subprocess.Popen[bytes]
    wanted: BinaryIO
    written: BinaryIO

    @classmethod
    def start(cls) -> "Helper":
        process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        return cls(process, cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout))


class Writers:
    """Helpers for the time of a `with` block; they start with the first document."""

    def __init__(self, count: int | None = None) -> None:
        self.count = min(MOST, os.cpu_count() or 1) if count is None else count
        self._started: list[Helper] = []
        self._free: SimpleQueue[Helper] = SimpleQueue()

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, *_exception: object) -> None:
        for helper in self._started:
            helper.process.kill()
            helper.process.communicate()

    def write(self, pages: Sequence[str], *, stylesheets: Sequence[str]) -> Iterator[bytes]:
        """Each finished HTML as PDF, in order, as soon as it and those before it are done.

        Raises NotWritten.
        """
        while len(self._started) < min(self.count, len(pages)):
            helper = Helper.start()
            self._started.append(helper)
            self._free.put(helper)
        with ThreadPoolExecutor(max_workers=len(self._started) or 1) as threads:
            yield from threads.map(lambda html: self._ask(html, stylesheets), pages)

    def _ask(self, html: str, stylesheets: Sequence[str]) -> bytes:
        helper = self._free.get()
        try:
            _send(helper.wanted, WRITTEN, json.dumps([html, list(stylesheets)]).encode())
            state, answer = _receive(helper.written)
        except (OSError, EOFError) as lost:
            raise NotWritten("The process that writes PDFs has ended.") from lost
        finally:
            self._free.put(helper)
        if state == FAILED:
            raise NotWritten(answer.decode())
        return answer


def _send(stream: BinaryIO, state: int, content: bytes) -> None:
    stream.write(SIZE.pack(state, len(content)))
    stream.write(content)
    stream.flush()


def _receive(stream: BinaryIO) -> tuple[int, bytes]:
    """What `_send` wrote. Raises EOFError where the other side has gone."""
    header = stream.read(SIZE.size)
    if len(header) < SIZE.size:
        raise EOFError
    state, length = SIZE.unpack(header)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return state, content


def serve(wanted: BinaryIO, written: BinaryIO) -> None:
    """Write what is asked for until nobody asks any more."""
    engine = import_module("collections_app.core.pdf_engine")
    while True:
        try:
            _state, content = _receive(wanted)
        except EOFError:
            return
        html, stylesheets = json.loads(content)
        try:
            state, answer = WRITTEN, engine.write(html, stylesheets=stylesheets)
        except (Exception, engine.ForeignAddress) as why:  # told to who asked, who raises it
            state, answer = FAILED, f"{type(why).__name__}: {why}".encode()
        _send(written, state, answer)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
