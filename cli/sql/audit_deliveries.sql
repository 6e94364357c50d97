select account_id, event_id, channel from delivery
