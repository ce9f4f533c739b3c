"""The requests of the "Now" panel: each answers with a fragment, or with a page where there is no script."""

from decimal import Decimal
from urllib.parse import urlencode

from django.http import Http404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.arrangements.rules import may_agree
from accounts.arrangements.schedule import PlanTerms, months_of
from accounts.arrangements.services import schedule_of
from accounts.arrangements.services.plan_terms import plan_rule
from accounts.compliance.queries import Asked, known_for
from accounts.compliance.rules import MAKE_CONTACT
from accounts.contacts import presence
from accounts.contacts.callees import people_of
from accounts.contacts.enums import AFTER_RIGHT_PARTY, ContactDirection, IdentityItem, Outcome
from accounts.contacts.models import OpenCall
from accounts.contacts.queries import identity_facts, open_call_of
from accounts.contacts.services import (
    ColleagueInTheSameMinute,
    check_right_party,
    open_call,
    save_outcome,
)
from accounts.ledger.models import Account
from accounts.ledger.queries import balances
from accounts.parties.enums import Channel
from accounts.parties.models import ContactPoint, Debtor
from accounts.parties.queries import day_after
from accounts.policies.queries import policy
from accounts.web.call.forms import FORMS
from accounts.web.call.panel import (
    account_url,
    colleagues,
    context_of,
    likely,
    next_url,
    outcome_context,
)
from accounts.web.contact_verbs import VisibleAccountPage
from collections_app.core import audit, clock
from collections_app.core.money import format_amount
from collections_app.core.refusal import Refused
from collections_app.core.web.figures import long_day_text
from collections_app.core.web.forms import adapt
from collections_app.core.web.row_ids import row_id
from collections_app.core.web.views import PageView


class CallPage(VisibleAccountPage):
    """The panel alone on a page: what links lead to where nothing can be swapped."""

    permission = MAKE_CONTACT
    template_name = "accounts/call/page.html"
    fragments = {"now": "now", "outcome": "outcome"}
    menu = "accounts"

    @property
    def outcome(self) -> str:
        return self.request.POST.get("outcome") or self.request.GET.get("outcome", "")

    @cached_property
    def now(self):
        return clock.now()

    @property
    def is_htmx(self) -> bool:
        return bool(getattr(self.request, "htmx", False))

    def get_title(self):
        return f"{self.account.debtor.name} · {self.account.number}"

    def get_template_names(self):
        if not self.is_htmx:
            return [self.template_name]
        target = self.request.htmx.target
        return ["accounts/call/outcome.html" if target == "outcome" else "accounts/call/panel.html"]

    def get(self, request, *args, **kwargs):
        return self.show()

    def show(self, *, status: int = 200, **more):
        panel = context_of(
            self.account,
            self.request.user,
            as_of=self.today,
            now=self.now,
            outcome=self.outcome,
            **more,
        )
        panel["is_fragment"] = self.is_htmx
        panel["is_outcome_alone"] = self.is_htmx and self.request.htmx.target == "outcome"
        context = PageView.get_context_data(self, panel=panel, account=self.account)
        return self.render_to_response(context, status=status)

    def after(self):
        """Show the panel anew, or go back to the account where nothing can be swapped."""
        return self.show() if self.is_htmx else self.go(account_url(self.account))


class OpenCallView(CallPage):
    """Begins a call: the gate is asked, and its refusal is shown with the next legal moment."""

    http_method_names = ["post", "options"]

    def post(self, request, *args, **kwargs):
        # the key of who calls in stands beside those of whom one calls
        caller = request.POST.get("caller", "")
        number = caller or request.POST.get("contact_point", "")
        incoming = bool(caller) or request.POST.get("direction") == ContactDirection.IN
        try:
            open_call(
                account=self.account,
                contact_point=self.number(number),
                direction=ContactDirection.IN if incoming else ContactDirection.OUT,
                officer=request.user,
                at=self.now,
                colleague_reason=request.POST.get("colleague_reason", ""),
                reads=request.POST.getlist("reads"),
            )
        except ColleagueInTheSameMinute as refusal:
            way = ContactDirection.IN if incoming else ContactDirection.OUT
            asked = request.POST.dict() | {"direction": way.value, "contact_point": number}
            return self.show(problem=refusal.message, wanted=asked)
        except Refused as refusal:
            return self.show(problem=refusal.message)
        return self.after()

    def number(self, key: str) -> ContactPoint | None:
        """A phone of somebody who stands for the account now. Raises Refused for one that is none."""
        if not key:
            return None
        people = people_of(self.account, self.today)
        phones = ContactPoint.objects.filter(kind="phone", debtor__in=people).select_related("debtor")
        if row_id(key) is not None and (point := phones.filter(pk=key).first()):
            return point
        raise Refused(_("This number stands for nobody of this account any more. Choose another."))


class CheckRightParty(CallPage):
    """Ticks what the person on the line got right; two open the figures.

    The key of an outcome is sent here too, with every tick made so far, so that no form is asked for
    before the ticks that open it are saved: however fast the keys, and whatever request was lost.
    """

    http_method_names = ["post", "options"]

    @property
    def outcome(self) -> str:
        """The outcome whose key was pressed; else the one shown, with its fields or waiting for ticks."""
        sent = self.request.POST
        return sent.get("outcome") or sent.get("opened") or sent.get("kept", "")

    def post(self, request, *args, **kwargs):
        call = open_call_of(request.user)
        if call is None or call.account_id != self.account.pk:
            raise Http404(_("There is no open call on this account."))
        call = check_right_party(
            call=call,
            items=request.POST.getlist("items"),
            lines=request.POST.getlist("lines"),
            officer=request.user,
        )
        answer = self.after()
        if self.is_htmx and "outcome" not in request.POST and self._stays_open(call):
            # only the words beside it change: a form that is being filled in is not drawn anew
            answer["HX-Reswap"] = "none"
        return answer

    def _stays_open(self, call: OpenCall) -> bool:
        opened = self.request.POST.get("opened", "")
        return bool(opened) and (call.is_right_party or opened not in AFTER_RIGHT_PARTY)

    def after(self):
        if self.outcome and not self.is_htmx:
            page = reverse("accounts:call_panel", args=[self.account.pk])
            return self.go(f"{page}?{urlencode({'outcome': self.outcome})}")
        return super().after()


class SaveOutcome(CallPage):
    """The fields of an outcome, and saving it: the attempt and all that follows, or nothing."""

    button = gettext_lazy("Save")
    goes_on_to = ""  # the next account of the worklist, once an outcome is saved

    @cached_property
    def call(self) -> OpenCall:
        call = open_call_of(self.request.user)
        if call is None or call.account_id != self.account.pk:
            raise Refused(_("This call has its outcome already, or was not opened."))
        return call

    @cached_property
    def known(self):
        asked = Asked(self.call.debtor_id, (self.account.pk,), Channel.CALL, self.now)
        return known_for([asked])[0]

    def get_form(self):
        form_class = FORMS.get(self.outcome, FORMS[Outcome.NO_ANSWER])
        values = likely(self.account, self.known, self.outcome, as_of=self.today, now=self.now)
        return adapt(form_class(data=self.request.POST, likely=values))

    def get(self, request, *args, **kwargs):
        if self.is_htmx and request.htmx.target == "outcome":
            call = open_call_of(request.user)
            if call is None or call.account_id != self.account.pk:
                return self.go(account_url(self.account))
            return self.show_outcome(call)
        return self.show()

    def show_outcome(self, call: OpenCall, form=None, status: int = 200):
        panel = {
            "account": self.account,
            "call": call,
            "outcome": self.outcome,
            "form": None,
            "is_fragment": True,
            "is_outcome_alone": True,
        } | outcome_context(
            self.account,
            self.request.user,
            call,
            self.known,
            as_of=self.today,
            now=self.now,
            outcome=self.outcome,
            form=form,
        )
        return self.render_to_response({"panel": panel, "account": self.account}, status=status)

    def perform(self, form):
        # asked before: once worked, the account has another place in the list, or none
        self.goes_on_to = next_url(self.account, self.request.user, self.today)
        return save_outcome(
            call=self.call,
            outcome=form.ends_as(),
            officer=self.request.user,
            at=self.now,
            said=form.said(),
        )

    def form_invalid(self, form):
        if self.is_htmx:
            return self.show_outcome(self.call, form, status=422)
        return self.show(form=form, status=422)

    def get_success_message(self, result):
        return _("%(outcome)s saved for %(debtor)s.") % {
            "outcome": result.get_outcome_display(),
            "debtor": self.account.debtor,
        }

    def get_success_url(self, result):
        return self.goes_on_to or account_url(self.account)


class Consequence(CallPage):
    """What a promise as typed so far would mean: the last day on which it is still kept."""

    def get(self, request, *args, **kwargs):
        form_class = FORMS[Outcome.PROMISE]
        values = likely(
            self.account,
            known_for([Asked(self.account.debtor_id, (self.account.pk,), Channel.CALL, self.now)])[0],
            Outcome.PROMISE,
            as_of=self.today,
            now=self.now,
        )
        form = form_class(data=request.GET, likely=values)
        form.is_valid()
        data = form.cleaned_data
        if data.get("number", 1) > 1 and data.get("amount") and data.get("due_date"):
            return self.render_to_response(plan_context(self.account, request.user, data, self.today))
        owed = balances([self.account.pk], as_of=self.today).get(self.account.pk, Decimal(0))
        if (data.get("amount") or 0) > owed:
            most = format_amount(max(owed, Decimal(0)), self.account.currency)
            words = _("At most %(amount)s can be promised.") % {"amount": most}
            return self.render_to_response({"account": self.account, "refused": words})
        return self.render_to_response(
            promise_context(
                self.account, form.cleaned_data.get("amount"), form.cleaned_data.get("due_date"), self.today
            )
        )

    def get_template_names(self):
        return ["accounts/call/kept.html"]


def plan_context(account, user, data, as_of) -> dict:
    """The same in instalments: what a plan would come to, and whether it would wait for approval."""
    terms = PlanTerms(
        amount=data["amount"], rhythm=data["rhythm"], first_due=data["due_date"], number=data["number"]
    )
    try:
        rows = schedule_of(terms, account=account, as_of=as_of)
    except Refused as refused:
        return {"account": account, "refused": refused.message}
    asked = {
        "amount": terms.amount,
        "currency": account.currency,
        "months": months_of(rows, as_of),
        "freezes": [],
    }
    return {
        "account": account,
        "rows": rows,
        "last": rows[-1],
        "last_day": long_day_text(rows[-1].due_date, as_of),
        "waits": not may_agree(user.role, plan_rule(account, as_of), **asked),
    }


def promise_context(account, amount, due_date, as_of) -> dict:
    """The exact day until which a promise would count as kept, by the policy in force."""
    if due_date is None or amount is None:
        return {"account": account, "amount": None}
    rule = policy(
        "promise_grace", as_of=as_of, creditor_id=account.creditor_id, portfolio_id=account.portfolio_id
    )
    until = day_after(due_date, rule["days"], rule["unit"], account.creditor)
    return {
        "account": account,
        "amount": amount,
        "until": long_day_text(until, as_of),
        "days": rule["days"],
        "is_business": rule["unit"] == "business",
    }


class RevealIdentity(VisibleAccountPage):
    """Shows what is known of the person, to compare; written down as an access."""

    permission = MAKE_CONTACT
    http_method_names = ["post", "options"]
    template_name = "accounts/call/answers.html"

    def post(self, request, *args, **kwargs):
        call = open_call_of(request.user)
        person = call.debtor if call is not None and call.account_id == self.account.pk else None
        audit.record_access(
            "identity_shown",
            person or self.account.debtor,
            user=request.user,
            detail={"account": self.account.pk},
        )
        facts = identity_facts(self.account, self.today, person)
        facts = [fact for fact in facts if fact.item != IdentityItem.NAME]
        return self.render_to_response({"facts": facts, "account": self.account})

    def get_template_names(self):
        return [self.template_name]


class Presence(PageView):
    """A heartbeat of the page, and who else is on the debtor (D22)."""

    permission = MAKE_CONTACT
    http_method_names = ["post", "options"]
    template_name = "accounts/call/presence.html"

    def post(self, request, *args, **kwargs):
        seen = Account.objects.visible_to(request.user).values("debtor")
        debtor = Debtor.objects.filter(pk=kwargs["pk"]).filter(pk__in=seen).first()
        if debtor is None:
            raise Http404(_("There is no such debtor, or he belongs to another team."))
        now = clock.now()
        presence.beat(debtor_id=debtor.pk, user=request.user, at=now)
        found = colleagues(debtor.pk, request.user, now, whoever_calls=True)
        return self.render_to_response({"colleagues": found})


urlpatterns = [
    path("accounts/<int:pk>/call/", CallPage.as_view(), name="call_panel"),
    path("accounts/<int:pk>/call/open/", OpenCallView.as_view(), name="call_open"),
    path("accounts/<int:pk>/call/check/", CheckRightParty.as_view(), name="call_check"),
    path("accounts/<int:pk>/call/outcome/", SaveOutcome.as_view(), name="call_outcome"),
    path("accounts/<int:pk>/call/consequence/", Consequence.as_view(), name="call_consequence"),
    path("accounts/<int:pk>/call/answers/", RevealIdentity.as_view(), name="call_answers"),
    path("debtors/<int:pk>/presence/", Presence.as_view(), name="presence"),
]
