"""What a pass over a book would do, as rows a person reads; after the statements of `pass_sql`.

`led` is who would be written to and by which step, `would` one row per debtor and outcome: what he
gets, or why some of his accounts are spared. Both are temporary and go with the transaction.
"""

from accounts.hardship.queries import IN_HARDSHIP

LED = f"""
CREATE TEMP TABLE led ON COMMIT DROP AS
WITH hard_pressed AS MATERIALIZED ({IN_HARDSHIP})
SELECT DISTINCT ON (t.debtor_id) t.debtor_id, t.channel, t.template_code, t.stage, t.stage_name,
       d.language, d.payer_type, t.debtor_id IN (SELECT debtor_id FROM hard_pressed) AS in_hardship,
       NULL::bigint AS text_id, 'no_text'::varchar AS lack
  FROM due_step t JOIN accounts_debtor d ON d.id = t.debtor_id
 WHERE t.reason IS NULL
 ORDER BY t.debtor_id, t.stage DESC, t.day_offset DESC, t.account_id
"""
KINDS_OF_TEXT = "SELECT DISTINCT template_code, channel, language, payer_type, in_hardship FROM led"
# %(texts)s: JSON of {template_code, channel, language, payer_type, in_hardship, text_id, lack}
TEXTS = """
UPDATE led SET text_id = x.text_id, lack = x.lack
  FROM jsonb_to_recordset(%(texts)s::jsonb)
       AS x(template_code varchar, channel varchar, language varchar, payer_type varchar,
            in_hardship boolean, text_id bigint, lack varchar)
 WHERE led.template_code = x.template_code AND led.channel = x.channel
   AND led.language = x.language AND led.payer_type = x.payer_type
   AND led.in_hardship = x.in_hardship
"""
NO_TEXT = """
UPDATE due_step t SET reason = led.lack FROM led
 WHERE led.debtor_id = t.debtor_id AND led.text_id IS NULL AND t.reason IS NULL
"""

WOULD = """
CREATE TEMP TABLE would ON COMMIT DROP AS
WITH each AS (
    SELECT debtor_id, coalesce(reason, '') AS reason, count(*) AS accounts,
           (array_agg(number ORDER BY number))[1:3] AS numbers,
           (array_agg(channel ORDER BY stage DESC, day_offset DESC, account_id))[1] AS channel,
           (array_agg(stage_name ORDER BY stage DESC, day_offset DESC, account_id))[1] AS stage_name,
           max(stage) AS stage
      FROM due_step GROUP BY 1, 2
),
money AS (
    SELECT debtor_id, reason, jsonb_object_agg(currency, asked::text) AS sums FROM (
        SELECT debtor_id, coalesce(reason, '') AS reason, currency, sum(greatest(asked, 0)) AS asked
          FROM due_step GROUP BY 1, 2, 3
    ) one GROUP BY 1, 2
)
SELECT each.*, coalesce(l.names, '{}') AS lacking, money.sums, d.name, d.reference, led.text_id,
       CASE WHEN each.reason = '' THEN d.payer_type ELSE '' END AS payer_type
  FROM each JOIN money USING (debtor_id, reason)
  JOIN accounts_debtor d ON d.id = each.debtor_id
  LEFT JOIN led ON led.debtor_id = each.debtor_id AND each.reason = ''
  LEFT JOIN lacking l ON l.debtor_id = each.debtor_id AND l.reason = each.reason
"""

BY_OUTCOME = """
SELECT reason, stage, stage_name, channel, count(*), sum(accounts)::bigint
  FROM would GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
MONEY_BY_OUTCOME = """
SELECT reason, stage, stage_name, channel, c.key, sum(c.value::numeric)
  FROM would, jsonb_each_text(sums) c GROUP BY 1, 2, 3, 4, 5 ORDER BY 5
"""

# The rows that the filters leave. Parameters: state ('', 'gets', 'spared'), reason, channel,
# currency, text (matches a name anywhere, a number or reference from its beginning), seen (ids of
# accounts the reader may see, or NULL for all of them).
CHOSEN = """
 WHERE (%(state)s = '' OR (reason = '') = (%(state)s = 'gets'))
   AND (%(reason)s = '' OR reason = %(reason)s)
   AND (%(channel)s = '' OR channel = %(channel)s)
   AND (%(currency)s = '' OR sums ? %(currency)s)
   AND (%(text)s = '' OR name ILIKE %(anywhere)s OR reference LIKE %(beginning)s
        OR EXISTS (SELECT 1 FROM due_step t
                    WHERE t.debtor_id = would.debtor_id AND t.number LIKE %(beginning)s))
   AND (%(seen)s::bigint[] IS NULL OR debtor_id IN (
        SELECT t.debtor_id FROM due_step t WHERE t.account_id = ANY(%(seen)s::bigint[])))
"""
ROWS = f"""
SELECT debtor_id, name, reference, reason, channel, stage_name, text_id, payer_type, accounts, numbers,
       lacking, sums
  FROM would {CHOSEN} ORDER BY name, debtor_id, reason LIMIT %(limit)s OFFSET %(offset)s
"""
CHOSEN_COUNT = f"SELECT count(*), coalesce(sum(accounts), 0)::bigint FROM would {CHOSEN}"
CHOSEN_MONEY = f"""
SELECT c.key, sum(c.value::numeric) FROM would, jsonb_each_text(sums) c {CHOSEN}
 GROUP BY 1 ORDER BY 1
"""
# What the gate needs of those on one page who would be written to.
ASKED = """
SELECT t.debtor_id, array_agg(t.account_id ORDER BY t.account_id), max(w.point_id)
  FROM due_step t JOIN led ON led.debtor_id = t.debtor_id
  LEFT JOIN way w ON w.debtor_id = t.debtor_id AND w.kind = {kind}
 WHERE t.reason IS NULL AND t.debtor_id = ANY(%(debtors)s::bigint[])
 GROUP BY t.debtor_id
"""
