"""A money row can only stand in its account's currency: composite keys models can't express."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_initial"),
        ("accounts", "0002_one_currency_per_account"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE campaigns_messageaccount ADD CONSTRAINT campaigns_messageaccount_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE campaigns_messageaccount DROP CONSTRAINT campaigns_messageaccount_account_currency",
        ),
        migrations.RunSQL(
            "ALTER TABLE campaigns_campaignmember ADD CONSTRAINT campaigns_campaignmember_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE campaigns_campaignmember DROP CONSTRAINT campaigns_campaignmember_account_currency",
        ),
    ]
