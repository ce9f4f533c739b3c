"""Forms that ask for a creditor offer those the user works for."""

from accounts.parties.queries import creditor_choices


class OwnCreditors:
    """For an action page whose form has a field `creditor`; stands before the page's base."""

    def get_form(self):
        form = super().get_form()
        form.fields["creditor"].queryset = creditor_choices(self.request)
        return form
