"""The leaf helpers' only row."""

from django.db import models


class ThrottleHit(models.Model):
    """Something counted by `credits_portal.lib.throttle`; who did it is kept as a digest only."""

    limit = models.CharField(max_length=40)
    who = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["limit", "who", "at"], name="throttle_hit_lookup"),
            models.Index(fields=["at"], name="throttle_hit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.limit} {self.at}"
