"""The outbox and the gateways: two transactions a message, nothing sent twice."""
