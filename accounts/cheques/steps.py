"""What every verb of cheques shares: the locks, the order of days, the step itself."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from accounts.cheques.custody_models import CustodyStep
from accounts.cheques.enums import CHEQUE
from accounts.cheques.models import Cheque, ChequeShare
from accounts.ledger.models import Account
from collections_app.core import clock, documents
from collections_app.core.models import StoredFile
from collections_app.core.refusal import Refused


class ChequeRefused(Refused):
    """The cheque can't take this step as given."""


class ChequeMovedLater(Refused):
    """What is told happened before what is known already."""


def locked(cheques: Iterable[Cheque]) -> list[Cheque]:
    """The cheques as they are now, locked after their accounts; both by their keys' order."""
    ids = sorted({cheque.pk for cheque in cheques})
    accounts = list(ChequeShare.objects.filter(cheque__in=ids).values_list("account", flat=True))
    list(
        Account.objects.select_for_update(no_key=True)
        .filter(pk__in=accounts)
        .order_by("id")
        .values_list("pk", flat=True)
    )
    return list(
        Cheque.objects.select_for_update(of=("self",))
        .select_related("debtor", "creditor", "bank_account", "holder")
        .filter(pk__in=ids)
        .order_by("id")
    )


def check_day(cheque: Cheque, day: date, as_of: date, field: str) -> None:
    """A step is told in the order of its days, and not ahead of them."""
    if day > as_of:
        raise ChequeRefused(_("This day is still to come; choose today or earlier."), field=field)
    if day < cheque.moved_on:
        raise ChequeMovedLater(
            _("Cheque %(number)s is «%(status)s» since %(day)s; this can't have been before.")
            % {
                "number": cheque.number,
                "status": cheque.get_status_display(),
                "day": clock.written(cheque.moved_on),
            },
            field=field,
        )


def move(cheque: Cheque, to: str, *, day: date, actor, reason: str = "", **fields) -> Cheque:
    """One step of a locked cheque, in force from `day`. Raises StatusHasMoved."""
    CHEQUE.advance(
        cheque, to=to, actor=actor, as_of=day, reason=reason, is_locked=True, moved_on=day, **fields
    )
    return cheque


def log_custody(cheque: Cheque, kind: str, *, day: date, actor, **more) -> CustodyStep:
    """A line of the log of who has the paper; `giver` is who had it."""
    return CustodyStep.objects.create(
        cheque=cheque, kind=kind, giver=cheque.holder, on=day, actor=actor, **more
    )


def keep_paper(cheque: Cheque, paper: tuple[str, bytes] | None, *, kind: str, actor) -> StoredFile | None:
    """Store a paper (name, content) about a cheque, if one came with the step."""
    if paper is None:
        return None
    name, content = paper
    return documents.store(content=content, filename=name, kind=kind, owner=actor, subject=cheque)
