from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Account
from campaigns.worsening.enums import Sign


class WorseningPayerQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(account__in=Account.objects.visible_to(user))


class WorseningPayer(models.Model):
    """An account whose payer has worsened, with the signs and what they rest on.

    Kept for the whole book by `spot_worsening`. `bucket` is where its oldest item stands and
    `changes_on` the first day of the next one; `days_taken` are the days from due to paid of its last
    items, oldest first (negative: before due). `listed_on` and `listed_in` are the day and bucket in
    which it came on the list.
    """

    objects = WorseningPayerQuerySet.as_manager()

    # Rewritten for the whole book: a key would prove every row again.
    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="worsening", db_constraint=False
    )
    signs = ArrayField(models.CharField(max_length=20, choices=Sign))
    facts = models.JSONField(default=dict)
    days_taken = ArrayField(models.SmallIntegerField(), default=list)
    bucket = models.CharField(max_length=10)
    changes_on = models.DateField()
    listed_on = models.DateField()
    listed_in = models.CharField(max_length=10)

    class Meta:
        verbose_name = _("worsening payer")
        indexes = [models.Index(fields=["changes_on", "account"], name="worsening_next")]

    def __str__(self) -> str:
        return f"{self.account_id}: {', '.join(self.signs)}"

    def signs_in_words(self) -> str:
        return "; ".join(str(Sign(sign).label) for sign in self.signs)

    def days_in_words(self) -> str:
        """The days from due to paid: "3, 2, 15"."""
        return ", ".join(map(str, self.days_taken))
