"""Computed styles kept between documents: what an element looks like follows from what applies to it.

WeasyPrint computes every property of every element anew for each document, which was a seventh of
the time of a letter. Here a style is known by its parent and by the declarations that apply to it, and
its values are computed once in a process. The same bytes come out; a test compares them. No style
sheet of ours may measure by the page (vw, vh), as that does not follow from the declarations.
"""

from functools import cached_property, partial
from typing import Any

from weasyprint import Document
from weasyprint.css import AnonymousStyle, ComputedStyle, InitialStyle, StyleFor
from weasyprint.css.targets import TargetCollector
from weasyprint.images import get_image_from_uri
from weasyprint.layout import LayoutContext

MOST = 5_000  # styles; all our papers have a fifth of them, text cannot make more


class Known:
    """The values found so far of one style, and of the anonymous boxes within it."""

    def __init__(self, cascaded: dict) -> None:
        self.cascaded = cascaded  # held, so that what a key names by its place stays in its place
        self.specified: dict = {}
        self.values: dict = {}
        self.anonymous: Known | None = None

    def within(self) -> "Known":
        if self.anonymous is None:
            self.anonymous = Known({})
        return self.anonymous


_root = Known({})
_known: dict[tuple, Known] = {}


def _name(value: Any) -> Any:
    """The value where it can be compared, its place in memory where not."""
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


def _look_up(parent: Known, pseudo_type: str | None, cascaded: dict) -> Known:
    key = (
        parent,
        pseudo_type,
        tuple(
            (name, _name(value), origin, layer, tuple(specificity))
            for name, (value, (origin, layer, specificity)) in cascaded.items()
        ),
    )
    known = _known.get(key)
    if known is None:
        if len(_known) >= MOST:
            _known.clear()
        known = _known[key] = Known(cascaded)
    return known


class KeptAnonymous(AnonymousStyle):
    """The style of a box that no element made; it follows from its parent alone."""

    known: Known | None = None

    @classmethod
    def of(cls, parent: Any) -> "KeptAnonymous":
        style = cls(parent)
        if parent.known is not None:
            style.known = parent.known.within()
            style.update(style.known.values)
        return style

    @cached_property
    def anonymous_style(self) -> "KeptAnonymous":
        return KeptAnonymous.of(self)

    def __missing__(self, key: str) -> Any:
        value = super().__missing__(key)
        if self.known is not None:
            self.known.values[key] = value
        return value


class KeptStyle(ComputedStyle):
    """The style of an element. A copy is made to be changed, so it keeps nothing."""

    known: Known | None = None

    @classmethod
    def of(cls, parent: Any, cascaded: dict, pseudo_type: str | None, *rest: Any) -> "KeptStyle":
        style = cls(parent, cascaded, pseudo_type, *rest)
        above = _root if parent is None else parent.known
        style.known = _look_up(above, pseudo_type, cascaded)
        style.specified = style.known.specified
        style.update(style.known.values)
        return style

    @cached_property
    def anonymous_style(self) -> KeptAnonymous:
        return KeptAnonymous.of(self)

    def __missing__(self, key: str) -> Any:
        value = super().__missing__(key)
        if self.known is not None:
            self.known.values[key] = value
        return value


class KeptStyleFor(StyleFor):
    """Where a document asks for the style of an element."""

    def set_computed_styles(
        self, element, parent, root=None, pseudo_type=None, base_url=None, target_collector=None
    ) -> None:
        styles = self.get_computed_styles()
        if element == root and pseudo_type is None:
            parent_style, root_style = None, InitialStyle(self.font_config)
        else:
            parent_style, root_style = styles[parent, None], styles[root, None]
        style = styles[element, pseudo_type] = KeptStyle.of(
            parent_style,
            self.get_cascaded_styles().get((element, pseudo_type), {}),
            pseudo_type,
            root_style,
            base_url,
            self.font_config,
            self.initial_page_sizes,
        )
        if target_collector and style["anchor"]:
            target_collector.collect_anchor(style["anchor"])


class Paper(Document):
    """A document dressed by parsed style sheets only, those of elements first."""

    @classmethod
    def _build_layout_context(cls, html, font_config, counter_style, color_profiles, options):
        elements, *own = options["stylesheets"]
        sheets = [(elements, "user agent", None), *((sheet, "user", None) for sheet in own)]
        targets = TargetCollector()
        return LayoutContext(
            KeptStyleFor(html, sheets, False, font_config, targets),
            partial(get_image_from_uri, cache={}, url_fetcher=html.url_fetcher, options=options),
            font_config,
            counter_style,
            targets,
        )

    @classmethod
    def of(cls, html, *, font_config, counter_style, options) -> "Paper":
        return cls._render(html, font_config, counter_style, None, options)
