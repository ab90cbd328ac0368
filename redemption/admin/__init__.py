"""The catalogue, its classes with their rosters, and registrations, in the admin."""

from .classes import TrainingAdmin, TrainingSessionAdmin
from .registrations import RedemptionAdmin

__all__ = ["RedemptionAdmin", "TrainingAdmin", "TrainingSessionAdmin"]
