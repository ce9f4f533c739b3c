import mailbox
from email import message_from_binary_file, policy

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Show what the demonstration's mail server kept, newest last."

    def add_arguments(self, parser):
        parser.add_argument("--last", type=int, default=5, help="how many messages (5)")
        parser.add_argument("--to", default="", help="only those to this address")

    def handle(self, *args, **options):
        folder = settings.PLACES.mailbox
        if not folder.is_dir():
            self.stdout.write(f"No mail has arrived in {folder}.")
            return
        kept = mailbox.Maildir(
            str(folder), factory=lambda file: message_from_binary_file(file, policy=policy.default)
        )
        messages = [
            message
            for _key, message in sorted(kept.items())
            if not options["to"] or options["to"] in message.get_all("X-Envelope-To", [])
        ]
        for message in messages[-options["last"] :]:
            body = message.get_body(("plain", "html"))
            self.stdout.write(
                f"To: {', '.join(message.get_all('X-Envelope-To', []))}\n"
                f"Subject: {message['Subject']}\nDate: {message['Date']}\n\n"
                f"{body.get_content() if body else ''}\n{'-' * 72}"
            )
        self.stdout.write(f"{len(messages)} messages")
