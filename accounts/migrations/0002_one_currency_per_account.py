"""A money row can only stand in its account's currency: composite keys models can't express."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_ledgerentry ADD CONSTRAINT accounts_ledgerentry_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE accounts_ledgerentry DROP CONSTRAINT accounts_ledgerentry_account_currency",
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_contestedamount ADD CONSTRAINT accounts_contestedamount_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE accounts_contestedamount DROP CONSTRAINT accounts_contestedamount_account_currency",
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_standing ADD CONSTRAINT accounts_standing_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE accounts_standing DROP CONSTRAINT accounts_standing_account_currency",
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_dispute ADD CONSTRAINT accounts_dispute_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE accounts_dispute DROP CONSTRAINT accounts_dispute_account_currency",
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_promise ADD CONSTRAINT accounts_promise_account_currency FOREIGN KEY (account_id, currency) "
            "REFERENCES accounts_account (id, currency) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE accounts_promise DROP CONSTRAINT accounts_promise_account_currency",
        ),
    ]
