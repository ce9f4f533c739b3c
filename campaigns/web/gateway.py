"""Where gateways report and mail systems hand over e-mail: signed calls of a machine, nobody signs in."""

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from campaigns.sending import incoming, receipts
from campaigns.sending.rules import SignatureWrong
from collections_app.core import clock
from collections_app.core.web.pages import PUBLIC
from collections_app.core.web.views import PageView


@method_decorator(csrf_exempt, name="dispatch")
class GatewayView(PageView):
    """Takes receipts and inbound texts; the signature stands in for a session and a form token."""

    permission = PUBLIC
    http_method_names = ["post", "options"]

    def post(self, request, *args, **kwargs) -> HttpResponse:
        now = clock.now()
        try:
            event = receipts.parse(request.body, request.headers, now=now)
        except SignatureWrong as refusal:
            return JsonResponse({"error": refusal.message}, status=403)
        return JsonResponse({"done": receipts.take_event(event=event, now=now)})


class MailView(GatewayView):
    """Takes one e-mail as it is (`message/rfc822`) from a mail system: a bounce or a reply."""

    def post(self, request, *args, **kwargs) -> HttpResponse:
        now = clock.now()
        try:
            content = receipts.parse_mail(request.body, request.headers, now=now)
        except SignatureWrong as refusal:
            return JsonResponse({"error": refusal.message}, status=403)
        return JsonResponse({"done": incoming.take_mail(content=content, now=now)})


urlpatterns = [
    path("gateways/sms/", GatewayView.as_view(), name="sms_gateway"),
    path("gateways/mail/", MailView.as_view(), name="mail_gateway"),
]
