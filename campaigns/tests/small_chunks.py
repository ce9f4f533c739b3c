"""Included by a worker of a test: ten debtors a transaction, so that a small book has several."""

from campaigns.treatment import services

services.CHUNK = 10
