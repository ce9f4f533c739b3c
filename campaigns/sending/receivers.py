"""A message that came back: somebody looks for an address, and the next channel is tried."""

from django.dispatch import receiver

from accounts.compliance import replay
from campaigns.sending.falling_back import fall_back, raise_trace
from campaigns.sending.proof import messages_that_differ
from campaigns.sending.signals import message_bounced


@receiver(message_bounced)
def follow_a_bounce(sender, *, message, now, as_of, actor, is_address_bad, **_kwargs) -> None:
    if is_address_bad:
        raise_trace(message, now=now, actor=actor)
    fall_back(message, now=now, as_of=as_of, actor=actor)

replay.register(messages_that_differ)
