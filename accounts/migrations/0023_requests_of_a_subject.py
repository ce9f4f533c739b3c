from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_entries_returned_lately")]

    operations = [
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["subject_type", "subject_id"], name="approval_subject"),
        ),
    ]
