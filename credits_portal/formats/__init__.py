"""How the administration writes dates: as the portal's own pages do, month spelt and zone named."""
