"""The public page on which anybody can check a clearance letter by its code.

Open to whoever holds the paper, without signing in. It answers the same way for every code: whether
it is genuine, and of a genuine one only the day, the office and the end of the number that stands on
the paper. The code is posted, so that it stands in no address, log or history. Few tries are
allowed from one address; nothing is indexed or kept.
"""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.statements.clearance import CODE_LENGTH, Checked, check_code
from collections_app.core.web.forms import accessible
from collections_app.core.web.pages import PUBLIC, PageView
from collections_app.core.web.tries import caller, tries

TRIES, SECONDS = 20, 600
TOO_MANY = 429


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code on the letter"),
        max_length=4 * CODE_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"}
        ),
    )


class LetterCheckPage(PageView):
    permission = PUBLIC
    template_name = "campaigns/letter_check.html"
    title = gettext_lazy("Check a clearance letter")
    http_method_names = ["get", "head", "options", "post"]

    def post(self, request, *args, **kwargs):
        form = CodeForm(request.POST)
        if tries("letter-check", caller(request), SECONDS) > TRIES:
            return self.answer(form, None, status=TOO_MANY)
        code = form.cleaned_data["code"] if form.is_valid() else ""
        return self.answer(form, check_code(code))

    def get(self, request, *args, **kwargs):
        return self.answer(CodeForm(), None)

    def answer(self, form: CodeForm, checked: Checked | None, status: int = 200):
        accessible(form)
        response = self.render_to_response(
            self.get_context_data(
                form=form, checked=checked, is_too_many=status == TOO_MANY, verdict=verdict_words(checked)
            ),
            status=status,
        )
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Cache-Control"] = "no-store"
        return response


def verdict_words(checked: Checked | None) -> str:
    """The one sentence of the answer."""
    if checked is None:
        return ""
    return {
        "genuine": _("This letter is genuine and still valid."),
        "withdrawn": _("This letter is no longer valid: it was withdrawn after it was issued."),
        "unknown": _("No letter has this code. Compare it with the paper, letter by letter."),
    }[checked.verdict]
