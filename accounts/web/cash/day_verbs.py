"""Opening a cashier's day, counting it, signing for it, counting it again."""

from decimal import Decimal

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cashdesk.days import close_day, count_again, open_day, sign_handover, sum_of
from accounts.cashdesk.enums import DayStatus
from accounts.cashdesk.models import CashDay, CashFloat
from accounts.cashdesk.queries import may_receive, must_be_handed_over, tills
from accounts.cashdesk.rules import RECEIVE_CASH, TAKE_CASH, VIEW_DAY
from accounts.web.cash.counting import CountForm
from collections_app.core.models import Organisation, User
from collections_app.core.money import is_known, quantise
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import NotAllowed
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView

FLOATS_OFFERED = 2


class OpenDayForm(forms.Form):
    """Change money, in up to two currencies."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for number in range(1, FLOATS_OFFERED + 1):
            self.fields[f"amount_{number}"] = MoneyFormField(
                label=_("Change money"), required=False, min_value=Decimal(0)
            )
            self.fields[f"currency_{number}"] = forms.CharField(
                label=_("Currency"), required=False, max_length=3
            )
        self.fields["amount_1"].widget.attrs["data-focus"] = ""

    def clean(self):
        data = super().clean()
        floats: dict[str, Decimal] = {}
        for number in range(1, FLOATS_OFFERED + 1):
            amount = data.get(f"amount_{number}")
            currency = (data.get(f"currency_{number}") or "").upper()
            if not amount:
                continue
            if not is_known(currency) or currency in floats:
                self.add_error(
                    f"currency_{number}", _("Give each amount a currency of its own, such as EUR.")
                )
            else:
                floats[currency] = amount
        data["floats"] = floats
        return data


class OpenDayPage(ActionPage):
    permission = TAKE_CASH
    title = gettext_lazy("Open my day")
    lead = gettext_lazy("The change money you begin with is counted with the rest in the evening.")
    menu = "cash_desk"
    form_class = OpenDayForm
    button = gettext_lazy("Open my day")
    two_columns = True

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_initial(self):
        """The floats of the last day; else the office's currency."""
        last = CashFloat.objects.filter(cash_day__cashier=self.request.user).order_by(
            "-cash_day_id", "currency"
        )
        latest = [row for row in last[:FLOATS_OFFERED] if row.cash_day_id == last[0].cash_day_id]
        initial = {}
        for number, row in enumerate(latest, start=1):
            amount = quantise(row.amount, row.currency)
            initial |= {f"amount_{number}": amount, f"currency_{number}": row.currency}
        office = Organisation.objects.first()
        if not initial and office:
            initial["currency_1"] = office.currency
        return initial

    def perform(self, form):
        return open_day(
            cashier=self.request.user,
            day=self.today,
            floats=form.cleaned_data["floats"],
            actor=self.request.user,
        )

    def get_cancel_url(self):
        return reverse("accounts:cash_desk")

    def get_success_url(self, result):
        return reverse("accounts:cash_desk")

    def get_success_message(self, result):
        return _("Your day is open.")


class CloseForm(CountForm):
    def __init__(self, *args, receivers, is_own: bool, is_handed_over: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if is_own:
            self.fields["receiver"] = forms.ModelChoiceField(
                label=_("Handed to"),
                queryset=receivers,
                required=is_handed_over,
                empty_label=_("choose who receives it")
                if is_handed_over
                else _("nobody: I bring it to the bank myself"),
            )
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=300, required=not is_own)
        self.fields["differs"] = forms.BooleanField(
            label=_("I counted twice: the difference is real"), required=False
        )


class CloseDayPage(ActionPage):
    """Blind: what is expected shows only when the count differs from it."""

    permission = VIEW_DAY
    title = gettext_lazy("Count and close")
    menu = "cash_desk"
    form_class = CloseForm
    button = gettext_lazy("Close the day")
    template_name = "accounts/cash_count.html"
    queryset = CashDay.objects.filter(status=DayStatus.OPEN).select_related("cashier")

    def get_object(self):
        day = super().get_object()
        own = day.cashier_id == self.request.user.pk
        if not has_permission(self.request.user, TAKE_CASH if own else RECEIVE_CASH):
            raise NotAllowed(_("Your role may not count a till."))
        return day

    @property
    def is_own(self) -> bool:
        return self.object.cashier_id == self.request.user.pk

    def get_crumbs(self):
        day = self.object
        return [
            Crumb(
                f"{day.cashier}, {day_text(day.day, self.today)}",
                reverse("accounts:cash_day_detail", args=[day.pk]),
            )
        ]

    def get_form_kwargs(self):
        self.tills = tills(self.object)
        return super().get_form_kwargs() | {
            "currencies": [till.currency for till in self.tills],
            "today": self.object.day,
            "receivers": may_receive(self.object, as_of=self.today) if self.is_own else User.objects.none(),
            "is_own": self.is_own,
            "is_handed_over": must_be_handed_over(self.object),
        }

    def post(self, request, *args, **kwargs):
        form = self.get_form()
        if form.is_valid() and not form.cleaned_data["differs"]:
            counted = form.counted()
            differing = [
                _("%(currency)s: expected %(expected)s, counted %(counted)s.")
                % {
                    "currency": till.currency,
                    "expected": amount_text(till.expected_amount, till.currency),
                    "counted": amount_text(total, till.currency),
                }
                for till in self.tills
                if (total := sum_of(counted.get(till.currency, {}), till.currency)) != till.expected_amount
            ]
            if differing:
                form.add_error(
                    None, " ".join([*differing, _("Count again; if it stays so, say that it is real.")])
                )
                return self.form_invalid(form)
        return super().post(request, *args, **kwargs)

    def consequence(self):
        if self.is_own and must_be_handed_over(self.object):
            return _("Nothing can be taken after it; whoever receives the cash signs for it.")
        if self.is_own:
            return _(
                "Nothing can be taken after it; the receiver signs for the cash, or you keep it for the bank."
            )
        return _("You count instead of the cashier and receive the cash.")

    def perform(self, form):
        return close_day(
            cash_day=self.object,
            counted=form.counted(),
            receiver=form.cleaned_data.get("receiver"),
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_cancel_url(self):
        return reverse("accounts:cash_day_detail", args=[self.object.pk])

    def get_success_url(self, result):
        return reverse("accounts:cash_day_detail", args=[self.object.pk])

    def get_success_message(self, result):
        if result.status == DayStatus.COUNTED:
            return _("Counted. %(receiver)s signs for it now.") % {"receiver": result.receiver}
        return _("The day is closed.")


class SignDayView(VerbView):
    permission = RECEIVE_CASH
    queryset = CashDay.objects.filter(status=DayStatus.COUNTED)

    def perform(self, form):
        return sign_handover(cash_day=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return reverse("accounts:cash_day_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("Signed: the cash is with you now.")


class CountAgainPage(ReasonPage):
    permission = VIEW_DAY
    title = gettext_lazy("Count again")
    menu = "cash_desk"
    button = gettext_lazy("Open the day again")
    queryset = CashDay.objects.filter(status=DayStatus.COUNTED).select_related("cashier", "receiver")

    def get_object(self):
        day = super().get_object()
        if self.request.user.pk not in (day.cashier_id, day.receiver_id):
            raise NotAllowed(_("This till is neither yours nor handed to you."))
        return day

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:cash_day_detail", args=[self.object.pk]))]

    def perform(self, form):
        return count_again(
            cash_day=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("accounts:cash_day_detail", args=[self.object.pk])

    def get_success_message(self, result):
        return _("The day is open again.")


urlpatterns = [
    path("cash-days/open/", OpenDayPage.as_view(), name="cash_day_open"),
    path("cash-days/<int:pk>/close/", CloseDayPage.as_view(), name="cash_day_close"),
    path("cash-days/<int:pk>/sign/", SignDayView.as_view(), name="cash_day_sign"),
    path("cash-days/<int:pk>/again/", CountAgainPage.as_view(), name="cash_day_again"),
]
