"""Give the change money of each cashier's last closed day its holder: the cashier himself."""

from django.db import migrations


def hold_the_last_floats(apps, schema_editor):
    cash_day = apps.get_model("accounts", "CashDay")
    change_money = apps.get_model("accounts", "ChangeMoney")
    transition = apps.get_model("core", "Transition")
    last = cash_day.objects.order_by("cashier", "-id").distinct("cashier")
    for day in last.prefetch_related("floats", "counts"):
        if day.status != "closed":
            continue
        counted = {count.currency: count.counted_amount for count in day.counts.all()}
        for change in day.floats.all():
            amount = min(change.amount, counted.get(change.currency, change.amount))
            if amount <= 0:
                continue
            held = change_money.objects.create(
                holder_id=day.cashier_id,
                currency=change.currency,
                amount=amount,
                origin="till",
                held_from=day.closed_on,
                from_day=day,
                note="Kept since before change money had a holder",
            )
            transition.objects.create(
                subject_type="accounts.changemoney",
                subject_id=held.pk,
                to_status="held",
                effective_date=day.closed_on,
                actor_id=day.cashier_id,
            )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0031_change_money_with_a_holder"), ("core", "0001_initial")]

    operations = [migrations.RunPython(hold_the_last_floats, migrations.RunPython.noop)]
