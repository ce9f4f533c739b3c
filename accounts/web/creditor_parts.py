"""What belongs to a creditor: his portfolios, and the days his calendar was told by hand."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.compliance.versions import profile_choices
from accounts.parties.creditors import remove_holiday, save_portfolio, set_holiday
from accounts.parties.enums import ItemMode
from accounts.parties.models import Creditor, HolidayOverride, Portfolio
from collections_app.core.web.forms import DayField
from collections_app.core.web.views import ActionPage, ConfirmPage


class PortfolioForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=30)
    terms_days = forms.IntegerField(
        label=gettext_lazy("Payment terms, days"),
        required=False,
        min_value=0,
        max_value=365,
        help_text=gettext_lazy("Empty: as the creditor's."),
    )
    item_mode = forms.ChoiceField(label=gettext_lazy("An invoice is"), choices=ItemMode.choices)
    contact_profile = forms.ChoiceField(
        label=gettext_lazy("Contact profile beside the law"),
        required=False,
        choices=profile_choices,
        help_text=gettext_lazy("It binds beside the profile of the debtor's country."),
    )


class PortfolioNewPage(ActionPage):
    permission = "accounts.manage_creditor"
    menu = "creditors"
    queryset = Creditor.objects.all()
    title = gettext_lazy("New portfolio")
    form_class = PortfolioForm
    button = gettext_lazy("Save portfolio")

    def perform(self, form):
        return save_portfolio(creditor=self.object, actor=self.request.user, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[result.creditor_id])


class PortfolioChangePage(PortfolioNewPage):
    queryset = Portfolio.objects.select_related("creditor")
    title = gettext_lazy("Change portfolio")

    def get_initial(self):
        return {name: getattr(self.object, name) for name in PortfolioForm.base_fields}

    def perform(self, form):
        return save_portfolio(
            creditor=self.object.creditor, portfolio=self.object, actor=self.request.user, **form.cleaned_data
        )


class HolidayForm(forms.Form):
    day = DayField(label=gettext_lazy("Day"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    is_business_day = forms.BooleanField(label=gettext_lazy("It is a business day after all"), required=False)


class HolidayNewPage(ActionPage):
    permission = "accounts.manage_creditor"
    menu = "creditors"
    queryset = Creditor.objects.all()
    title = gettext_lazy("Set a holiday")
    form_class = HolidayForm
    button = gettext_lazy("Set day")

    def perform(self, form):
        return set_holiday(creditor=self.object, actor=self.request.user, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[self.object.pk])


class HolidayRemovePage(ConfirmPage):
    permission = "accounts.manage_creditor"
    menu = "creditors"
    queryset = HolidayOverride.objects.select_related("creditor")
    title = gettext_lazy("Take the day out")
    button = gettext_lazy("Take day out")

    def consequence(self):
        return _("%(day)s follows the country's calendar again.") % {"day": self.object.day}

    def perform(self, form):
        creditor = self.object.creditor
        remove_holiday(override=self.object, actor=self.request.user)
        return creditor

    def get_success_url(self, result):
        return reverse("accounts:creditor_detail", args=[result.pk])


urlpatterns = [
    path("creditors/<int:pk>/portfolios/new/", PortfolioNewPage.as_view(), name="portfolio_new"),
    path("creditors/<int:pk>/holidays/new/", HolidayNewPage.as_view(), name="holiday_new"),
    path("portfolios/<int:pk>/", PortfolioChangePage.as_view(), name="portfolio_change"),
    path("holidays/<int:pk>/remove/", HolidayRemovePage.as_view(), name="holiday_remove"),
]
