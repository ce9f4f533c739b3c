"""Why not? One answer for every overdue account: contacted today, on a list, or what stops it first.

The answer is worked out from the facts of the moment, never typed. `queries.answers_now` asks it of
a set of accounts; `services.work_out_answers` keeps it for the whole book, so that the office sees
the reasons side by side, each overdue account once. Floor: above the worklists, below the web.
"""
