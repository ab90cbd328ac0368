"""Wake-ups of the redemption app: safe to repeat and to miss."""

from celery import shared_task

from accounts.models import CreditAccount
from credits_portal.lib import clock, rounds
from redemption import services
from redemption.exceptions import RedemptionError
from redemption.models import Registration


@shared_task(name="redemption.remind_participants", ignore_result=True)
def remind_participants() -> None:
    """Remind of classes and of finish-by dates."""
    services.remind_of_classes()
    services.remind_of_courses()


@shared_task(name="redemption.end_courses", ignore_result=True)
def end_courses() -> None:
    """End access to the on-demand trainings whose finish-by date is over."""
    over = Registration.objects.filter(
        status=Registration.Status.REGISTERED, finish_by__lt=clock.today()
    )
    rounds.each(
        over.order_by("pk"), lambda place: services.end_access(place=place), moot=RedemptionError
    )


@shared_task(name="redemption.remind_of_lots", ignore_result=True)
def remind_of_lots() -> None:
    """Send the expiry reminders of the day, an account at a time."""
    ids = services.accounts_with_lots_to_remind()
    accounts = CreditAccount.objects.filter(pk__in=ids).order_by("pk")
    rounds.each(accounts, lambda account: services.remind_of_lots(account=account))
