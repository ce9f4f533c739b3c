"""A private PostgreSQL and Redis for an office that has neither: one data folder, no address.

Doors: `places.Places` says where everything stands (settings read the socket paths from it and
start nothing), `clients.hold()` finds the servers that run or starts them for as long as this
process lives, `supervisor` runs the whole product. `DATABASE_URL` and `REDIS_URL` replace all of it.
"""
