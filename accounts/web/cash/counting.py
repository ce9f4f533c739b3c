"""Counting notes and coins: a field a value, named after its currency."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django import forms

from accounts.cashdesk.queries import denominations
from collections_app.core.web.figures import amount_text

MOST_PIECES = 100_000


class CountForm(forms.Form):
    """Pieces by note and coin of some currencies; what is left empty is none."""

    def __init__(self, *args, currencies: list[str], today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.values: dict[str, list[Decimal]] = {}
        for currency in currencies:
            self.values[currency] = denominations(currency, as_of=today)
            for value in self.values[currency]:
                self.fields[self.name_of(currency, value)] = forms.IntegerField(
                    label=amount_text(value, currency),
                    min_value=0,
                    max_value=MOST_PIECES,
                    required=False,
                    widget=forms.TextInput(
                        attrs={"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
                    ),
                )

    @staticmethod
    def name_of(currency: str, value: Decimal) -> str:
        return f"count_{currency}_{value:f}".replace(".", "_")

    @property
    def count_tables(self):
        """Currency and its fields, biggest note first, for the template."""
        return [
            (currency, [self[self.name_of(currency, value)] for value in values])
            for currency, values in self.values.items()
        ]

    @property
    def other_fields(self):
        """The rest; a tick that a difference is real is offered once a count has differed."""
        hidden = () if self.is_bound else ("differs",)
        return [self[name] for name in self.fields if not name.startswith("count_") and name not in hidden]

    def counted(self) -> Mapping[str, dict[Decimal, int]]:
        """Pieces by value and currency, as typed."""
        data = self.cleaned_data
        return {
            currency: {
                value: pieces for value in values if (pieces := data.get(self.name_of(currency, value)))
            }
            for currency, values in self.values.items()
        }
