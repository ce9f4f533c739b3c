"""Signing in and out, and one's password."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash, views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_app.core import demonstration, setup
from collections_app.core.profile import change_password
from collections_app.core.web.actions import ActionPage, VerbView
from collections_app.core.web.forms import accessible
from collections_app.core.web.pages import PUBLIC, SIGNED_IN
from collections_app.core.web.tries import caller, tries, tries_so_far

LOCKED = 429
# Wrong tries from one place, whatever names were tried: an office of many sits behind one address.
WRONG_FROM_ONE = 20 * settings.AXES_FAILURE_LIMIT
# Mails a forgotten password costs at most: to one address of ours, and asked for from one place.
MAILS_TO_ONE, MAILS_FROM_ONE, MAIL_SECONDS = 3, 20, 3600


def _sign_ins() -> list[tuple[str, str, str]]:
    return [] if settings.PRODUCTION else demonstration.sign_ins()


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy(
            "This name and password do not go together. Check both; capitals count in the password only."
        ),
        "inactive": gettext_lazy("This sign-in is switched off. Ask your administrator."),
    }


class SignIn(ActionPage):
    """Name and password. Too many wrong tries lock this name at this address for a while, far more of
    them over many names the address itself.
    """

    permission = PUBLIC
    template_name = "core/sign_in.html"
    title = gettext_lazy("Sign in")
    form_class = SignInForm

    def get(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return self.go(reverse("core:home"))
        if setup.is_needed():
            return self.go(reverse("core:setup"))
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if tries_so_far("sign-in", caller(request)) >= WRONG_FROM_ONE:
            return _answer_locked(request, _address_locked(_lock_minutes()))
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form) -> HttpResponse:
        tries("sign-in", caller(self.request), 60 * _lock_minutes())
        return super().form_invalid(form)

    def get_form(self):
        form = SignInForm(self.request, data=self.request.POST or None)
        form.fields["username"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        form.fields["password"].widget.attrs |= {"autocomplete": "current-password"}
        accessible(form)
        return form

    def perform(self, form) -> Any:
        login(self.request, form.get_user())
        return form.get_user()

    def get_success_url(self, result: Any) -> str:
        if result.must_change_password:
            return reverse("core:password_change")
        wanted = self.request.POST.get("next") or self.request.GET.get("next", "")
        return wanted if wanted and self._is_ours(wanted) else reverse("core:home")

    def get_context_data(self, **kwargs):
        wanted = self.request.POST.get("next") or self.request.GET.get("next", "")
        return super().get_context_data(
            sign_ins=_sign_ins(),
            demonstration_password=demonstration.PASSWORD,
            wanted=wanted,
            locked="",
            **kwargs,
        )


def _lock_minutes() -> int:
    return max(int(settings.AXES_COOLOFF_TIME.total_seconds() // 60), 1)


def _address_locked(minutes: int) -> str:
    return ngettext(
        "Too many wrong tries from this address. Wait %(minutes)s minute.",
        "Too many wrong tries from this address. Wait %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any = None) -> HttpResponse:
    """django-axes' answer to too many wrong tries: what happened, until when, and the remedy."""
    minutes = _lock_minutes()
    text = ngettext(
        "Too many wrong tries for this name from this address. Wait %(minutes)s minute.",
        "Too many wrong tries for this name from this address. Wait %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}
    return _answer_locked(request, text)


def _answer_locked(request: HttpRequest, text: str) -> HttpResponse:
    form = SignInForm(request)
    accessible(form)
    context = {"title": _("Sign in"), "form": form, "locked": text, "sign_ins": [], "wanted": ""}
    return render(request, "core/sign_in.html", context, status=LOCKED)


class SignOut(VerbView):
    permission = SIGNED_IN
    before_own_password = True

    def perform(self, form) -> None:
        logout(self.request)

    def get_success_url(self, result: Any) -> str:
        return reverse("core:sign_in")


class PasswordChange(ActionPage):
    """One's own password; paste is allowed, so that a password manager can be used."""

    permission = SIGNED_IN
    before_own_password = True
    title = gettext_lazy("Change password")
    button = gettext_lazy("Change password")
    form_class = PasswordChangeForm
    success_message = gettext_lazy("Your password is changed.")

    def get_form(self):
        form = PasswordChangeForm(self.request.user, data=self.request.POST or None)
        accessible(form)
        return form

    def get_lead(self):
        if self.request.user.must_change_password:
            return _("Your administrator gave you this password. Choose your own before you go on.")
        return ""

    def perform(self, form) -> Any:
        user = change_password(user=self.request.user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(self.request, user)
        return None

    def get_success_url(self, result: Any) -> str:
        return reverse("core:home")


class PasswordForgotten(views.PasswordResetView):
    """Asks for the address and says the same whether it is known or not, and whether a mail goes or
    enough have gone: nobody is flooded, and nobody learns who works here."""

    permission = PUBLIC
    template_name = "core/password_forgotten.html"
    email_template_name = "core/mail/password_reset.txt"
    subject_template_name = "core/mail/password_reset_subject.txt"
    success_url = reverse_lazy("core:password_forgotten_sent")
    extra_context = {"title": gettext_lazy("Forgotten password")}

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        accessible(form)
        return form

    def form_valid(self, form):
        asked = form.cleaned_data["email"].casefold()
        from_one = tries("password-mail-from", caller(self.request), MAIL_SECONDS)
        to_one = tries("password-mail-to", hashlib.sha256(asked.encode()).hexdigest(), MAIL_SECONDS)
        if from_one > MAILS_FROM_ONE or to_one > MAILS_TO_ONE:
            return HttpResponseRedirect(self.get_success_url())
        return super().form_valid(form)


class PasswordForgottenSent(views.PasswordResetDoneView):
    permission = PUBLIC
    template_name = "core/password_sent.html"
    extra_context = {"title": gettext_lazy("Look into your mail")}


class PasswordNew(views.PasswordResetConfirmView):
    """The link from the mail: a new password, once."""

    permission = PUBLIC
    template_name = "core/password_new.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("core:sign_in")
    extra_context = {"title": gettext_lazy("New password")}

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        accessible(form)
        return form

    def form_valid(self, form):
        change_password(user=self.user, password=form.cleaned_data["new_password1"])
        self.request.session.pop("_password_reset_token", None)
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return self.redirect()

    def redirect(self) -> HttpResponse:
        return HttpResponse(status=302, headers={"Location": str(self.success_url)})
