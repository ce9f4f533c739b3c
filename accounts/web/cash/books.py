"""Paper receipt books: given out, every leaf accounted for, taken back."""

from django import forms
from django.db.models import Count, Q
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.cashdesk.books import PaperSlip, ReceiptBook
from accounts.cashdesk.enums import RECEIPT_BOOK, BookStatus, SlipStatus
from accounts.cashdesk.filtersets import ReceiptBookFilterSet
from accounts.cashdesk.paper import account_for_slip, issue_book, take_back_book
from accounts.cashdesk.queries import use_of
from accounts.cashdesk.rules import ISSUE_BOOK, TAKE_CASH, VIEW_BOOK
from accounts.teams.choices import PersonField
from accounts.teams.queries import members_of, present_team_ids
from accounts.web.steps import steps_section
from collections_app.core import permissions
from collections_app.core.enums import Role
from collections_app.core.models import User
from collections_app.core.web.figures import day_text
from collections_app.core.web.parts import Action, Crumb, Fact, Figure, Section
from collections_app.core.web.tables import (
    DateColumn,
    LinkColumn,
    NumberColumn,
    StatusColumn,
    Table,
    TextColumn,
)
from collections_app.core.web.views import ActionPage, DetailPage, ListPage, VerbView


class ReceiptBookTable(Table):
    row_label = "prefix"

    book = LinkColumn(
        "accounts:receipt_book_detail",
        text=str,
        verbose_name=gettext_lazy("Book"),
        order_by=("prefix", "first_number"),
    )
    holder = TextColumn(accessor="holder.full_name", verbose_name=gettext_lazy("With"), width=156)
    issued_on = DateColumn(verbose_name=gettext_lazy("Given out"), order_by=("issued_on", "id"))
    used_leaves = NumberColumn(verbose_name=gettext_lazy("Used"), width=76)
    spoilt_leaves = NumberColumn(verbose_name=gettext_lazy("Spoilt"), width=76)
    missing_leaves = NumberColumn(verbose_name=gettext_lazy("Missing"), width=84)
    returned_on = DateColumn(verbose_name=gettext_lazy("Given back"), order_by=("returned_on",), width=92)
    status = StatusColumn(BookStatus, verbose_name=gettext_lazy("Status"), width=188, phone=True)

    class Meta:
        order_by = "-issued_on"

    @staticmethod
    def row_class(row) -> str:
        return "att" if row.missing_leaves else ""


def with_leaves(books):
    """Books with how many leaves are used, spoilt and missing."""
    return books.annotate(
        **{
            f"{word}_leaves": Count("slips", filter=Q(slips__status=status))
            for word, status in (
                ("used", SlipStatus.USED),
                ("spoilt", SlipStatus.VOID),
                ("missing", SlipStatus.MISSING),
            )
        }
    )


class ReceiptBookListPage(ListPage):
    permission = VIEW_BOOK
    title = gettext_lazy("Receipt books")
    lead = gettext_lazy("Printed books with numbers, who carries them, and what became of every leaf.")
    menu = "cash_desk"
    filterset_class = ReceiptBookFilterSet
    table_class = ReceiptBookTable
    list_name = "receipt_books"
    url_name = "accounts:receipt_book_list"
    count_label = ngettext_lazy("%(n)s book", "%(n)s books", "n")
    empty_text = gettext_lazy("No book was given out yet.")
    default_views = (
        (gettext_lazy("With collectors"), "status=issued"),
        (gettext_lazy("With missing leaves"), "missing=true"),
    )

    def get_crumbs(self):
        return [Crumb(_("Cash desk"), reverse("accounts:cash_desk"))]

    def get_queryset(self):
        return with_leaves(ReceiptBook.objects.visible_to(self.request.user)).select_related("holder")

    def get_head_actions(self):
        return [
            Action(
                _("Give out a book"),
                reverse("accounts:receipt_book_new"),
                icon="plus",
                primary=True,
                permission=ISSUE_BOOK,
            )
        ]


class ReceiptBookDetailPage(DetailPage):
    permission = VIEW_BOOK
    menu = "cash_desk"
    queryset = ReceiptBook.objects.select_related("holder", "issued_by")
    status_field = "status"
    list_url_name = "accounts:receipt_book_list"
    list_title = gettext_lazy("Receipt books")

    def get_title(self):
        return _("Book %(book)s") % {"book": self.object}

    def get_lead(self):
        return _("With %(holder)s since %(day)s") % {
            "holder": self.object.holder,
            "day": day_text(self.object.issued_on, self.today),
        }

    def get_head_actions(self):
        book = self.object
        if book.status != BookStatus.ISSUED:
            return []
        own = book.holder_id == self.request.user.pk
        return [
            Action(
                _("Spoilt or missing leaf"),
                reverse("accounts:receipt_book_leaf", args=[book.pk]),
                icon="alert-triangle",
                permission=TAKE_CASH if own else ISSUE_BOOK,
            ),
            Action(
                _("Take back"),
                reverse("accounts:receipt_book_return", args=[book.pk]),
                icon="arrow-back-up",
                post=True,
                permission=ISSUE_BOOK,
            ),
        ]

    def figures(self):
        use = self.use = use_of(self.object)
        return [
            Figure(_("Leaves"), str(self.object.size)),
            Figure(_("Used"), str(use.used)),
            Figure(_("Spoilt"), str(use.spoilt)),
            Figure(_("Missing"), str(use.missing)),
            Figure(_("Blank"), str(use.blank)),
        ]

    def sections(self):
        book = self.object
        slips = PaperSlip.objects.filter(book=book).select_related("receipt__debtor").order_by("number")
        facts = []
        for slip in slips:
            receipt = getattr(slip, "receipt", None)
            facts.append(
                Fact(
                    book.code_of(slip.number),
                    slip.get_status_display(),
                    url=reverse("accounts:cash_receipt_detail", args=[receipt.pk]) if receipt else "",
                    note=slip.reason,
                )
            )
        sections = []
        if self.use.gaps:
            sections.append(
                Section(
                    _("To be explained"),
                    facts=[
                        Fact(
                            _("Not entered, though later ones are"),
                            ", ".join(book.code_of(number) for number in self.use.gaps[:40]),
                        )
                    ],
                )
            )
        sections.append(Section(_("Leaves"), facts=facts or [Fact(_("Leaves"), _("all blank"))]))
        return [*sections, steps_section(RECEIPT_BOOK, book)]


class IssueBookForm(forms.Form):
    prefix = forms.CharField(label=gettext_lazy("Printed before the number"), max_length=10, required=False)
    holder = PersonField(label=gettext_lazy("Given to"), queryset=User.objects.none())
    first_number = forms.IntegerField(label=gettext_lazy("First number"), min_value=1)
    last_number = forms.IntegerField(label=gettext_lazy("Last number"), min_value=1)

    def __init__(self, *args, user, today, **kwargs):
        super().__init__(*args, **kwargs)
        takers = permissions.get(TAKE_CASH).roles
        if user.role == Role.MANAGER:
            people = User.objects.filter(is_active=True)
        else:
            people = members_of(present_team_ids(user), as_of=today)
        self.fields["holder"].queryset = people.filter(role__in=takers).order_by("full_name", "id")


class IssueBookPage(ActionPage):
    permission = ISSUE_BOOK
    title = gettext_lazy("Give out a book")
    menu = "cash_desk"
    form_class = IssueBookForm
    button = gettext_lazy("Give out book")
    two_columns = True

    def get_crumbs(self):
        return [Crumb(_("Receipt books"), reverse("accounts:receipt_book_list"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user, "today": self.today}

    def consequence(self):
        return _("From now on the collector answers for every leaf of it.")

    def perform(self, form):
        return issue_book(actor=self.request.user, as_of=self.today, **form.cleaned_data)

    def get_success_url(self, result):
        return reverse("accounts:receipt_book_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("Book %(book)s is given out.") % {"book": result}


class LeafForm(forms.Form):
    number = forms.IntegerField(label=gettext_lazy("Number"), min_value=1)
    status = forms.ChoiceField(
        label=gettext_lazy("It is"),
        choices=[(status.value, status.label) for status in (SlipStatus.VOID, SlipStatus.MISSING)],
    )
    reason = forms.CharField(label=gettext_lazy("What happened"), max_length=300)


class LeafPage(ActionPage):
    permission = VIEW_BOOK
    title = gettext_lazy("Spoilt or missing leaf")
    menu = "cash_desk"
    form_class = LeafForm
    button = gettext_lazy("Enter leaf")
    queryset = ReceiptBook.objects.select_related("holder")
    statuses = (BookStatus.ISSUED,)

    def get_object(self):
        book = super().get_object()
        own = book.holder_id == self.request.user.pk
        permissions.require(self.request.user, TAKE_CASH if own else ISSUE_BOOK)
        return book

    def get_crumbs(self):
        return [Crumb(str(self.object), reverse("accounts:receipt_book_detail", args=[self.object.pk]))]

    def consequence(self):
        return _("A missing leaf opens an irregularity for the supervisor. Keep a spoilt one in the book.")

    def perform(self, form):
        return account_for_slip(
            book=self.object, actor=self.request.user, as_of=self.today, **form.cleaned_data
        )

    def get_success_url(self, result):
        return reverse("accounts:receipt_book_detail", args=[self.object.pk])

    def get_success_message(self, result):
        return _("The leaf is entered.")


class ReturnBookView(VerbView):
    permission = ISSUE_BOOK
    queryset = ReceiptBook.objects.all()
    statuses = (BookStatus.ISSUED,)

    def perform(self, form):
        return take_back_book(book=self.object, actor=self.request.user, as_of=self.today)

    def get_success_url(self, result):
        return reverse("accounts:receipt_book_detail", args=[result.pk])

    def get_success_message(self, result):
        return _("The book is back and accounted for.")


urlpatterns = [
    path("receipt-books/", ReceiptBookListPage.as_view(), name="receipt_book_list"),
    path("receipt-books/new/", IssueBookPage.as_view(), name="receipt_book_new"),
    path("receipt-books/<int:pk>/", ReceiptBookDetailPage.as_view(), name="receipt_book_detail"),
    path("receipt-books/<int:pk>/leaf/", LeafPage.as_view(), name="receipt_book_leaf"),
    path("receipt-books/<int:pk>/return/", ReturnBookView.as_view(), name="receipt_book_return"),
]
