"""What the reports refuse."""

from django.utils.translation import gettext_lazy as _


class ReportsError(Exception):
    """A refusal with words for the person who asked."""

    message = _("This cannot be done.")
    code = "reports"

    def __str__(self) -> str:
        return str(self.message)


class TooManyExports(ReportsError):
    """The person waits for several files already."""

    message = _("Wait until one of the files that you have asked for is ready.")
    code = "too_many_exports"


class ExportTaken(ReportsError):
    """Another worker makes the file, or it is made."""

    code = "export_taken"
