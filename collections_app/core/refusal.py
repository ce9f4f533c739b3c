"""A business "no" that the person who asked may read."""


class Refused(Exception):
    """Raised by a service that will not do what was asked.

    The message is a translated sentence for the person who asked: what is wrong and what to do.
    `field` names the form field it belongs to, when there is one. Views turn it into a form error.
    Subclasses end in the reason (`PaymentAlreadyReversed`) and live beside their service.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = str(message)
        self.field = field


class NotAllowed(Refused):
    """The actor lacks the permission or the authority; pages answer 403."""
