"""Runners that the real workers of a test load."""

import threading

from collections_app.core.jobs import JobRunner


class HoldOnce(JobRunner):
    """Holds still in its first attempt, so that the test can kill its worker, and ends in the next."""

    name = "trial.hold_once"
    title = "Hold once"

    def run(self, job, progress):
        if job.attempts == 1:
            progress.advance(0, "holding")
            threading.Event().wait(60)
        return {"attempt": job.attempts}
