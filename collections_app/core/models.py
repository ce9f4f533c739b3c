"""The kernel's tables. Every other slice may point here; nothing here points up."""

import uuid

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from collections_app.core.append_only import AppendOnlyModel
from collections_app.core.enums import JobStatus, Retention, Role
from collections_app.core.fields import ClockTimestamp, CurrencyField


class UserManager(BaseUserManager):
    def create_user(self, username: str, *, role: str, password: str | None = None, **fields):
        user = self.model(username=username, role=role, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str):
        return self.get(username__iexact=username)

    def system(self) -> "User":
        """The actor of scheduled work; made by migration, it can never sign in."""
        return self.get(username="system")


class User(AbstractBaseUser):
    """A person of the office (or the system itself). One role; teams and departments are dated."""

    username = models.CharField(_("sign-in name"), max_length=60, unique=True)
    full_name = models.CharField(_("full name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    role = models.CharField(_("role"), max_length=30, choices=Role)
    language = models.CharField(_("language"), max_length=10, default="en")
    theme = models.CharField(max_length=10, default="auto")
    shortcuts_enabled = models.BooleanField(default=True)
    preferences = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_demonstration = models.BooleanField(default=False)
    must_change_password = models.BooleanField(default=False)
    calendar_token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    joined_at = models.DateTimeField(db_default=ClockTimestamp())
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name", "role"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("username"), name="user_username_ci")]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def has_perm(self, perm: str, obj=None) -> bool:
        from collections_app.core.permissions import has_permission  # noqa: PLC0415 catalogue imports models

        return has_permission(self, perm)


class Organisation(models.Model):
    """The office that runs this installation: one row."""

    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2)
    currency = CurrencyField(_("currency"))
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC")
    language = models.CharField(_("language"), max_length=10, default="en")
    address = models.TextField(_("address"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_demonstration = models.BooleanField(default=False)
    set_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("organisation")

    def __str__(self) -> str:
        return self.name


class AuditRecord(AppendOnlyModel):
    """Who did what to which subject, when, why, with old and new values (no personal values)."""

    code = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    rows = models.IntegerField(default=1)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("audit record")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_subject"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.code} #{self.pk}"


class Seal(AppendOnlyModel):
    """One link of the chain over the rows of one append-only table; see `audit.py`."""

    table = models.CharField(max_length=80)
    columns = ArrayField(models.CharField(max_length=60))
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    row_count = models.IntegerField()
    digests = models.BinaryField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32, unique=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("seal")
        indexes = [models.Index(fields=["table", "last_id"], name="seal_table")]

    def __str__(self) -> str:
        return f"{self.table} {self.first_id}-{self.last_id}"


class SealCursor(models.Model):
    """How far a table is sealed, and the ids waiting for their transactions to end."""

    table = models.CharField(max_length=80, unique=True)
    sealed_through = models.BigIntegerField(default=0)
    pending_through = models.BigIntegerField(null=True)
    pending_xmax = models.BigIntegerField(null=True)
    pending_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.table


class Transition(AppendOnlyModel):
    """One step of a status. The row is the truth; the status column of the subject is its cache."""

    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    from_status = models.CharField(max_length=30, blank=True)
    to_status = models.CharField(max_length=30)
    effective_date = models.DateField()
    # The audit record of the same act holds the key to the actor.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    reason = models.TextField(blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("transition")
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"], name="transition_subject")]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}: {self.from_status} to {self.to_status}"


class AccessRecord(AppendOnlyModel):
    """A protected value was seen, revealed, downloaded or exported."""

    kind = models.CharField(max_length=30)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    rows = models.IntegerField(default=1)
    detail = models.JSONField(default=dict)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("access record")
        indexes = [models.Index(fields=["user", "-id"], name="access_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type} {self.subject_id}"


class StoredFile(models.Model):
    """A file kept in the database with its hash; served only through `documents`."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    retention = models.CharField(max_length=20, choices=Retention, default=Retention.EVIDENCE)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    stored_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        verbose_name = _("document")
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="file_subject")]

    def __str__(self) -> str:
        return self.filename


class StoredContent(models.Model):
    """The bytes, apart so that lists never load them; in PostgreSQL so that a backup holds all."""

    file = models.OneToOneField(StoredFile, models.CASCADE, primary_key=True, related_name="content")
    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.file_id)


class JobQuerySet(models.QuerySet):
    def visible_to(self, user) -> "JobQuerySet":
        """One's own jobs; those of everyone with `core.view_job`."""
        return self if user.has_perm("core.view_job") else self.filter(actor=user)

    def live(self) -> "JobQuerySet":
        return self.filter(status__in=[JobStatus.QUEUED, JobStatus.RUNNING])


class Job(models.Model):
    """One run of a long job: the row is the truth, the queue carries only its id.

    `run_at` is the earliest moment (a retry waits for it), `sent_at` when its id last went into the
    queue, `lease` who works on it; all moments are the database's clock. Written by `jobs.py` alone.
    """

    runner = models.CharField(max_length=80)
    scope = models.CharField(max_length=120, blank=True)
    as_of = models.DateField(null=True)
    params = models.JSONField(default=dict)
    status = models.CharField(max_length=12, choices=JobStatus, default=JobStatus.QUEUED)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    errors = models.JSONField(default=list)
    result = models.JSONField(default=dict)
    result_file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    attempts = models.IntegerField(default=0)
    lease = models.UUIDField(null=True)
    cancel_requested = models.BooleanField(default=False)
    run_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=ClockTimestamp())
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        indexes = [
            models.Index(fields=["-id"], name="job_recent"),
            models.Index(
                fields=["status", "heartbeat_at"],
                name="job_live",
                condition=models.Q(status__in=["queued", "running"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["runner", "scope", "as_of"],
                name="job_once",
                condition=models.Q(status__in=["queued", "running"]),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.runner} {self.scope}".strip()

    @property
    def is_live(self) -> bool:
        return self.status in (JobStatus.QUEUED, JobStatus.RUNNING)

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100; None while its size is not known."""
        if self.status == JobStatus.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else None


class SavedView(models.Model):
    """Filters, order and columns of a list under a name; a tab on that list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    list_name = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(blank=True)
    is_shared = models.BooleanField(_("shared with everyone"), default=False)
    position = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("saved view")
        constraints = [models.UniqueConstraint(fields=["user", "list_name", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """A form's token: the same form sent twice is answered once."""

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=300)
    location = models.CharField(max_length=500, blank=True)
    used_at = models.DateTimeField(db_default=ClockTimestamp())

    def __str__(self) -> str:
        return str(self.key)


class BackupRun(models.Model):
    """A backup that was written and verified; the banner asks this table."""

    path = models.CharField(max_length=500)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    finished_at = models.DateTimeField(db_default=ClockTimestamp())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.path
