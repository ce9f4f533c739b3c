"""The demonstration's mail server: a real SMTP server that delivers nothing and keeps everything.

`python -m collections_app.embedded.mailbox --port 8025 --folder data/mailbox` runs until it is told
to stop; messages are files of a Maildir, so a killed server leaves no half-written one.
`manage.py mailbox` shows what arrived.
"""

import argparse
import asyncio
import mailbox
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP

LIMIT = 33_554_432  # bytes of one message, as large offices' servers take


class Keeper:
    """Hands each message to the Maildir; the envelope goes along as headers of its own."""

    def __init__(self, folder: Path):
        self._maildir = mailbox.Maildir(str(folder), create=True)

    async def handle_DATA(self, server, session, envelope) -> str:
        head = "".join(f"X-Envelope-To: {address}\r\n" for address in envelope.rcpt_tos)
        head += f"X-Envelope-From: {envelope.mail_from}\r\n"
        self._maildir.add(head.encode("utf-8", "surrogateescape") + envelope.content)
        return "250 Kept"


async def serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=LIMIT, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    async with server:
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    given.folder.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(given.port, given.folder))


if __name__ == "__main__":
    main()
