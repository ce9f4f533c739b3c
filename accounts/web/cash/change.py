"""Change money: who holds it between two days, since when, and how it changes hands."""

from decimal import Decimal

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.cashdesk.change import ChangeOfAnother, give_out, take_out_of_use, take_over
from accounts.cashdesk.change_models import ChangeMoney
from accounts.cashdesk.enums import CHANGE_MONEY, ChangeStatus
from accounts.cashdesk.filtersets import ChangeMoneyFilterSet
from accounts.cashdesk.people import may_hold_change
from accounts.cashdesk.queries import change_held_by
from accounts.cashdesk.rules import GIVE_CHANGE, VIEW_DAY
from accounts.teams.choices import PersonField
from accounts.web.steps import steps_section
from collections_app.core.models import Organisation, User
from collections_app.core.money import is_known
from collections_app.core.web.figures import amount_text, day_text
from collections_app.core.web.forms import MoneyFormField
from collections_app.core.web.parts import Action, Crumb, Fact, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    MoneyColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, ReasonPage


class ChangeMoneyTable(Table):
    row_label = "holder.full_name"

    holder = LinkColumn(
        "accounts:change_money_detail",
        text="holder.full_name",
        verbose_name=gettext_lazy("With"),
        order_by=("holder__full_name", "id"),
    )
    amount = MoneyColumn(
        verbose_name=gettext_lazy("Amount"), code=True, total=True, order_by=("amount", "id"), phone=True
    )
    held_from = DateColumn(
        verbose_name=gettext_lazy("Since"), order_by=("held_from", "id"), width=124, age=True
    )
    origin = TextColumn(
        accessor="get_origin_display", verbose_name=gettext_lazy("From"), width=196, muted=True
    )
    given_by = TextColumn(
        accessor="given_by.full_name", verbose_name=gettext_lazy("Given by"), width=140, muted=True
    )
    ended_on = DateColumn(verbose_name=gettext_lazy("Until"), order_by=("ended_on", "id"), width=104)
    status = StatusColumn(ChangeStatus, verbose_name=gettext_lazy("Status"), width=124, phone=True)

    class Meta:
        order_by = "-held_from"


class ChangeMoneyListPage(ListPage):
    permission = VIEW_DAY
    title = gettext_lazy("Change money")
    lead = gettext_lazy("Who holds it while it is in no till, and where it went.")
    menu = "cash_desk"
    filterset_class = ChangeMoneyFilterSet
    table_class = ChangeMoneyTable
    list_name = "change_money"
    url_name = "accounts:change_money_list"
    count_label = ngettext_lazy("%(n)s row", "%(n)s rows", "n")
    empty_text = gettext_lazy("Nobody holds change money. A senior gives it out to a cashier.")
    default_views = (
        (gettext_lazy("Held now"), "status=held"),
        (gettext_lazy("Held by me"), "status=held&mine=true"),
    )

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_queryset(self):
        return ChangeMoney.objects.visible_to(self.request.user).select_related("holder", "given_by")

    def get_head_actions(self):
        return [
            Action(
                _("Give out change money"),
                reverse("accounts:change_money_new"),
                icon="plus",
                primary=True,
                permission=GIVE_CHANGE,
            )
        ]


def money_words(row: ChangeMoney) -> str:
    return f"{amount_text(row.amount, row.currency)} {row.currency}"


class ChangeMoneyDetailPage(DetailPage):
    permission = VIEW_DAY
    menu = "cash_desk"
    queryset = ChangeMoney.objects.select_related(
        "holder", "given_by", "taken_by", "from_day__cashier", "into_day__cashier", "previous__holder"
    )
    status_field = "status"
    list_url_name = "accounts:change_money_list"
    list_title = gettext_lazy("Change money")

    def get_title(self):
        return _("%(amount)s of change money") % {"amount": money_words(self.object)}

    def get_lead(self):
        return _("With %(holder)s since %(day)s") % {
            "holder": self.object.holder,
            "day": day_text(self.object.held_from, self.today),
        }

    def get_head_actions(self):
        row = self.object
        if row.status != ChangeStatus.HELD or row.holder_id == self.request.user.pk:
            return []
        return [
            Action(
                _("Take out of use"),
                reverse("accounts:change_money_back", args=[row.pk]),
                icon="building-bank",
                permission=GIVE_CHANGE,
            ),
            Action(
                _("Take over"),
                reverse("accounts:change_money_take", args=[row.pk]),
                icon="arrow-right",
                primary=True,
                permission=GIVE_CHANGE,
            ),
        ]

    def sections(self):
        row = self.object
        facts = [
            Fact(_("From"), row.get_origin_display(), note=row.note),
            Fact(_("Since"), day_text(row.held_from, self.today)),
        ]
        if row.given_by:
            facts.append(Fact(_("Given by"), str(row.given_by)))
        for label, day in ((_("Put aside from"), row.from_day), (_("Counted into"), row.into_day)):
            if day is not None:
                facts.append(
                    Fact(
                        label,
                        f"{day.cashier}, {day_text(day.day, self.today)}",
                        url=reverse("accounts:cash_day_detail", args=[day.pk]),
                    )
                )
        others = [(_("Before"), row.previous)] if row.previous else []
        others += [(_("After"), after) for after in row.followers.select_related("holder").order_by("id")]
        for label, other in others:
            facts.append(
                Fact(
                    label,
                    f"{money_words(other)}, {other.holder}",
                    url=reverse("accounts:change_money_detail", args=[other.pk]),
                )
            )
        if row.taken_by:
            facts.append(Fact(_("Signed for by"), str(row.taken_by)))
        if row.ended_on:
            facts.append(Fact(_("Until"), day_text(row.ended_on, self.today)))
        return [Section(_("Where it was"), facts=facts), steps_section(CHANGE_MONEY, row)]


class GiveOutForm(forms.Form):
    holder = PersonField(label=gettext_lazy("Given to"), queryset=User.objects.none())
    amount = MoneyFormField(label=gettext_lazy("Amount"), min_value=Decimal("0.001"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    note = forms.CharField(
        label=gettext_lazy("Where it comes from"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Such as the voucher of the withdrawal. Not needed if it is your own."),
    )
    from_own = forms.BooleanField(label=gettext_lazy("From the change money I hold myself"), required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["holder"].queryset = may_hold_change(user)
        if not change_held_by(user):
            del self.fields["from_own"]

    def clean_currency(self):
        currency = self.cleaned_data["currency"].upper()
        if not is_known(currency):
            raise forms.ValidationError(_("Give a currency, such as EUR."))
        return currency


class GiveOutPage(ActionPage):
    permission = GIVE_CHANGE
    title = gettext_lazy("Give out change money")
    menu = "cash_desk"
    form_class = GiveOutForm
    button = gettext_lazy("Give out change money")
    two_columns = True

    def get_crumbs(self):
        return [Crumb(_("Change money"), reverse("accounts:change_money_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        office = Organisation.objects.first()
        return {"currency": office.currency} if office else {}

    def consequence(self):
        return _("The colleague answers for it from now on and counts it when the day opens.")

    def perform(self, form):
        return give_out(actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_cancel_url(self):
        return reverse("accounts:change_money_list")

    def get_success_url(self, result):
        return reverse("accounts:change_money_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("%(holder)s holds it now.") % {"holder": result.holder}


class HoldingVerb(ActionPage):
    """What a colleague of the holder signs for."""

    permission = GIVE_CHANGE
    menu = "cash_desk"
    queryset = ChangeMoney.objects.select_related("holder")
    statuses = (ChangeStatus.HELD,)

    def get_object(self):
        row = super().get_object()
        if row.holder_id == self.request.user.pk:
            raise ChangeOfAnother(_("You hold it yourself; a colleague signs for it."))
        return row

    def get_crumbs(self):
        row = self.object
        return [
            Crumb(_("Change money"), reverse("accounts:change_money_list")),
            Crumb(
                f"{row.holder}, {money_words(row)}", reverse("accounts:change_money_detail", args=[row.pk])
            ),
        ]

    def get_cancel_url(self):
        return reverse("accounts:change_money_detail", args=[self.object.pk])


class TakeOverForm(forms.Form):
    def __init__(self, *args, holding: ChangeMoney, **kwargs):
        super().__init__(*args, **kwargs)
        self.holding = holding
        self.fields["counted"] = MoneyFormField(
            label=_("Counted, %(currency)s") % {"currency": holding.currency},
            currency=holding.currency,
            min_value=Decimal(0),
        )
        self.fields["counted"].widget.attrs["data-focus"] = ""
        self.fields["note"] = forms.CharField(label=_("Note"), max_length=200, required=False)
        if self.is_bound:
            self.fields["differs"] = forms.BooleanField(
                label=_("I counted twice: the difference is real"), required=False
            )

    def clean(self):
        data = super().clean()
        counted = data.get("counted")
        if counted is not None and counted != self.holding.amount and not data.get("differs"):
            raise forms.ValidationError(
                _("%(holder)s holds %(held)s, you counted %(counted)s. ")
                % {
                    "holder": self.holding.holder,
                    "held": amount_text(self.holding.amount, self.holding.currency),
                    "counted": amount_text(counted, self.holding.currency),
                }
                + _("Count again; if it stays so, say that it is real.")
            )
        return data


class TakeOverPage(HoldingVerb):
    title = gettext_lazy("Take change money over")
    form_class = TakeOverForm
    button = gettext_lazy("Take over")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"holding": self.object}

    def consequence(self):
        return _("You hold what you counted; what is missing or too much opens an irregularity.")

    def perform(self, form):
        return take_over(
            holding=self.object,
            counted=form.cleaned_data["counted"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            as_of=self.today,
        )

    def get_success_url(self, result):
        return reverse("accounts:change_money_detail", args=[(result or self.object).pk])

    def get_success_message(self, result):
        return _("Signed: the change money is with you now.") if result else _("Nothing was there.")


class TakeOutOfUsePage(HoldingVerb, ReasonPage):
    title = gettext_lazy("Take change money out of use")
    button = gettext_lazy("Take out of use")

    def consequence(self):
        return _("You sign that it left the tills. Say where it goes, such as the bank account.")

    def perform(self, form):
        return take_out_of_use(
            holding=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("accounts:change_money_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("The change money is out of use.")


urlpatterns = [
    path("change-money/", ChangeMoneyListPage.as_view(), name="change_money_list"),
    path("change-money/new/", GiveOutPage.as_view(), name="change_money_new"),
    path("change-money/<int:pk>/", ChangeMoneyDetailPage.as_view(), name="change_money_detail"),
    path("change-money/<int:pk>/take-over/", TakeOverPage.as_view(), name="change_money_take"),
    path("change-money/<int:pk>/out-of-use/", TakeOutOfUsePage.as_view(), name="change_money_back"),
]
