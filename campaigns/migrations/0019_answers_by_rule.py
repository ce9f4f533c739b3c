from django.db import migrations

# The answers are a cache, worked out every hour: one that says only "another channel" is told anew, by
# the rule that closes the way meant.
FORGET = "DELETE FROM campaigns_dayanswer WHERE reason = 'other_channel'"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0018_scripts_by_law")]

    operations = [migrations.RunSQL(FORGET, migrations.RunSQL.noop)]
