"""Every entry stands in the currency of an account that is there: a key, checked a statement at a time.

As a foreign key PostgreSQL asks it row by row, which took a tenth of the time of a large file. The
triggers below ask it once for all rows of a statement, and hold the accounts as a key would
(`FOR KEY SHARE`), so that nobody can take one away between the asking and the commit. The other end,
an account that would go or change its currency under its entries, is refused at the commit. What an
entry reverses is asked for with it: that cannot go, for entries are never deleted.

The other end waits for that lock and then must see what was committed meanwhile. With a snapshot kept
for a whole transaction it would not, so there a change of an account's key is refused.
"""

import pgtrigger

# From so many rows on the statement is planned for its rows; a kept plan is one for few. They go by the
# account then: its pages come one after the other, where a join by hash looks for each row again.
SET = 1_000
HELD = """
    SELECT count(*) FROM (
        SELECT FROM {made} m JOIN accounts_account a ON a.id = m.account_id AND a.currency = m.currency
        FOR KEY SHARE OF a) held
"""
HELD_FEW = HELD.format(made="made").replace("SELECT count(*)", "SELECT count(*) INTO found", 1)
HELD_SET = HELD.format(made="(SELECT account_id, currency FROM made ORDER BY account_id)")

ENTRY_HAS_ACCOUNT = pgtrigger.Trigger(
    name="has_account",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),
    declare=[("number", "bigint"), ("reversing", "bigint"), ("found", "bigint")],
    func=f"""
        SELECT count(*), count(reverses_id) INTO number, reversing FROM made;
        IF number < {SET} THEN
            {HELD_FEW};
        ELSE
            EXECUTE $held${HELD_SET}$held$ INTO found;
        END IF;
        IF found <> number THEN
            RAISE EXCEPTION 'an entry names no account, or not in its currency'
                USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                      CONSTRAINT = 'entry_has_account';
        END IF;
        IF reversing > 0 AND EXISTS (SELECT FROM made m WHERE m.reverses_id IS NOT NULL AND NOT EXISTS (
                       SELECT FROM accounts_ledgerentry e
                       WHERE e.id = m.reverses_id AND e.account_id = m.account_id))
        THEN
            RAISE EXCEPTION 'a reversal names no entry of its account'
                USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                      CONSTRAINT = 'entry_reverses_own';
        END IF;
        RETURN NULL;
    """,
)
ACCOUNT_HAS_ENTRIES = pgtrigger.Trigger(
    name="keeps_entries",
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("id", "currency") | pgtrigger.Delete,
    timing=pgtrigger.Deferred,
    func="""
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'the key of an account is changed under READ COMMITTED only'
                USING ERRCODE = 'invalid_transaction_state';
        END IF;
        IF EXISTS (SELECT FROM accounts_ledgerentry e WHERE e.account_id = OLD.id)
           AND NOT EXISTS (SELECT FROM accounts_account a WHERE a.id = OLD.id AND a.currency = OLD.currency)
        THEN
            RAISE EXCEPTION 'an account with entries neither goes nor changes its currency'
                USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA,
                      CONSTRAINT = 'entry_has_account';
        END IF;
        RETURN NULL;
    """,
)
