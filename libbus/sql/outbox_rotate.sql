select bus_outbox_rotate()
