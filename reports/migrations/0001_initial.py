import collections_app.core.fields
import collections_app.core.migrations_at_once
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('core', '0001_initial'),
    ]

    operations = [
        collections_app.core.migrations_at_once.AtOnce(
            operations=[migrations.CreateModel(
                name='CollectorReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('first_day', models.DateField(verbose_name='from')),
                    ('last_day', models.DateField(verbose_name='to')),
                    ('known_at', models.DateTimeField(blank=True, null=True)),
                    ('figures', models.JSONField(default=dict)),
                    ('remarks', models.TextField(blank=True, verbose_name='remarks')),
                    ('status', models.CharField(choices=[('draft', 'Being prepared'), ('submitted', 'With the reviewer'), ('returned', 'Returned with comments'), ('reviewed', 'Reviewed, waiting for approval'), ('approved', 'Approved')], default='draft', max_length=10)),
                    ('prepared_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                    ('approved_at', models.DateTimeField(blank=True, null=True)),
                    ('content_sha256', models.CharField(blank=True, max_length=64)),
                    ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                    ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='collector_reports', to=settings.AUTH_USER_MODEL)),
                    ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='collector_reports', to='accounts.team')),
                    ('ties', models.JSONField(default=dict)),
                    ('workbook', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                ],
                options={
                    'verbose_name': "collector's report",
                    'verbose_name_plural': "collectors' reports",
                    'constraints': [models.UniqueConstraint(fields=('officer', 'first_day', 'last_day'), name='collector_report_once'), models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='collector_report_order'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('officer')), _negated=True), _connector='OR'), name='collector_not_reviewer'), models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('officer')), _negated=True), _connector='OR'), name='collector_not_approver')],
                },
            ), migrations.CreateModel(
                name='ReportFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('format', models.CharField(max_length=5)),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                ],
                options={
                    'constraints': [],
                },
            ), migrations.CreateModel(
                name='ReportBuild',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('collection', 'Collection Report'), ('registration', 'Registration Report'), ('followup', 'Follow-up Report')], max_length=12)),
                    ('month', models.DateField(verbose_name='month')),
                    ('scope', models.CharField(blank=True, max_length=60)),
                    ('as_of', models.DateField()),
                    ('known_at', models.DateTimeField()),
                    ('content_sha256', models.CharField(max_length=64)),
                    ('renderer', models.CharField(blank=True, max_length=200)),
                    ('status', models.CharField(choices=[('built', 'Built'), ('signed', 'Signed'), ('replaced', 'Replaced')], default='built', max_length=10)),
                    ('built_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp())),
                    ('signed_at', models.DateTimeField(blank=True, null=True)),
                    ('seal_hash', models.CharField(blank=True, max_length=64)),
                    ('mailed_at', models.DateTimeField(blank=True, null=True)),
                    ('built_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                    ('previous', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next_builds', to='reports.reportbuild')),
                    ('signed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('files', models.ManyToManyField(related_name='+', through='reports.ReportFile', to='core.storedfile')),
                    ('accounts_file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                    ('drawn', models.JSONField(default=dict)),
                    ('ties', models.JSONField(default=dict)),
                ],
                options={
                    'verbose_name': 'monthly report',
                    'indexes': [models.Index(fields=['kind', '-month', '-id'], name='report_recent')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'signed')), fields=('kind', 'month', 'scope'), name='report_one_signed')],
                },
            ), migrations.CreateModel(
                name='ReportComment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('recorded_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp(), editable=False)),
                    ('body', models.TextField(verbose_name='comment')),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='reports.collectorreport')),
                ],
                options={
                    'verbose_name': 'comment',
                    'abstract': False,
                },
            ), migrations.CreateModel(
                name='ReportDocument',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('title', models.CharField(max_length=120, verbose_name='what it proves')),
                    ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.ledgerentry')),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                    ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='reports.collectorreport')),
                ],
            ), migrations.CreateModel(
                name='SignedBalance',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('recorded_at', models.DateTimeField(db_default=collections_app.core.fields.ClockTimestamp(), editable=False)),
                    ('currency', collections_app.core.fields.CurrencyField()),
                    ('balance', collections_app.core.fields.MoneyField()),
                    ('team_id', models.BigIntegerField(null=True)),
                    ('officer_id', models.BigIntegerField(null=True)),
                    ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                    ('build', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='balances', to='reports.reportbuild')),
                ],
                options={
                    'verbose_name': 'signed balance',
                    'abstract': False,
                    'constraints': [models.UniqueConstraint(fields=('build', 'account'), name='signed_once')],
                },
            ), pgtrigger.migrations.AddTrigger(
                model_name='reportcomment',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7bf3b8c480f352574740f0819fe9cef56d9360c8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_debae', table='reports_reportcomment', when='BEFORE')),
            ), pgtrigger.migrations.AddTrigger(
                model_name='signedbalance',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bf6d8a1d911eed3fe49e3d86ec7fc47e58b8d628', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_51c6b', table='reports_signedbalance', when='BEFORE')),
            )],
        ),
        migrations.AddField(
            model_name='reportfile',
            name='build',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='report_files', to='reports.reportbuild'),
        ),
        migrations.AddConstraint(
            model_name='reportfile',
            constraint=models.UniqueConstraint(fields=('build', 'format'), name='report_file_format'),
        ),
    ]
