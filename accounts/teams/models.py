"""Who works where, on which days, and who stands in."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Team(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class DatedQuerySet(models.QuerySet):
    def on(self, day):
        """Rows in force on a day; `valid_to` is the first day they no longer are."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)


class TeamMembership(models.Model):
    objects = DatedQuerySet.as_manager()

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("team membership")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], name="membership_open", condition=Q(valid_to__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Department(models.Model):
    """A part of the firm that answers questions: Sales, Legal, Finance, Operations, Credit..."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    email = models.EmailField(_("e-mail"), blank=True)
    answer_days = models.PositiveSmallIntegerField(_("days to answer"), default=5)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return self.name


class DepartmentMembership(models.Model):
    objects = DatedQuerySet.as_manager()

    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="department_memberships")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("department membership")

    def __str__(self) -> str:
        return f"{self.user} in {self.department}"


class Absence(models.Model):
    """A user is away; the deputy works the list, gets follow-ups and approvals until the end."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="deputising")
    first_day = models.DateField(_("first day away"))
    last_day = models.DateField(_("last day away"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("absence")
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="absence_order"),
            models.CheckConstraint(condition=~Q(user=models.F("deputy")), name="absence_deputy"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.first_day} to {self.last_day}"
