"""A money row can only stand in its account's currency: composite keys models can't express."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        ("accounts", "0002_one_currency_per_account"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE reports_signedbalance ADD CONSTRAINT reports_signedbalance_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE reports_signedbalance DROP CONSTRAINT reports_signedbalance_account_currency",
        ),
    ]
