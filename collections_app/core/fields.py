"""Column types with one meaning each."""

from django.db import models
from django.db.models.functions import Now


class MoneyField(models.DecimalField):
    """An amount in the currency that stands in the same row; scale 3 covers KWD, BHD and OMR."""

    def __init__(self, *args, **kwargs):
        kwargs["max_digits"] = 18
        kwargs["decimal_places"] = 3
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"]
        del kwargs["decimal_places"]
        return name, path, args, kwargs


class CurrencyField(models.CharField):
    """An ISO 4217 code, upper case, immutable once money rests on it."""

    def __init__(self, *args, **kwargs):
        kwargs["max_length"] = 3
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs


class ClockTimestamp(Now):
    """The database's own clock at the moment of the write, not at the transaction's start.

    A cut-off by `recorded_at` is reproducible only so: see `accounts.ledger.services`.
    """

    template = "CLOCK_TIMESTAMP()"

    def as_postgresql(self, compiler, connection, **extra_context):
        return self.as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **extra_context)
