"""A real SMTP server in a thread, for tests that read what arrived."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller


class AnyPort(Controller):
    """Listens on a free port that the system chose; aiosmtpd alone would call back to port 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """Keeps every message it accepts; `refuse` makes it answer that recipient with an error."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse: dict[str, str] = {}
        self._controller = AnyPort(self, hostname="127.0.0.1", port=0)

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        return self._controller.port

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def to(self, address: str) -> list[EmailMessage]:
        return [
            message
            for message, recipients in zip(self.messages, self.recipients, strict=True)
            if address in recipients
        ]

    # aiosmtpd calls these by name, with this letter case.
    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 Kept"
