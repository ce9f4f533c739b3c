"""No version comes into force that nobody has seen at work."""

from django.dispatch import receiver

from campaigns.simulation.services import check_signed
from campaigns.strategies.signals import version_approved


@receiver(version_approved)
def refuse_what_was_not_tried_out(sender, *, version, signed_result, in_flight, **_kwargs) -> None:
    """Raises NotTriedOut, which ends the approval."""
    check_signed(version=version, signed_result=signed_result, in_flight=in_flight)
