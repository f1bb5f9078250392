-- The sums of a tenant's month are read from the index alone: its rows lie scattered over the table.
set local lock_timeout = '5s';

drop index usage_events_buyer;
create index usage_events_buyer on usage_events (tenant_id, occurred_at)
  include (dataset_id, event_type, billable, quantity, amount_micros);
