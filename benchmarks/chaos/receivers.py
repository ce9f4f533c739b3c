"""The two doubles on the wire: an SMTP server and an HTTP gateway for text messages, in one process.

They count and do not de-duplicate: whatever they accept is one line of a file, with the moment at
which its hand-over began and the moment of acceptance. `--honours-keys` makes the gateway answer a
repeated idempotency key with what it answered first, and count it once, as good gateways do.

Now and then they misbehave, by a seeded dice: they are busy, refuse for the moment, take a message
and hang up without an answer, or hang up before they have it.

`python -m benchmarks.chaos.receivers --folder PLACE` writes its ports to PLACE/ports.json.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import random
import sys
import time
from pathlib import Path
from typing import IO

FAULTS = 0.004  # of all messages, shared by the four ways to misbehave


class Ledger:
    """What arrived, one line a message, written before it is answered."""

    def __init__(self, folder: Path, *, seed: int, honours_keys: bool, secret: str) -> None:
        self._file: IO = (folder / "arrived.jsonl").open("a", encoding="utf-8", buffering=1)
        self.dice = random.Random(seed)
        self.honours_keys = honours_keys
        self.secret = secret
        self.known: dict[str, str] = {}

    def write(self, *, kind: str, to: str, key: str, begun: float, counts: bool = True) -> None:
        row = {"kind": kind, "to": to, "key": key, "begun": begun, "at": time.time(), "counts": counts}
        self._file.write(json.dumps(row) + "\n")

    def fault(self) -> str:
        """What goes wrong with this message; mostly nothing."""
        throw = self.dice.random()
        names = ("busy", "later", "swallowed", "cut")
        return names[int(throw / FAULTS * len(names))] if throw < FAULTS else ""


# ---- SMTP ----


async def smtp(ledger: Ledger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection; a client that is killed in the middle leaves nothing."""
    try:
        await _converse(ledger, reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _converse(ledger, reader, writer) -> None:
    def say(words: str) -> None:
        writer.write(words.encode() + b"\r\n")

    say("220 chaos")
    begun, to, fault = 0.0, "", ""
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb in (b"EHLO", b"HELO", b"RSET", b"NOOP"):
            say("250 OK")
        elif verb == b"MAIL":
            begun, fault = time.time(), ledger.fault()
            say("451 busy" if fault == "busy" else "250 OK")
        elif verb == b"RCPT":
            to = line.decode("ascii", "replace").partition("<")[2].partition(">")[0]
            say("450 later" if fault == "later" else "250 OK")
        elif verb == b"DATA":
            say("354 go")
            await writer.drain()
            content = await reader.readuntil(b"\r\n.\r\n")
            if fault == "cut":
                return
            ledger.write(kind="email", to=to, key=_message_id(content), begun=begun)
            if fault == "swallowed":
                return
            say("250 kept")
        elif verb == b"QUIT":
            say("221 bye")
            return
        else:
            say("500 what")
        await writer.drain()


def _message_id(content: bytes) -> str:
    head = content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.partition(b":")[2].strip().decode("ascii", "replace")
    return ""


# ---- HTTP ----


async def http(ledger: Ledger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await _serve(ledger, reader, writer):
            pass
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _serve(ledger, reader, writer) -> bool:
    """One request of a connection; False when the connection is to be closed."""
    head = await reader.readuntil(b"\r\n\r\n")
    begun = time.time()
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ", 2)
    pairs = (row.partition(":") for row in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    if not _is_signed(ledger, body if method == "POST" else path.encode(), headers):
        return await _answer(writer, 403, {"error": "signature"})
    if method == "GET":
        status = ledger.known.get(path.rpartition("/")[2])
        return await _answer(writer, 200 if status else 404, {"status": "sent", "id": status or ""})
    fault = ledger.fault()
    if fault in ("busy", "later"):
        return await _answer(writer, 503 if fault == "busy" else 429, {})
    if fault == "cut":
        return False
    said = json.loads(body)
    key = headers.get("idempotency-key", "")
    is_repeat = key in ledger.known
    reference = ledger.known.setdefault(key, hashlib.sha256(key.encode()).hexdigest()[:16])
    counts = not (is_repeat and ledger.honours_keys)
    ledger.write(kind="sms", to=said["to"], key=key, begun=begun, counts=counts)
    if fault == "swallowed":
        return False
    return await _answer(writer, 200, {"id": reference})


def _is_signed(ledger: Ledger, signed: bytes, headers: dict[str, str]) -> bool:
    stamp = headers.get("x-timestamp", "")
    wanted = hmac.new(ledger.secret.encode(), stamp.encode() + b"." + signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers.get("x-signature", ""))


async def _answer(writer, code: int, content: dict) -> bool:
    body = json.dumps(content).encode()
    writer.write(
        f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await writer.drain()
    return True


async def serve(ledger: Ledger) -> None:
    """Listen on free ports, told on the standard output, until the process is ended."""
    mail = await asyncio.start_server(lambda r, w: smtp(ledger, r, w), "127.0.0.1", 0)
    texts = await asyncio.start_server(lambda r, w: http(ledger, r, w), "127.0.0.1", 0)
    ports = {"smtp": mail.sockets[0].getsockname()[1], "http": texts.sockets[0].getsockname()[1]}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    async with mail, texts:
        await asyncio.gather(mail.serve_forever(), texts.serve_forever())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--honours-keys", action="store_true")
    given = parser.parse_args()
    ledger = Ledger(given.folder, seed=given.seed, honours_keys=given.honours_keys, secret=given.secret)
    asyncio.run(serve(ledger))


if __name__ == "__main__":
    main()
