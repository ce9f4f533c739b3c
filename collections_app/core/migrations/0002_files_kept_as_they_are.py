"""Most files are packed already (PDF, workbooks, archives): to pack them again took half a second for
twenty megabytes and saved nothing. What was kept before stays readable as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE core_storedcontent ALTER COLUMN data SET STORAGE EXTERNAL",
            "ALTER TABLE core_storedcontent ALTER COLUMN data SET STORAGE EXTENDED",
        ),
    ]
