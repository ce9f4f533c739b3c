"""The pieces of counted cash bear their currency.

XXX, ISO 4217 for "no currency", never stands in a row: the tables are three migrations old here and no
version between was released, so there is nothing to fill; and 0013 lets no piece differ from its count
or slip, so a row left at XXX would stop the migration rather than pass as money.
"""

import collections_app.core.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_lead_0217'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='countedpieces',
            name='currency',
            field=collections_app.core.fields.CurrencyField(default='XXX'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='depositpieces',
            name='currency',
            field=collections_app.core.fields.CurrencyField(default='XXX'),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name='cashcount',
            constraint=models.UniqueConstraint(fields=('id', 'currency'), name='cash_count_currency'),
        ),
        migrations.AddConstraint(
            model_name='deposit',
            constraint=models.UniqueConstraint(fields=('id', 'currency'), name='deposit_currency'),
        ),
    ]
