"""Cheques in a file of returns: found by number and amount, and given back by their own verbs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cheques.answers import part_pay_cheque, return_cheque
from accounts.cheques.enums import AT_BANK, PAID
from accounts.cheques.models import Cheque, ChequeReturn
from accounts.cheques.part_back import part_return_cheque
from accounts.cheques.paying import paid_of
from accounts.cheques.steps import locked
from accounts.returns.formats import FoundReturn
from accounts.returns.instruments import Meant, Offered
from accounts.returns.models import PaymentReturn, ReturnRow
from accounts.returns.queries import TOLD_TWICE
from collections_app.core.money import format_amount

SHORTEST_NUMBER = 4
SHOWN = 12


def bare_number(number: str) -> str:
    """A number as banks repeat it: capitals, without the noughts before it."""
    bare = number.upper().lstrip("0")
    return bare if len(bare) >= SHORTEST_NUMBER else number.upper()


def numbered(cheques: QuerySet[Cheque], words: Iterable[str]) -> QuerySet[Cheque]:
    """Those whose number is one of the words, with the noughts before it or without."""
    words = list(words)
    bare = Func(Upper(F("number")), Value("0"), function="ltrim")
    return cheques.alias(bare=bare).filter(Q(bare__in=words) | Q(number__in=words))


def _words(row: FoundReturn | ReturnRow) -> set[str]:
    return {bare_number(text.strip()) for text in (row.reference, row.trace) if text.strip()}


def _answerable(actor) -> QuerySet[Cheque]:
    return Cheque.objects.visible_to(actor).filter(status__in=(*AT_BANK, *PAID))


class ReturnedCheques:
    """What the files of scheme cheque mean; see `accounts.returns.instruments`."""

    noun = gettext_lazy("Cheque")

    def meant_by(self, rows: Sequence[FoundReturn], actor) -> Mapping[int, Meant]:
        words = {word for row in rows for word in _words(row)}
        free: dict[str, list[Cheque]] = defaultdict(list)
        for cheque in numbered(_answerable(actor), words):
            free[bare_number(cheque.number)].append(cheque)
        back: dict[str, list[ChequeReturn]] = defaultdict(list)
        told = ChequeReturn.objects.filter(
            cheque__in=numbered(Cheque.objects.visible_to(actor), words).values("pk")
        ).select_related("cheque")
        for returned in told:
            back[bare_number(returned.cheque.number)].append(returned)
        found: dict[int, Meant] = {}
        taken: set[int] = set()
        for place, row in enumerate(rows):
            fits = {
                cheque.pk: cheque
                for word in _words(row)
                for cheque in free.get(word, ())
                if (cheque.amount, cheque.currency) == (row.amount, row.currency)
                and cheque.submitted_on is not None
                and cheque.submitted_on <= row.return_date
                and cheque.pk not in taken
            }
            if len(fits) == 1:
                [(pk, cheque)] = fits.items()
                found[place] = Meant(pk, str(cheque))
                taken.add(pk)
                continue
            same = {
                returned.cheque_id: returned.cheque
                for word in _words(row)
                for returned in back.get(word, ())
                if (returned.amount, returned.currency) == (row.amount, row.currency)
                and abs(returned.return_date - row.return_date) <= TOLD_TWICE
                and returned.cheque_id not in taken
            }
            if not fits and len(same) == 1:
                [(pk, cheque)] = same.items()
                found[place] = Meant(pk, str(cheque), is_back=True)
                taken.add(pk)
        return found

    def offered(self, row: ReturnRow, actor) -> list[Offered]:
        near = _answerable(actor).filter(
            currency=row.currency, amount__gte=row.amount, submitted_on__lte=row.return_date
        )
        same = near.filter(amount=row.amount) | near.filter(pk__in=numbered(near, _words(row)).values("pk"))
        found = []
        for cheque in same.select_related("debtor").order_by("-submitted_on", "-pk")[:200]:
            evidence = [_("same number")] if bare_number(cheque.number) in _words(row) else []
            evidence += [_("same amount")] if cheque.amount == row.amount else []
            if row.payer and row.payer.lower() in (cheque.drawer.lower(), cheque.debtor.name.lower()):
                evidence.append(_("name agrees"))
            words = [
                str(cheque),
                cheque.drawer,
                format_amount(cheque.amount, cheque.currency, with_currency=True),
                str(cheque.get_status_display()).lower(),
            ]
            found.append(Offered(cheque.pk, ", ".join(words), evidence))
        return sorted(found, key=lambda one: -len(one.evidence))[:SHOWN]

    def lock(self, ids: Iterable[int]) -> None:
        locked(Cheque.objects.filter(pk__in=list(ids)))

    def give_back(
        self,
        pk: int,
        *,
        code: str,
        return_date: date,
        amount: Decimal,
        certificate: str,
        note: str,
        actor,
        as_of: date,
        permission: str,
    ) -> PaymentReturn | None:
        """A part needs the bank's certificate, and of a cheque that paid several accounts it is told on
        the cheque's page, which asks from which."""
        cheque = Cheque.objects.visible_to(actor).get(pk=pk)
        told = {"note": note, "actor": actor, "as_of": as_of, "permission": permission}
        kept = paid_of(cheque) if cheque.status in PAID else cheque.amount
        if amount >= kept:
            returned = return_cheque(cheque=cheque, code=code, return_date=return_date, **told)
        elif cheque.status in PAID:
            returned = part_return_cheque(
                cheque=cheque, back=amount, return_date=return_date, certificate=certificate, **told
            )
        else:
            returned = part_pay_cheque(
                cheque=cheque,
                paid=cheque.amount - amount,
                bank_value_date=return_date,
                certificate=certificate,
                **told,
            )
        return returned.payment_return

    def url(self, pk: int) -> str:
        return reverse("accounts:cheque_detail", args=[pk])
