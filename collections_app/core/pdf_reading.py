"""Finished HTML read into elements: by libxml2, which takes a twentieth of the time of a reader in Python.

What our templates make is plain and closed where it must be, so both read the same; a test compares
them. Drawings within the HTML are left to the reader in Python, as only that keeps their names' case.
"""

from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import cssselect2
import tinyhtml5
from lxml import etree
from weasyprint import HTML
from weasyprint.urls import URLFetcher

ROWS_STAND_IN = {"tbody", "thead", "tfoot"}


class _Elements:
    """Builds elements; rows that stand in a table itself get the body that HTML gives them."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._open: list[str] = []

    def start(self, tag: str, attributes: Any) -> None:
        if tag == "tr" and self._open[-1] == "table":
            self._start("tbody", {})
        elif tag in ROWS_STAND_IN and self._open[-1] == "tbody":
            self._end()
        self._start(tag, dict(attributes))

    def end(self, tag: str) -> None:
        if tag == "table" and self._open[-1] == "tbody":
            self._end()
        self._end()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open.append(tag)
        self._builder.start(tag, attributes)

    def _end(self) -> None:
        self._builder.end(self._open.pop())

    def data(self, text: str) -> None:
        self._builder.data(text)

    def comment(self, text: str) -> None:
        """Comments are for who reads the template."""

    def close(self) -> Element:
        return self._builder.close()


def elements_of(html: str) -> Element:
    """The root element of a paper's HTML, its line ends as HTML counts them."""
    if "<svg" in html:
        drawn: Element = tinyhtml5.parse(html, namespace_html_elements=False)
        return drawn
    parser = etree.HTMLParser(target=_Elements(), encoding="utf-8", huge_tree=True)
    text = html.replace("\r\n", "\n").replace("\r", "\n")
    read: Element = etree.fromstring(text.encode(), parser)
    return read


class ReadHTML(HTML):
    """What WeasyPrint draws, from elements that are already there."""

    def __init__(self, html: str, *, base_url: str, url_fetcher: URLFetcher) -> None:
        self.base_url = base_url
        self.url_fetcher = url_fetcher
        self.media_type = "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(
            elements_of(html), content_language=None
        )
        self.etree_element = self.wrapper_element.etree_element
