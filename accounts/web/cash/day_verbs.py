"""Opening a cashier's day, counting it, signing for it, counting it again."""

from decimal import Decimal

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cashdesk.counting import sum_of
from accounts.cashdesk.days import close_day, count_again, open_day, sign_handover
from accounts.cashdesk.enums import DayStatus
from accounts.cashdesk.models import CashDay
from accounts.cashdesk.queries import change_held_by, may_receive, must_be_handed_over, tills
from accounts.cashdesk.rules import RECEIVE_CASH, TAKE_CASH, VIEW_DAY
from accounts.web.cash.counting import CountForm
from collections_app.core.models import User
from collections_app.core.permissions import has_permission
from collections_app.core.refusal import NotAllowed
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Crumb
from collections_app.core.web.views import ActionPage, ReasonPage, VerbView


class OpenDayForm(forms.Form):
    """The change money one holds, counted, by currency."""

    def __init__(self, *args, held: dict[str, Decimal], **kwargs):
        super().__init__(*args, **kwargs)
        self.held = held
        for place, currency in enumerate(held):
            self.fields[f"counted_{currency}"] = MoneyFormField(
                label=_("Change money counted, %(currency)s") % {"currency": currency},
                currency=currency,
                min_value=Decimal(0),
            )
            if place == 0:
                self.fields[f"counted_{currency}"].widget.attrs["data-focus"] = ""
        if held and self.is_bound:
            self.fields["differs"] = forms.BooleanField(
                label=_("I counted twice: the difference is real"), required=False
            )

    def counted(self) -> dict[str, Decimal]:
        return {currency: self.cleaned_data[f"counted_{currency}"] for currency in self.held}

    def clean(self):
        data = super().clean()
        if self.errors or data.get("differs"):
            return data
        differing = [
            _("%(currency)s: you hold %(held)s and counted %(counted)s.")
            % {
                "currency": currency,
                "held": amount_text(held, currency),
                "counted": amount_text(data[f"counted_{currency}"], currency),
            }
            for currency, held in self.held.items()
            if data[f"counted_{currency}"] != held
        ]
        if differing:
            raise forms.ValidationError(
                " ".join([*differing, _("Count again; if it stays so, say that it is real.")])
            )
        return data


class OpenDayPage(ActionPage):
    """Blind: what somebody holds shows only when his count differs from it."""

    permission = TAKE_CASH
    title = gettext_lazy("Open my day")
    menu = "cash_desk"
    form_class = OpenDayForm
    button = gettext_lazy("Open my day")

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_lead(self):
        if change_held_by(self.request.user):
            return _("Count the change money you hold. It is counted with the rest in the evening.")
        return _("You hold no change money. A senior gives it out under «Change money».")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"held": change_held_by(self.request.user)}

    def perform(self, form):
        return open_day(
            cashier=self.request.user, day=self.today, counted=form.counted(), actor=self.request.user
        )

    def get_cancel_url(self):
        return reverse("accounts:cash_desk")

    def get_success_url(self, result):
        return reverse("accounts:cash_desk")

    def get_success_message(self, result):
        return _("Your day is open.")


class CloseForm(CountForm):
    def __init__(
        self, *args, receivers, is_own: bool, is_handed_over: bool, floats: dict[str, Decimal], **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.floats = floats
        if is_own:
            self.fields["receiver"] = forms.ModelChoiceField(
                label=_("Handed to"),
                queryset=receivers,
                required=is_handed_over,
                empty_label=_("choose who receives it")
                if is_handed_over
                else _("nobody: I bring it to the bank myself"),
            )
            if floats:
                self.fields["change_goes_along"] = forms.BooleanField(
                    label=_("The receiver takes the change money along"),
                    required=False,
                    help_text=_("Otherwise it stays with you until you count it in the morning."),
                )
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=300, required=not is_own)
        if self.is_bound:
            for currency in floats:
                self.fields[f"kept_{currency}"] = MoneyFormField(
                    label=_("Change money put aside, %(currency)s") % {"currency": currency},
                    currency=currency,
                    min_value=Decimal(0),
                    required=False,
                    help_text=_("Empty: what the day began with. Less, if some of it is missing."),
                )
        self.fields["differs"] = forms.BooleanField(
            label=_("I counted twice: the difference is real"), required=False
        )

    def kept(self) -> dict[str, Decimal]:
        """What was said to be put aside, by currency."""
        said = {currency: self.cleaned_data.get(f"kept_{currency}") for currency in self.floats}
        return {currency: amount for currency, amount in said.items() if amount is not None}


class CloseDayPage(ActionPage):
    """Blind: what is expected shows only when the count differs from it."""

    permission = VIEW_DAY
    title = gettext_lazy("Count and close")
    menu = "cash_desk"
    form_class = CloseForm
    button = gettext_lazy("Close the day")
    template_name = "accounts/cash_count.html"
    queryset = CashDay.objects.select_related("cashier")
    statuses = (DayStatus.OPEN,)

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
            "floats": {till.currency: till.float_amount for till in self.tills if till.float_amount},
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
            change_goes_along=form.cleaned_data.get("change_goes_along", False),
            kept=form.kept(),
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
    queryset = CashDay.objects.all()
    statuses = (DayStatus.COUNTED,)

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
    queryset = CashDay.objects.select_related("cashier", "receiver")
    statuses = (DayStatus.COUNTED,)

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
