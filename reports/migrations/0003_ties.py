import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_initial'),
        ('reports', '0002_one_currency_per_account'),
    ]

    operations = [
        migrations.AddField(
            model_name='collectorreport',
            name='ties',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='collectorreport',
            name='workbook',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile'),
        ),
        migrations.AddField(
            model_name='reportbuild',
            name='accounts_file',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile'),
        ),
        migrations.AddField(
            model_name='reportbuild',
            name='drawn',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='reportbuild',
            name='ties',
            field=models.JSONField(default=dict),
        ),
    ]
