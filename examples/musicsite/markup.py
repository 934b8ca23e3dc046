"""HTML that cannot forget to escape: whatever is put into a template is text, unless it is `Markup` already."""

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


def html(template: str, **values: object) -> Markup:
    """Fill a template, as `str.format` does."""
    return Markup(template.format(**{name: _safe(value) for name, value in values.items()}))


def together(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("\n".join(parts))


def _safe(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(escape(str(value)))
