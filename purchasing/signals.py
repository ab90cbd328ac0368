"""What higher apps hear of purchases, sent inside the transaction."""

from django.dispatch import Signal

# order, lot: the money is complete and the credits are granted; nobody has to listen.
order_paid = Signal()
