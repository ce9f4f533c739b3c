import collections_app.core.fields
import collections_app.core.migrations_at_once
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        collections_app.core.migrations_at_once.AtOnce(
            operations=[migrations.CreateModel(
                name='Organisation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('country', models.CharField(max_length=2, verbose_name='country')),
                    ('currency', collections_app.core.fields.CurrencyField(verbose_name='currency')),
                    ('time_zone', models.CharField(default='UTC', max_length=50, verbose_name='time zone')),
                    ('language', models.CharField(default='en', max_length=10, verbose_name='language')),
                    ('address', models.TextField(blank=True, verbose_name='address')),
                    ('phone', models.CharField(blank=True, max_length=30, verbose_name='phone')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('is_demonstration', models.BooleanField(default=False)),
                    ('set_up_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'organisation',
                },
            ), migrations.CreateModel(
                name='SealCursor',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('table', models.CharField(max_length=80, unique=True)),
                    ('sealed_through', models.BigIntegerField(default=0)),
                    ('pending_through', models.BigIntegerField(null=True)),
                    ('pending_xmax', models.BigIntegerField(null=True)),
                    ('pending_at', models.DateTimeField(null=True)),
                ],
            ), migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('username', models.CharField(max_length=60, unique=True, verbose_name='sign-in name')),
                    ('full_name', models.CharField(max_length=120, verbose_name='full name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('phone', models.CharField(blank=True, max_length=20, verbose_name='phone')),
                    ('role', models.CharField(choices=[('collection_officer', 'Collection officer'), ('field_officer', 'Field officer'), ('senior_officer', 'Senior officer'), ('supervisor', 'Supervisor'), ('manager', 'Manager'), ('department_user', 'Department user'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('system', 'System')], max_length=30, verbose_name='role')),
                    ('language', models.CharField(default='en', max_length=10, verbose_name='language')),
                    ('theme', models.CharField(default='auto', max_length=10)),
                    ('shortcuts_enabled', models.BooleanField(default=True)),
                    ('preferences', models.JSONField(blank=True, default=dict)),
                    ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                    ('is_demonstration', models.BooleanField(default=False)),
                    ('must_change_password', models.BooleanField(default=False)),
                    ('calendar_token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('joined_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('deactivated_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'user',
                    'verbose_name_plural': 'users',
                    'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='user_username_ci')],
                },
            ), migrations.CreateModel(
                name='StoredFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('filename', models.CharField(max_length=200)),
                    ('content_type', models.CharField(max_length=100)),
                    ('size', models.BigIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('kind', models.CharField(max_length=40)),
                    ('retention', models.CharField(choices=[('working', 'Working file, 90 days'), ('evidence', 'Evidence, 10 years'), ('report', 'Report, 10 years')], default='evidence', max_length=20)),
                    ('subject_type', models.CharField(blank=True, max_length=60)),
                    ('subject_id', models.BigIntegerField(null=True)),
                    ('stored_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'document',
                    'indexes': [models.Index(fields=['subject_type', 'subject_id'], name='file_subject')],
                },
            ), migrations.CreateModel(
                name='Transition',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('recorded_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp(), editable=False)),
                    ('subject_type', models.CharField(max_length=60)),
                    ('subject_id', models.BigIntegerField()),
                    ('from_status', models.CharField(blank=True, max_length=30)),
                    ('to_status', models.CharField(max_length=30)),
                    ('effective_date', models.DateField()),
                    ('reason', models.TextField(blank=True)),
                    ('actor', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'transition',
                    'abstract': False,
                    'indexes': [models.Index(fields=['subject_type', 'subject_id', 'id'], name='transition_subject')],
                },
            ), migrations.CreateModel(
                name='AccessRecord',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('recorded_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp(), editable=False)),
                    ('kind', models.CharField(max_length=30)),
                    ('subject_type', models.CharField(max_length=60)),
                    ('subject_id', models.BigIntegerField(null=True)),
                    ('rows', models.IntegerField(default=1)),
                    ('detail', models.JSONField(default=dict)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'access record',
                    'abstract': False,
                    'indexes': [models.Index(fields=['user', '-id'], name='access_user')],
                },
            ), migrations.CreateModel(
                name='AuditRecord',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('recorded_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp(), editable=False)),
                    ('code', models.CharField(max_length=80)),
                    ('subject_type', models.CharField(max_length=60)),
                    ('subject_id', models.BigIntegerField(null=True)),
                    ('reason', models.TextField(blank=True)),
                    ('before', models.JSONField(default=dict)),
                    ('after', models.JSONField(default=dict)),
                    ('rows', models.IntegerField(default=1)),
                    ('request_id', models.CharField(blank=True, max_length=40)),
                    ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'audit record',
                    'abstract': False,
                    'indexes': [models.Index(fields=['subject_type', 'subject_id', '-id'], name='audit_subject'), models.Index(fields=['actor', '-id'], name='audit_actor')],
                },
            ), migrations.CreateModel(
                name='BackupRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('path', models.CharField(max_length=500)),
                    ('size', models.BigIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('finished_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
            ), migrations.CreateModel(
                name='IdempotencyKey',
                fields=[
                    ('key', models.UUIDField(primary_key=True, serialize=False)),
                    ('path', models.CharField(max_length=300)),
                    ('location', models.CharField(blank=True, max_length=500)),
                    ('used_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
            ), migrations.CreateModel(
                name='Job',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('runner', models.CharField(max_length=80)),
                    ('scope', models.CharField(blank=True, max_length=120)),
                    ('as_of', models.DateField(null=True)),
                    ('params', models.JSONField(default=dict)),
                    ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=12)),
                    ('done', models.IntegerField(default=0)),
                    ('total', models.IntegerField(default=0)),
                    ('message', models.CharField(blank=True, max_length=300)),
                    ('errors', models.JSONField(default=list)),
                    ('result', models.JSONField(default=dict)),
                    ('attempts', models.IntegerField(default=0)),
                    ('lease', models.UUIDField(null=True)),
                    ('cancel_requested', models.BooleanField(default=False)),
                    ('run_at', models.DateTimeField(null=True)),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('queued_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('started_at', models.DateTimeField(null=True)),
                    ('heartbeat_at', models.DateTimeField(null=True)),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('result_file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.storedfile')),
                ],
                options={
                    'verbose_name': 'job',
                    'indexes': [models.Index(fields=['-id'], name='job_recent'), models.Index(condition=models.Q(('status__in', ['queued', 'running'])), fields=['status', 'heartbeat_at'], name='job_live')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ['queued', 'running'])), fields=('runner', 'scope', 'as_of'), name='job_once', nulls_distinct=False)],
                },
            ), migrations.CreateModel(
                name='SavedView',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('list_name', models.CharField(max_length=60)),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('query', models.TextField(blank=True)),
                    ('is_shared', models.BooleanField(default=False, verbose_name='shared with everyone')),
                    ('position', models.IntegerField(default=0)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'saved view',
                    'constraints': [models.UniqueConstraint(fields=('user', 'list_name', 'name'), name='saved_view_name')],
                },
            ), migrations.CreateModel(
                name='Seal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('recorded_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp(), editable=False)),
                    ('table', models.CharField(max_length=80)),
                    ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None)),
                    ('first_id', models.BigIntegerField()),
                    ('last_id', models.BigIntegerField()),
                    ('row_count', models.IntegerField()),
                    ('digests', models.BinaryField()),
                    ('previous_hash', models.BinaryField(max_length=32)),
                    ('hash', models.BinaryField(max_length=32, unique=True)),
                ],
                options={
                    'verbose_name': 'seal',
                    'abstract': False,
                    'indexes': [models.Index(fields=['table', 'last_id'], name='seal_table')],
                },
            ), migrations.CreateModel(
                name='StoredContent',
                fields=[
                    ('file', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='content', serialize=False, to='core.storedfile')),
                    ('data', models.BinaryField()),
                ],
            ), pgtrigger.migrations.AddTrigger(
                model_name='transition',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='75fe0924ef851d494fb3a9168e1863682d161a71', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9a391', table='core_transition', when='BEFORE')),
            ), pgtrigger.migrations.AddTrigger(
                model_name='accessrecord',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6cb3a3c15a9b9be4430c3a9bfbf52d97c3e113af', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4e212', table='core_accessrecord', when='BEFORE')),
            ), pgtrigger.migrations.AddTrigger(
                model_name='auditrecord',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='696db222c46879ad21e6fc362aaaacc289dff306', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_21eac', table='core_auditrecord', when='BEFORE')),
            ), pgtrigger.migrations.AddTrigger(
                model_name='seal',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f24b77843cd114313373064d7860b4c1128193f0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e986a', table='core_seal', when='BEFORE')),
            )],
        ),
    ]
