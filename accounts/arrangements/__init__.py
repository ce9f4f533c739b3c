"""What a debtor and the office agree on: payment promises and payment plans, judged by rule from the
money that came.

A promise is one amount by one day, a payment plan a schedule of instalments. Doors:
`services.take_promise`, `cancel_promise`, `review_promises`; `services.propose_plan`, `accept_plan`,
`cancel_plan`, `review_plans`. Pure: `judging` (promises), `schedule` and `plan_judging` (plans).
"""
