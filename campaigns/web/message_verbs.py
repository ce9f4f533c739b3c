"""What a person decides about a message: what became of it, try it again, cancel it."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.sending import decisions, rules
from campaigns.sending.models import Message
from campaigns.sending.wording import reason_words
from campaigns.web.messages import MessageListPage
from collections_app.core import clock
from collections_app.core.web.forms import ReasonForm
from collections_app.core.web.parts import Crumb, Fact
from collections_app.core.web.views import ActionPage, BulkActionPage, ReasonPage


class MessageVerb(ActionPage):
    menu = "messages"
    queryset = Message.objects.select_related("debtor", "creditor")

    def get_crumbs(self):
        return [
            Crumb(_("Messages"), reverse("campaigns:message_list")),
            Crumb(self.object.debtor.name, self.get_success_url(None)),
        ]

    def get_success_url(self, result):
        return reverse("campaigns:message_detail", args=[self.object.pk])

    def get_cancel_url(self):
        return self.get_success_url(None)

    def facts(self):
        message = self.object
        return [
            Fact(_("To"), message.debtor.name),
            Fact(_("By"), message.get_channel_display()),
            Fact(_("Message-ID"), message.message_id or message.key),
            Fact(_("What is known"), reason_words(message.reason) or "–"),
        ]


class ResolveForm(forms.Form):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What became of it"),
        widget=forms.RadioSelect,
        choices=[
            ("sent", gettext_lazy("It was sent")),
            ("again", gettext_lazy("It was not sent: queue it again")),
            ("not_sent", gettext_lazy("It was not sent, and shall not be")),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("How do you know?"),
        max_length=300,
        help_text=gettext_lazy("For instance: the mail server's log has no such Message-ID."),
    )


class ResolvePage(MessageVerb):
    permission = rules.RESOLVE
    title = gettext_lazy("What became of this message?")
    button = gettext_lazy("Save what became of it")
    form_class = ResolveForm
    success_message = gettext_lazy("Saved. The message is no longer unknown.")

    def consequence(self):
        return _(
            "A message queued again is judged anew before it leaves. It may reach the debtor twice "
            "if it was sent after all."
        )

    def perform(self, form):
        return decisions.resolve_unknown(
            message=self.object,
            outcome=form.cleaned_data["outcome"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            now=clock.now(),
        )


class ResolveManyPage(BulkActionPage):
    """The same of several at once: what a mail server's log says of a worker that died among them."""

    permission = rules.RESOLVE
    menu = "messages"
    list_page = MessageListPage
    title = gettext_lazy("What became of these messages?")
    button = gettext_lazy("Save what became of them")
    form_class = ResolveForm
    limit = 500

    def consequence(self):
        return _(
            "Only those that are unknown. Messages queued again are judged anew before they leave; they may "
            "reach the debtor twice if they were sent after all."
        )

    def perform(self, form):
        return decisions.resolve_many(
            messages=self.selected(),
            outcome=form.cleaned_data["outcome"],
            note=form.cleaned_data["note"],
            actor=self.request.user,
            now=clock.now(),
        )

    def get_success_message(self, result):
        return ngettext(
            "%(n)s message is no longer unknown.", "%(n)s messages are no longer unknown.", result
        ) % {"n": result}


class RetryPage(MessageVerb, ReasonPage):
    permission = rules.RESOLVE
    title = gettext_lazy("Try again")
    button = gettext_lazy("Queue the message again")
    form_class = ReasonForm
    success_message = gettext_lazy("Queued again.")

    def perform(self, form):
        return decisions.retry_failed(
            message=self.object,
            note=form.cleaned_data["reason"],
            actor=self.request.user,
            now=clock.now(),
        )


class CancelPage(MessageVerb, ReasonPage):
    permission = rules.CANCEL
    title = gettext_lazy("Cancel message")
    button = gettext_lazy("Cancel the message")
    is_dangerous = True
    success_message = gettext_lazy("Cancelled. It will not be sent.")

    def consequence(self):
        return _("It is never sent. The next step of the strategy comes on its day all the same.")

    def perform(self, form):
        return decisions.cancel_message(
            message=self.object,
            note=form.cleaned_data["reason"],
            actor=self.request.user,
            now=clock.now(),
        )


urlpatterns = [
    path("messages/<int:pk>/resolve/", ResolvePage.as_view(), name="message_resolve"),
    path("messages/resolve/", ResolveManyPage.as_view(), name="messages_resolve"),
    path("messages/<int:pk>/retry/", RetryPage.as_view(), name="message_retry"),
    path("messages/<int:pk>/cancel/", CancelPage.as_view(), name="message_cancel"),
]
