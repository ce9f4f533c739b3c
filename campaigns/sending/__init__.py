"""The outbox and the gateways: two transactions a message, nothing sent twice.

`services.queue_messages` fills the outbox, `services.send_chunk` takes the next due ones through claim,
judgement, gateway and booking, `printing` does the same for letters as one batch. Stands on
correspondence; treatment and campaigns queue into it. What is asked, and whom a message spares,
is judged anew right before it leaves (`queries.Books`).
"""
