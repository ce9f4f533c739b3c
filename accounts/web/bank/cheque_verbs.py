"""A line of a statement that is a cheque of the register: paid, or come back."""

from django import forms
from django.db.models import Case, When
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bank.cheques import Behind, answerable, behind, clear_by_line, return_by_line, spoken_for
from accounts.bank.models import BankLine
from accounts.cheques.enums import AT_BANK
from accounts.cheques.models import Cheque
from accounts.cheques.paying import paid_of, payments_of
from accounts.returns.enums import Scheme
from accounts.returns.models import ReturnReason
from accounts.web.bank.verbs import LineVerb
from accounts.web.cheques.part_back import add_parts, parts_in
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.row_ids import row_id

MOST_SHOWN = 30


def likely(line: BankLine, user) -> list[Behind]:
    """The cheques in view that something speaks for, the strongest first."""
    found = spoken_for(answerable(line) & Cheque.objects.visible_to(user), [line])
    return behind(line, found.order_by("-submitted_on", "-pk")[:MOST_SHOWN])


def offered(line: BankLine, user) -> list[Behind]:
    """The likely ones, then the others that may be it: those without an answer, the latest given first."""
    first = likely(line, user)
    others = answerable(line) & Cheque.objects.visible_to(user)
    if line.amount < 0:
        others = others.filter(amount__gte=-line.amount)
    others = others.exclude(pk__in=[one.cheque.pk for one in first]).order_by(
        Case(When(status__in=AT_BANK, then=0), default=1), "-submitted_on", "-pk"
    )
    room = MOST_SHOWN - len(first)
    return first + [Behind(one, is_named=False, is_exact=False) for one in others[:room]]


def label_of(one: Behind, today) -> str:
    cheque = one.cheque
    words = [
        str(cheque),
        cheque.drawer,
        f"{cheque.currency} {amount_text(cheque.amount, cheque.currency)}",
        _("submitted %(day)s") % {"day": day_text(cheque.submitted_on, today)},
        str(cheque.get_status_display()).lower(),
    ]
    return ", ".join([*words, *one.evidence()])


class OfLine(forms.Form):
    """A form whose cheques are those the line may be, or one more by its number."""

    def __init__(self, *args, line: BankLine, user, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.line = line
        self.found = answerable(line) & Cheque.objects.visible_to(user)
        rows = offered(line, user)
        field = self.fields[self.chooses]
        field.choices = [(str(row.cheque.pk), label_of(row, today)) for row in rows]
        if not rows:
            field.help_text = _("No cheque given to this bank account's bank waits for an answer.")

    def by_number(self, number: str) -> list[Cheque]:
        if not number:
            return []
        found = list(self.found.filter(number__iexact=number)[:2])
        if len(found) != 1:
            self.add_error(
                "number",
                _("Several cheques have this number; open the right one and record it there.")
                if found
                else _("No cheque of yours with this number waits for this bank's answer."),
            )
            return []
        return found


def _number_field():
    return forms.CharField(label=gettext_lazy("or a cheque by its number"), max_length=30, required=False)


def _certificate_field():
    return forms.CharField(
        label=gettext_lazy("Number of the certificate"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Only where the bank paid a part."),
    )


class PaidForm(OfLine):
    chooses = "cheques"

    cheques = forms.MultipleChoiceField(
        label=gettext_lazy("Which cheques"), widget=forms.CheckboxSelectMultiple, required=False
    )
    number = _number_field()
    certificate = _certificate_field()

    def clean(self):
        data = super().clean()
        chosen = [*self.found.filter(pk__in=data.get("cheques", ())), *self.by_number(data.get("number", ""))]
        if not chosen and not self.errors:
            self.add_error("cheques", _("Choose the cheque."))
        return {"cheques": chosen, "certificate": data.get("certificate", "")}


class ChequeOfLine(LineVerb):
    def get_form_kwargs(self):
        return super().get_form_kwargs() | {
            "line": self.object,
            "user": self.request.user,
            "today": self.today,
        }


class ChequePaidPage(ChequeOfLine):
    title = gettext_lazy("A cheque was paid")
    form_class = PaidForm
    button = gettext_lazy("The bank paid it")
    way = 1

    def get_initial(self):
        sure = [row for row in likely(self.object, self.request.user) if row.is_named and row.is_exact]
        asked = self.request.GET.get("cheque", "")
        if row_id(asked) is not None:
            return {"cheques": [asked]}
        return {"cheques": [str(sure[0].cheque.pk)]} if len(sure) == 1 else {}

    def consequence(self):
        return _(
            "The cheque is cleared, and its payment is posted on the value date and tied to this line; one "
            "that was said to be paid is only tied. Less than the cheque is a part, with a certificate."
        )

    def perform(self, form):
        return clear_by_line(line=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_message(self, result) -> str:
        return _("The cheque is answered, and the line is tied to it.")


class BackForm(OfLine):
    chooses = "cheque"
    is_newly_asked = False

    cheque = forms.ChoiceField(label=gettext_lazy("Which cheque"), widget=forms.RadioSelect, required=False)
    number = _number_field()
    code = forms.ChoiceField(
        label=gettext_lazy("Why it came back"),
        required=False,
        help_text=gettext_lazy("Nothing to choose where the cheque's page says so already."),
    )
    certificate = _certificate_field()
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, today=today, **kwargs)
        reasons = ReturnReason.objects.in_force(today).filter(scheme=Scheme.CHEQUE).order_by("id")
        self.fields["code"].choices = [
            ("", _("Choose the bank's reason")),
            *(
                (reason.code, f"{reason.meaning()}: {str(reason.get_action_class_display()).lower()}")
                for reason in reasons
            ),
        ]
        self.ask_which_accounts()

    def ask_which_accounts(self) -> None:
        """A part of the chosen cheque: from which of its accounts, where it paid several."""
        number = self.data.get("number", "").replace("\x00", "").strip()
        chosen = str(self.data.get("cheque") or self.initial.get("cheque") or "")
        if number:
            cheque = self.found.filter(number__iexact=number).first()
        else:
            cheque = self.found.filter(pk=chosen).first() if row_id(chosen) is not None else None
        back = -self.line.amount
        if cheque is None or len(payments_of(cheque)) < 2 or paid_of(cheque) <= back:
            return
        own = list(self.fields)
        add_parts(self, cheque, back=back)
        new = [name for name in self.fields if name not in own]
        self.order_fields([*own[:2], *new, *own[2:]])
        if self.is_bound and not any(name in self.data for name in new):
            # chosen a moment ago: the fields stand there now, with what is suggested
            self.data = self.data.copy()
            self.data.update({name: str(self.fields[name].initial or 0) for name in new})
            self.is_newly_asked = True

    def clean(self):
        data = super().clean()
        chosen = self.by_number(data.get("number", "")) or list(self.found.filter(pk=data.get("cheque") or 0))
        if not chosen and not self.errors:
            self.add_error("cheque", _("Choose the cheque."))
        if self.is_newly_asked and not self.errors:
            self.add_error(None, _("This cheque paid several accounts. Say how much came back from each."))
        kept = {name: data.get(name, "") for name in ("code", "certificate", "note")}
        kept["parts"] = parts_in(data)
        return kept | {"cheque": chosen[0] if chosen else None}


class ChequeBackPage(ChequeOfLine):
    title = gettext_lazy("A cheque that came back")
    form_class = BackForm
    button = gettext_lazy("Record the return")
    is_dangerous = True
    way = -1

    def get_initial(self):
        rows = likely(self.object, self.request.user)
        asked = self.request.GET.get("cheque", "")
        if row_id(asked) is not None:
            return {"cheque": asked}
        return {"cheque": str(rows[0].cheque.pk)} if rows and rows[0].is_named else {}

    def consequence(self):
        return _(
            "Whole, it is returned on the booking day, and the reason's fee and task follow. In part, the "
            "rest stays paid, with the bank's certificate."
        )

    def perform(self, form):
        return return_by_line(
            line=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_message(self, result) -> str:
        return _("Cheque %(number)s: %(status)s.") % {
            "number": result.number,
            "status": str(result.get_status_display()).lower(),
        }


def cheque_rows(line: BankLine, user) -> list[dict]:
    """What the page of a line shows of cheques: those something speaks for."""
    name = "bank_line_cheque" if line.amount > 0 else "bank_line_cheque_return"
    address = reverse(f"accounts:{name}", args=[line.pk])
    return [
        {"cheque": row.cheque, "evidence": row.evidence(), "url": f"{address}?cheque={row.cheque.pk}"}
        for row in likely(line, user)[:6]
    ]


urlpatterns = [
    path("bank-lines/<int:pk>/cheque/", ChequePaidPage.as_view(), name="bank_line_cheque"),
    path("bank-lines/<int:pk>/cheque-back/", ChequeBackPage.as_view(), name="bank_line_cheque_return"),
]
