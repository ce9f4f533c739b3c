from django.db import migrations

import collections_app.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_deposits_credited_by_cheques"),
    ]

    operations = [
        migrations.AddField(
            model_name=model,
            name="currency",
            field=collections_app.core.fields.CurrencyField(default="EUR"),
            preserve_default=False,
        )
        for model in ("planaccount", "planinstalment")
    ]
