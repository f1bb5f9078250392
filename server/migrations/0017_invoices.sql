-- What a tenant owes for a month: invoices, credit notes against them, and which months are closed. An
-- invoice never changes but for its status; a correction is a credit note.
set local lock_timeout = '5s';

-- One row for each tenant and month that something was decided about. It is locked by whoever closes
-- the month or credits use of it, so that both know on which side of the closing they stand.
create table invoice_months (
  tenant_id text not null,
  period_start timestamptz not null,
  -- Null while the month runs.
  closed_at timestamptz,
  -- Null where there was nothing to pay.
  invoice_id text,
  primary key (tenant_id, period_start)
);

-- Months that are closed for every tenant.
create table closed_months (
  period_start timestamptz primary key,
  closed_at timestamptz not null
);

-- The last number of each year. Counted in the transaction of its invoice, so there are no gaps.
create table invoice_numbers (
  year integer primary key,
  last_number integer not null check (last_number > 0)
);

create table invoices (
  id text primary key,
  -- The order in which they were issued; may have gaps.
  serial bigint generated always as identity unique,
  number text not null unique,
  tenant_id text not null,
  -- As they were when it was issued.
  tenant_name text not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  status text not null check (status in ('open', 'paid', 'void')),
  total_micros bigint not null,
  currency text not null default 'USD',
  opened_at timestamptz not null,
  -- Null on a credit note.
  due_at timestamptz,
  paid_at timestamptz,
  payment_reference text,
  voided_at timestamptz,
  void_reason text,
  -- The charge key of the call that paid or voided it: the same call again finds its own work.
  settled_by text,
  -- On a credit note: what it credits, and the dispute that it follows from.
  credits_invoice_id text references invoices,
  credited_dispute_id text,
  check ((credits_invoice_id is null) = (total_micros > 0)),
  check ((credits_invoice_id is null) = (due_at is not null)),
  check ((credits_invoice_id is null) = (credited_dispute_id is null))
);
create unique index invoices_month on invoices (tenant_id, period_start)
  where credits_invoice_id is null;
create unique index invoices_credits on invoices (credits_invoice_id, credited_dispute_id)
  where credits_invoice_id is not null;
create index invoices_tenant on invoices (tenant_id, serial);

create table invoice_lines (
  id text primary key,
  -- Checked at the commit: lines are written first, and their sum is the total.
  invoice_id text not null references invoices deferrable initially deferred,
  tenant_id text not null,
  kind text not null check (kind in ('plan_fee', 'usage')),
  dataset_id text,
  dataset_name text,
  event_type text,
  quantity bigint not null check (quantity > 0),
  amount_micros bigint not null check (amount_micros <> 0),
  unique (invoice_id, kind, dataset_id, event_type),
  check ((kind = 'usage') = (dataset_id is not null and event_type is not null))
);

-- Use that was refunded before its month was closed. Credited right after the invoice.
create table pending_credits (
  tenant_id text not null,
  period_start timestamptz not null,
  dispute_id text not null,
  dataset_id text not null,
  dataset_name text not null,
  event_type text not null,
  quantity bigint not null check (quantity > 0),
  amount_micros bigint not null check (amount_micros > 0),
  primary key (tenant_id, period_start, dispute_id, dataset_id, event_type)
);
