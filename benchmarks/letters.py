"""Letters drawn by one worker and by four: pages a second, CPU a page, and memory that stays flat.

Every letter has figures and a debtor of its own, in English and Arabic by turns. A page counts by the
worker's CPU time, which other work on the machine does not change; the wall clock stands beside it.
Beside it too: the same page drawn from finished HTML, and drawn with its style sheets and fonts parsed
each time.
"""

import itertools
import multiprocessing
import resource
import time
from dataclasses import replace

from benchmarks.runner import Measured
from benchmarks.timing import median_cpu_seconds
from campaigns.correspondence.letters import context
from campaigns.correspondence.placeholders import sample
from collections_app.core import pdf, pdf_engine

WORKERS, WARM, LETTERS = 4, 5, 60
PAGES_A_SECOND, PAGES_ON_FOUR = 12, 25
GROWTH_MB = 20
PARSED = (pdf_engine._stylesheet, pdf_engine._fonts, pdf_engine._fetcher)


def html(number: int) -> str:
    """A letter unlike any other, up to what is drawn."""
    language = ("en", "ar")[number % 2]
    figures = sample(language)
    lines = tuple(replace(line, number=f"{line.number}-{number}") for line in figures.lines)
    figures = replace(figures, debtor_name=f"Debtor {number}", lines=lines)
    said = context(
        figures, heading="Please pay", body="A reminder.", our_reference=f"L{number}", has_code=True
    )
    return pdf.html_of("pdf/letter.html", said | {"office": None}, language=language)


def draw(numbers: range) -> tuple[float, int]:
    """CPU seconds and pages of these letters, in the process that is asked."""
    for number in range(WARM):
        pdf.from_html(html(number))
    begun, pages = time.process_time(), 0
    for number in numbers:
        pages += pdf.page_count(pdf.from_html(html(number)))
    return time.process_time() - begun, pages


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def parsed_each_time(page: str) -> None:
    for kept in PARSED:
        kept.cache_clear()
    pdf.from_html(page)


def measure(*, accounts: int, seed: int) -> Measured:
    numbers = itertools.count(seed * 1_000_000)
    first = next(numbers)
    draw(range(first, first + 20))
    before = peak_mb()
    begun = time.perf_counter()
    cpu, pages = draw(range(first, first + LETTERS))
    seconds = time.perf_counter() - begun
    growth = peak_mb() - before
    page = html(first)
    long = pdf.page_count(pdf.from_html(page))
    bare = median_cpu_seconds(lambda: pdf.from_html(page), repeats=3) / long
    anew = median_cpu_seconds(lambda: parsed_each_time(page), repeats=3)
    spans = [range(first + place, first + place + LETTERS // 2) for place in range(WORKERS)]
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        begun = time.perf_counter()
        drawn = pool.map(draw, spans)
        clock_of_four = time.perf_counter() - begun
    on_four = sum(count / spent for spent, count in drawn)
    return Measured(
        seconds,
        bare * pages,
        figures={
            "pages_a_cpu_second": pages / cpu,
            "pages_a_cpu_second_on_four": on_four,
            "growth_mb": growth,
        },
        limits={"growth_mb": GROWTH_MB},
        at_least={
            "pages_a_cpu_second": PAGES_A_SECOND,
            "pages_a_cpu_second_on_four": PAGES_ON_FOUR,
        },
        detail={
            "cpu_ms_a_page": cpu * 1000 / pages,
            "cpu_ms_bare_page": bare * 1000,
            "ratio_to_bare": cpu / pages / bare,
            "cpu_ms_parsed_each_time": anew * 1000,
            "pages_a_second_on_the_clock": pages / seconds,
            "pages_a_second_on_four_on_the_clock": (sum(count for _spent, count in drawn) + WORKERS * WARM)
            / clock_of_four,
        },
    )
