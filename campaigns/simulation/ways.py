"""How everybody can be reached: his first usable point of each kind, found once and kept for all days
and both sides; only whose points begin or end on a day is looked for again."""

from datetime import date

from campaigns.treatment.pass_sql import WAYS

EVERYBODY = "SELECT id AS debtor_id FROM accounts_debtor WHERE merged_into_id IS NULL"
TURNING = "SELECT DISTINCT group_id AS debtor_id FROM turn WHERE day = %(as_of)s"
MAKE = f"""
CREATE TEMP TABLE way ON COMMIT DROP AS
WITH {WAYS.format(wanted=EVERYBODY)} ORDER BY 1;
CREATE INDEX ON pg_temp.way (debtor_id);
ANALYZE pg_temp.way
"""
TURN = f"""
DELETE FROM way WHERE debtor_id IN ({TURNING});
INSERT INTO way WITH {WAYS.format(wanted=TURNING)}
"""


def make(cursor, day: date) -> None:
    """The table `way` of a pass, for everybody, as of the first day."""
    cursor.execute(MAKE, {"as_of": day})


def turn(cursor, day: date) -> None:
    """Bring it to the next day."""
    cursor.execute(TURN, {"as_of": day})
