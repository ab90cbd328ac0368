"""The training catalogue, and the registrations that credits pay."""

from .catalogue import Training, TrainingSession
from .registrations import Redemption, Registration
from .reminders import LotReminder

__all__ = ["LotReminder", "Redemption", "Registration", "Training", "TrainingSession"]
