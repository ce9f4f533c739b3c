from django.db import migrations, models

RULES = [
    ('structured', 'structured reference'),
    ('end_to_end', 'end-to-end id'),
    ('text', 'account or invoice number in the text'),
    ('payer', "payer's account number, from earlier payments"),
    ('amount_name', 'exact amount and name'),
    ('cheque', 'cheque in the register'),
    ('hand', 'by hand'),
    ('ledger', 'receipt in the ledger already'),
]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0021_when_cash_instructions_were_proposed'),
    ]

    operations = [
        migrations.AlterField(
            model_name='bankline',
            name='rule',
            field=models.CharField(blank=True, choices=RULES, max_length=12, verbose_name='matched by'),
        ),
        migrations.AlterField(
            model_name='bankposting',
            name='rule',
            field=models.CharField(choices=RULES, max_length=12, verbose_name='matched by'),
        ),
    ]
