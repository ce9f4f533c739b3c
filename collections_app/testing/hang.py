"""When a test gives up on what never comes. No measure of speed: a busy machine is no fault."""

HANG_SECONDS = 120
