"""Pages for what went wrong: each says what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _page(request: HttpRequest, status: int, title: str, text: str, icon: str) -> HttpResponse:
    context = {"title": title, "text": text, "icon_name": icon, "status": status}
    inside = getattr(request, "user", None) is not None and request.user.is_authenticated
    return render(request, "errors/page.html" if inside else "errors/outside.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request,
        400,
        _("This request was not understood"),
        _("The address or the form was damaged on the way. Go back, load the page again and repeat."),
        "help-circle",
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = str(exception) if exception.args else ""
    return _page(
        request,
        403,
        _("This is not for your role"),
        said or _("Your role may not do this. Ask a colleague who may, or your administrator."),
        "lock",
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("This form is too old"),
        _("You have signed in or out since it was opened. Go back, load the page again and repeat."),
        "refresh",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = str(exception.args[0]) if exception.args and isinstance(exception.args[0], str) else ""
    return _page(
        request,
        404,
        _("There is nothing here that you may see"),
        said or _("The address is wrong, or what it names belongs to another team. Search for it above."),
        "search",
    )


def failed(request: HttpRequest) -> HttpResponse:
    """Answers without a template's context: whatever failed may fail again there."""
    return render(None, "errors/500.html", {"title": _("Something went wrong")}, status=500)
