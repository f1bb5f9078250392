-- Generated from server/migrations by `npm run generate`; do not edit. The schema as it stands
-- after all migrations.

create table access_requests (
  id text not null,
  dataset_id text not null,
  dataset_name text not null,
  tenant_id text not null,
  owner_tenant_id text not null,
  purpose text not null,
  message text,
  status text not null,
  reason text,
  lapses_at timestamp with time zone not null,
  grant_id text,
  grant_expires_at timestamp with time zone,
  created_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  constraint access_requests_pkey PRIMARY KEY (id),
  constraint access_requests_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES dataset_policies(dataset_id),
  constraint access_requests_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
  constraint access_requests_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'expired'::text, 'withdrawn'::text])))
);
CREATE INDEX access_requests_buyer ON access_requests USING btree (tenant_id, id);
CREATE UNIQUE INDEX access_requests_one_pending ON access_requests USING btree (dataset_id, tenant_id) WHERE (status = 'pending'::text);
CREATE INDEX access_requests_owner ON access_requests USING btree (owner_tenant_id, id);
CREATE INDEX access_requests_pending ON access_requests USING btree (lapses_at) WHERE (status = 'pending'::text);

create table access_tokens (
  token_hash bytea not null,
  tenant_id text not null,
  api_key_id text not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint access_tokens_pkey PRIMARY KEY (token_hash),
  constraint access_tokens_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_keys(id),
  constraint access_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE INDEX access_tokens_end ON access_tokens USING btree (expires_at);

create table api_keys (
  id text not null,
  tenant_id text not null,
  name text not null,
  prefix text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  dataset_ids text[],
  resource_id text,
  budget_micros bigint,
  created_by text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_prefix_key UNIQUE (prefix),
  constraint api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  constraint api_keys_budget_micros_check CHECK ((budget_micros >= 0))
);
CREATE INDEX api_keys_tenant ON api_keys USING btree (tenant_id, id);

create table audit_chains (
  tenant_id text not null,
  sequence bigint not null,
  hash text not null,
  constraint audit_chains_pkey PRIMARY KEY (tenant_id)
);

create table audit_events (
  id text not null,
  tenant_id text not null,
  actor_id text not null,
  actor_type text not null,
  action text not null,
  target_id text,
  request_id text,
  changes jsonb not null,
  occurred_at timestamp with time zone not null,
  sequence bigint,
  previous_hash text,
  hash text,
  constraint audit_events_pkey PRIMARY KEY (id),
  constraint audit_events_tenant_id_sequence_key UNIQUE (tenant_id, sequence)
);
CREATE INDEX audit_events_target ON audit_events USING btree (tenant_id, target_id, id);
CREATE INDEX audit_events_tenant ON audit_events USING btree (tenant_id, id);
CREATE INDEX audit_events_unsealed ON audit_events USING btree (tenant_id, id) WHERE (sequence IS NULL);

create table blobs (
  sha256 text not null,
  blob_key text not null,
  size_bytes bigint not null,
  created_at timestamp with time zone not null,
  constraint blobs_pkey PRIMARY KEY (sha256),
  constraint blobs_blob_key_key UNIQUE (blob_key)
);

create table book_checks (
  serial bigint not null generated always as identity,
  checked_at timestamp with time zone not null,
  findings jsonb not null,
  asked_by text,
  constraint book_checks_pkey PRIMARY KEY (serial),
  constraint book_checks_asked_by_key UNIQUE (asked_by)
);

create table budget_limits (
  tenant_id text not null,
  scope text not null,
  owner_id text not null,
  limit_micros bigint not null,
  constraint budget_limits_pkey PRIMARY KEY (tenant_id, scope, owner_id),
  constraint budget_limits_limit_micros_check CHECK ((limit_micros >= 0)),
  constraint budget_limits_scope_check CHECK ((scope = ANY (ARRAY['tenant'::text, 'resource'::text])))
);

create table budgets (
  id text not null,
  tenant_id text not null,
  scope text not null,
  owner_id text not null,
  period_start timestamp with time zone not null,
  limit_micros bigint,
  spent_micros bigint not null default 0,
  notified_percent integer not null default 0,
  closed_at timestamp with time zone,
  constraint budgets_pkey PRIMARY KEY (id),
  constraint budgets_tenant_id_scope_owner_id_period_start_key UNIQUE (tenant_id, scope, owner_id, period_start),
  constraint budgets_limit_micros_check CHECK ((limit_micros >= 0)),
  constraint budgets_scope_check CHECK ((scope = ANY (ARRAY['tenant'::text, 'key'::text, 'resource'::text]))),
  constraint budgets_spent_micros_check CHECK ((spent_micros >= 0))
);

create table charges (
  id text not null,
  tenant_id text not null,
  charge_key text not null,
  amount_micros bigint not null,
  currency text not null default 'USD'::text,
  charged_at timestamp with time zone not null,
  constraint charges_pkey PRIMARY KEY (id),
  constraint charges_charge_key_key UNIQUE (charge_key),
  constraint charges_amount_micros_check CHECK ((amount_micros >= 0))
);

create table chunks (
  chunk_no bigint not null generated always as identity,
  object_id text not null,
  object_no integer not null,
  dataset_id text not null,
  dataset_no integer not null,
  tenant_id text not null,
  ord integer not null,
  language text not null,
  title text not null,
  text text not null,
  locator jsonb not null,
  passage_sha256 text not null,
  modality text not null,
  mime text not null,
  keywords jsonb not null,
  object_created_at timestamp with time zone not null,
  state text not null default 'current'::text,
  constraint chunks_pkey PRIMARY KEY (chunk_no),
  constraint chunks_state_check CHECK ((state = ANY (ARRAY['next'::text, 'current'::text, 'former'::text])))
);
CREATE INDEX chunks_object ON chunks USING btree (object_id, ord);
CREATE UNIQUE INDEX chunks_place ON chunks USING btree (object_id, state, ord) WHERE (state <> 'former'::text);

create table citations (
  id text not null,
  tenant_id text not null,
  retrieval_event_id text not null,
  dataset_id text not null,
  verified boolean,
  spans jsonb not null,
  amount_micros bigint not null,
  cited_at timestamp with time zone not null,
  constraint citations_pkey PRIMARY KEY (id),
  constraint citations_retrieval_event_id_key UNIQUE (retrieval_event_id),
  constraint citations_retrieval_event_id_fkey FOREIGN KEY (retrieval_event_id) REFERENCES retrieval_events(id),
  constraint citations_amount_micros_check CHECK ((amount_micros >= 0))
);
CREATE INDEX citations_tenant ON citations USING btree (tenant_id, id);

create table closed_months (
  period_start timestamp with time zone not null,
  closed_at timestamp with time zone not null,
  constraint closed_months_pkey PRIMARY KEY (period_start)
);

create table closed_use_months (
  period_start timestamp with time zone not null,
  constraint closed_use_months_pkey PRIMARY KEY (period_start)
);

create table contested_events (
  usage_event_id text not null,
  dispute_id text not null,
  provider_tenant_id text not null,
  tenant_id text not null,
  period_start timestamp with time zone not null,
  amount_micros bigint not null,
  platform_micros bigint not null,
  state text not null default 'open'::text,
  constraint contested_events_pkey PRIMARY KEY (usage_event_id),
  constraint contested_events_amount_micros_check CHECK ((amount_micros > 0)),
  constraint contested_events_check CHECK (((platform_micros >= 0) AND (platform_micros <= amount_micros))),
  constraint contested_events_state_check CHECK ((state = ANY (ARRAY['open'::text, 'refunded'::text, 'rejected'::text])))
);
CREATE INDEX contested_events_dispute ON contested_events USING btree (dispute_id);
CREATE INDEX contested_events_month ON contested_events USING btree (provider_tenant_id, period_start);

create table dataset_policies (
  dataset_id text not null,
  dataset_no integer not null generated always as identity,
  tenant_id text not null,
  visibility text not null,
  access_policy text not null,
  open_for_use boolean not null default false,
  discoverable boolean not null default true,
  owner_suspended boolean not null default false,
  constraint dataset_policies_pkey PRIMARY KEY (dataset_id),
  constraint dataset_policies_dataset_no_key UNIQUE (dataset_no),
  constraint dataset_policies_access_policy_check CHECK ((access_policy = ANY (ARRAY['automatic'::text, 'approval'::text]))),
  constraint dataset_policies_visibility_check CHECK ((visibility = ANY (ARRAY['private'::text, 'listed'::text, 'restricted'::text])))
);
CREATE INDEX dataset_policies_listed ON dataset_policies USING btree (dataset_id) WHERE ((visibility = 'listed'::text) AND open_for_use);
CREATE INDEX dataset_policies_tenant ON dataset_policies USING btree (tenant_id);

create table datasets (
  id text not null,
  tenant_id text not null,
  name text not null,
  description text,
  status text not null,
  source_modality text not null,
  monetization_mode text not null,
  pricing_model text not null,
  unit_prices jsonb,
  half_life_days integer,
  language text,
  embedding_model text,
  license_terms text,
  allowed_uses text[] not null default '{}'::text[],
  max_quote_chars integer,
  tags text[] not null default '{}'::text[],
  curated boolean not null default false,
  object_count integer not null default 0,
  active_object_count integer not null default 0,
  pending_review_count integer not null default 0,
  chunk_count integer not null default 0,
  storage_bytes bigint not null default 0,
  freshest_object_at timestamp with time zone,
  removal_job_id text,
  removed_at timestamp with time zone,
  removal_finished_at timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint datasets_pkey PRIMARY KEY (id),
  constraint datasets_active_object_count_check CHECK ((active_object_count >= 0)),
  constraint datasets_check CHECK (((unit_prices IS NULL) OR (pricing_model = 'fixed'::text))),
  constraint datasets_check1 CHECK (((half_life_days IS NULL) OR (pricing_model = 'time_decay'::text))),
  constraint datasets_check2 CHECK (((removed_at IS NULL) = (status <> ALL (ARRAY['pending_deletion'::text, 'deleted'::text])))),
  constraint datasets_chunk_count_check CHECK ((chunk_count >= 0)),
  constraint datasets_half_life_days_check CHECK (((half_life_days >= 1) AND (half_life_days <= 3650))),
  constraint datasets_object_count_check CHECK ((object_count >= 0)),
  constraint datasets_pending_review_count_check CHECK ((pending_review_count >= 0)),
  constraint datasets_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'ingesting'::text, 'active'::text, 'paused'::text, 'suspended'::text, 'pending_deletion'::text, 'deleted'::text]))),
  constraint datasets_storage_bytes_check CHECK ((storage_bytes >= 0))
);
CREATE INDEX datasets_removed ON datasets USING btree (removal_finished_at) WHERE (status = 'pending_deletion'::text);
CREATE INDEX datasets_tenant ON datasets USING btree (tenant_id, id);

create table dead_blobs (
  blob_key text not null,
  died_at timestamp with time zone not null,
  constraint dead_blobs_pkey PRIMARY KEY (blob_key)
);

create table dispute_events (
  dispute_id text not null,
  tenant_id text not null,
  usage_event_id text not null,
  place integer not null,
  constraint dispute_events_pkey PRIMARY KEY (dispute_id, place),
  constraint dispute_events_usage_event_id_key UNIQUE (usage_event_id),
  constraint dispute_events_dispute_id_fkey FOREIGN KEY (dispute_id) REFERENCES disputes(id)
);

create table disputes (
  id text not null,
  serial bigint not null generated always as identity,
  tenant_id text not null,
  status text not null default 'open'::text,
  reason text not null,
  amount_micros bigint not null,
  currency text not null default 'USD'::text,
  opened_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  resolution_note text,
  resolved_by text,
  constraint disputes_pkey PRIMARY KEY (id),
  constraint disputes_serial_key UNIQUE (serial),
  constraint disputes_amount_micros_check CHECK ((amount_micros > 0)),
  constraint disputes_check CHECK (((status = 'open'::text) = (resolved_at IS NULL))),
  constraint disputes_check1 CHECK (((status = 'open'::text) = (resolution_note IS NULL))),
  constraint disputes_status_check CHECK ((status = ANY (ARRAY['open'::text, 'refunded'::text, 'rejected'::text])))
);
CREATE INDEX disputes_tenant ON disputes USING btree (tenant_id, serial);

create table downloads (
  id text not null,
  tenant_id text not null,
  object_id text not null,
  charge_key text not null,
  usage_event_id text not null,
  amount_micros bigint not null,
  downloaded_at timestamp with time zone not null,
  constraint downloads_pkey PRIMARY KEY (id),
  constraint downloads_charge_key_key UNIQUE (charge_key),
  constraint downloads_object_id_fkey FOREIGN KEY (object_id) REFERENCES objects(id),
  constraint downloads_amount_micros_check CHECK ((amount_micros >= 0))
);
CREATE INDEX downloads_recent ON downloads USING btree (tenant_id, object_id, downloaded_at);

create table extracted_pages (
  object_id text not null,
  tenant_id text not null,
  ord integer not null,
  number integer not null,
  kind text not null,
  text text not null,
  path jsonb not null,
  columns jsonb not null,
  boxes jsonb not null,
  constraint extracted_pages_pkey PRIMARY KEY (object_id, ord),
  constraint extracted_pages_kind_check CHECK ((kind = ANY (ARRAY['page'::text, 'section'::text, 'box'::text, 'record'::text])))
);

create table feeder_lease (
  id boolean not null default true,
  holder text not null,
  held_until timestamp with time zone not null,
  constraint feeder_lease_pkey PRIMARY KEY (id),
  constraint feeder_lease_id_check CHECK (id)
);

create table grants (
  id text not null,
  dataset_id text not null,
  tenant_id text not null,
  owner_tenant_id text not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  closed_at timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint grants_pkey PRIMARY KEY (id),
  constraint grants_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES dataset_policies(dataset_id),
  constraint grants_check CHECK (((revoked_at IS NULL) OR (closed_at IS NOT NULL)))
);
CREATE INDEX grants_dataset ON grants USING btree (dataset_id, id);
CREATE UNIQUE INDEX grants_one_open ON grants USING btree (dataset_id, tenant_id) WHERE (closed_at IS NULL);
CREATE INDEX grants_tenant ON grants USING btree (tenant_id, dataset_id);

create table idempotency_records (
  id text not null,
  caller text not null,
  operation text not null,
  key_hash bytea not null,
  body_hash bytea not null,
  status integer,
  answer bytea,
  leased_until timestamp with time zone not null,
  created_at timestamp with time zone not null,
  constraint idempotency_records_pkey PRIMARY KEY (id),
  constraint idempotency_records_caller_operation_key_hash_key UNIQUE (caller, operation, key_hash)
);
CREATE INDEX idempotency_records_age ON idempotency_records USING btree (created_at);

create table ingest_runs (
  object_id text not null,
  tenant_id text not null,
  stage text not null,
  attempts integer not null default 0,
  holder text,
  leased_until timestamp with time zone,
  content_type text,
  title text,
  language text,
  page_count integer,
  constraint ingest_runs_pkey PRIMARY KEY (object_id),
  constraint ingest_runs_stage_check CHECK ((stage = ANY (ARRAY['extract'::text, 'chunk'::text, 'index'::text])))
);

create table inspections (
  object_id text not null,
  tenant_id text not null,
  risk text not null,
  findings jsonb not null,
  preview_text text not null,
  preview_pages jsonb not null,
  is_cleared boolean not null default false,
  inspected_at timestamp with time zone not null,
  sample text,
  constraint inspections_pkey PRIMARY KEY (object_id),
  constraint inspections_risk_check CHECK ((risk = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text]))),
  constraint inspections_sample_check CHECK ((sample = ANY (ARRAY['waiting'::text, 'confirmed'::text, 'rejected'::text])))
);
CREATE INDEX inspections_sample ON inspections USING btree (object_id) WHERE (sample = 'waiting'::text);

create table invitations (
  id text not null,
  tenant_id text not null,
  email text not null,
  email_key text not null,
  roles text[] not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  accepted_key text,
  constraint invitations_pkey PRIMARY KEY (id),
  constraint invitations_token_hash_key UNIQUE (token_hash),
  constraint invitations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id)
);
CREATE INDEX invitations_end ON invitations USING btree (expires_at);
CREATE UNIQUE INDEX invitations_open ON invitations USING btree (tenant_id, email_key) WHERE (accepted_key IS NULL);
CREATE INDEX invitations_tenant ON invitations USING btree (tenant_id, id);

create table invoice_lines (
  id text not null,
  invoice_id text not null,
  tenant_id text not null,
  kind text not null,
  dataset_id text,
  dataset_name text,
  event_type text,
  quantity bigint not null,
  amount_micros bigint not null,
  constraint invoice_lines_pkey PRIMARY KEY (id),
  constraint invoice_lines_invoice_id_kind_dataset_id_event_type_key UNIQUE (invoice_id, kind, dataset_id, event_type),
  constraint invoice_lines_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id) DEFERRABLE INITIALLY DEFERRED,
  constraint invoice_lines_amount_micros_check CHECK ((amount_micros <> 0)),
  constraint invoice_lines_check CHECK (((kind = 'usage'::text) = ((dataset_id IS NOT NULL) AND (event_type IS NOT NULL)))),
  constraint invoice_lines_kind_check CHECK ((kind = ANY (ARRAY['plan_fee'::text, 'usage'::text]))),
  constraint invoice_lines_quantity_check CHECK ((quantity > 0))
);

create table invoice_months (
  tenant_id text not null,
  period_start timestamp with time zone not null,
  closed_at timestamp with time zone,
  invoice_id text,
  constraint invoice_months_pkey PRIMARY KEY (tenant_id, period_start)
);

create table invoice_numbers (
  year integer not null,
  last_number integer not null,
  constraint invoice_numbers_pkey PRIMARY KEY (year),
  constraint invoice_numbers_last_number_check CHECK ((last_number > 0))
);

create table invoices (
  id text not null,
  serial bigint not null generated always as identity,
  number text not null,
  tenant_id text not null,
  tenant_name text not null,
  period_start timestamp with time zone not null,
  period_end timestamp with time zone not null,
  status text not null,
  total_micros bigint not null,
  currency text not null default 'USD'::text,
  opened_at timestamp with time zone not null,
  due_at timestamp with time zone,
  paid_at timestamp with time zone,
  payment_reference text,
  voided_at timestamp with time zone,
  void_reason text,
  settled_by text,
  credits_invoice_id text,
  credited_dispute_id text,
  constraint invoices_pkey PRIMARY KEY (id),
  constraint invoices_number_key UNIQUE (number),
  constraint invoices_serial_key UNIQUE (serial),
  constraint invoices_credits_invoice_id_fkey FOREIGN KEY (credits_invoice_id) REFERENCES invoices(id),
  constraint invoices_check CHECK (((credits_invoice_id IS NULL) = (total_micros > 0))),
  constraint invoices_check1 CHECK (((credits_invoice_id IS NULL) = (due_at IS NOT NULL))),
  constraint invoices_check2 CHECK (((credits_invoice_id IS NULL) = (credited_dispute_id IS NULL))),
  constraint invoices_status_check CHECK ((status = ANY (ARRAY['open'::text, 'paid'::text, 'void'::text])))
);
CREATE UNIQUE INDEX invoices_credits ON invoices USING btree (credits_invoice_id, credited_dispute_id) WHERE (credits_invoice_id IS NOT NULL);
CREATE UNIQUE INDEX invoices_month ON invoices USING btree (tenant_id, period_start) WHERE (credits_invoice_id IS NULL);
CREATE INDEX invoices_tenant ON invoices USING btree (tenant_id, serial);

create table jobs (
  id text not null,
  tenant_id text not null,
  kind text not null,
  scope text not null,
  status text not null,
  result jsonb,
  error jsonb,
  created_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  constraint jobs_pkey PRIMARY KEY (id),
  constraint jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text])))
);
CREATE INDEX jobs_tenant ON jobs USING btree (tenant_id, id);

create table ledger_accounts (
  id text not null,
  purpose text not null,
  tenant_id text,
  currency text not null default 'USD'::text,
  balance_micros bigint not null default 0,
  constraint ledger_accounts_pkey PRIMARY KEY (id),
  constraint ledger_accounts_purpose_check CHECK ((purpose = ANY (ARRAY['receivable'::text, 'payable'::text, 'held'::text, 'revenue'::text, 'cash'::text, 'refunds'::text])))
);

create table ledger_transfers (
  id text not null,
  debit_account_id text not null,
  credit_account_id text not null,
  amount_micros bigint not null,
  currency text not null default 'USD'::text,
  reason text not null,
  posted_at timestamp with time zone not null,
  constraint ledger_transfers_pkey PRIMARY KEY (id),
  constraint ledger_transfers_credit_account_id_fkey FOREIGN KEY (credit_account_id) REFERENCES ledger_accounts(id) DEFERRABLE INITIALLY DEFERRED,
  constraint ledger_transfers_debit_account_id_fkey FOREIGN KEY (debit_account_id) REFERENCES ledger_accounts(id) DEFERRABLE INITIALLY DEFERRED,
  constraint ledger_transfers_amount_micros_check CHECK ((amount_micros > 0)),
  constraint ledger_transfers_check CHECK ((debit_account_id <> credit_account_id))
);
CREATE INDEX ledger_transfers_credit ON ledger_transfers USING btree (credit_account_id, posted_at);
CREATE INDEX ledger_transfers_debit ON ledger_transfers USING btree (debit_account_id, posted_at);
CREATE INDEX ledger_transfers_posted ON ledger_transfers USING btree (posted_at, id);

create table login_failures (
  id bigint not null generated always as identity,
  origin_hash bytea not null,
  failed_at timestamp with time zone not null,
  constraint login_failures_pkey PRIMARY KEY (id)
);
CREATE INDEX login_failures_origin ON login_failures USING btree (origin_hash, failed_at);

create table memberships (
  id text not null,
  tenant_id text not null,
  user_id text not null,
  roles text[] not null,
  created_at timestamp with time zone not null,
  constraint memberships_pkey PRIMARY KEY (id),
  constraint memberships_user_id_key UNIQUE (user_id),
  constraint memberships_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  constraint memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX memberships_tenant ON memberships USING btree (tenant_id);

create table objects (
  id text not null,
  object_no integer not null generated always as identity,
  upload_id text not null,
  dataset_id text not null,
  tenant_id text not null,
  filename text not null,
  content_type text not null,
  size_bytes bigint not null,
  expected_sha256 text,
  sha256 text,
  blob_sha256 text,
  upload_expires_at timestamp with time zone not null,
  upload_state text not null,
  review_state text,
  review_expires_at timestamp with time zone,
  review_reason text,
  approved_automatically boolean not null default false,
  index_state text not null default 'none'::text,
  failure jsonb,
  stage_changed_at timestamp with time zone not null,
  metadata jsonb not null default '{}'::jsonb,
  title text,
  language text,
  page_count integer,
  duration_seconds double precision,
  chunk_count integer not null default 0,
  ingest_job_id text,
  removal_job_id text,
  removed_at timestamp with time zone,
  purged_at timestamp with time zone,
  created_at timestamp with time zone not null,
  uploaded_at timestamp with time zone,
  decided_at timestamp with time zone,
  indexed_at timestamp with time zone,
  external_id text,
  external_data jsonb not null default '{}'::jsonb,
  given_title text,
  created_by text not null default 'unknown'::text,
  updated_at timestamp with time zone not null default now(),
  updated_by text not null default 'unknown'::text,
  constraint objects_pkey PRIMARY KEY (id),
  constraint objects_object_no_key UNIQUE (object_no),
  constraint objects_upload_id_key UNIQUE (upload_id),
  constraint objects_blob_sha256_fkey FOREIGN KEY (blob_sha256) REFERENCES blobs(sha256),
  constraint objects_check CHECK (((upload_state = 'pending'::text) OR (sha256 IS NOT NULL))),
  constraint objects_check1 CHECK (((upload_state = 'pending'::text) OR ((blob_sha256 IS NULL) = (purged_at IS NOT NULL)))),
  constraint objects_index_state_check CHECK ((index_state = ANY (ARRAY['none'::text, 'queued'::text, 'extracting'::text, 'embedding'::text, 'indexed'::text, 'failed'::text]))),
  constraint objects_review_state_check CHECK ((review_state = ANY (ARRAY['staged'::text, 'under_review'::text, 'approved'::text, 'rejected'::text, 'expired'::text]))),
  constraint objects_size_bytes_check CHECK ((size_bytes > 0)),
  constraint objects_upload_state_check CHECK ((upload_state = ANY (ARRAY['pending'::text, 'uploaded'::text])))
);
CREATE INDEX objects_blob ON objects USING btree (blob_sha256);
CREATE INDEX objects_created ON objects USING btree (tenant_id, created_at, id) WHERE (removed_at IS NULL);
CREATE INDEX objects_dataset ON objects USING btree (dataset_id, id);
CREATE INDEX objects_deadlines ON objects USING btree (review_expires_at) WHERE ((review_state = ANY (ARRAY['staged'::text, 'under_review'::text])) AND (removed_at IS NULL));
CREATE INDEX objects_open_uploads ON objects USING btree (upload_expires_at) WHERE (upload_state = 'pending'::text);
CREATE INDEX objects_purged ON objects USING btree (purged_at) WHERE (purged_at IS NOT NULL);
CREATE INDEX objects_queue ON objects USING btree (uploaded_at, id) WHERE ((review_state = ANY (ARRAY['staged'::text, 'under_review'::text])) AND (removed_at IS NULL));
CREATE INDEX objects_refused ON objects USING btree (decided_at) WHERE ((review_state = ANY (ARRAY['rejected'::text, 'expired'::text])) AND (purged_at IS NULL));
CREATE INDEX objects_removed ON objects USING btree (removed_at) WHERE ((removed_at IS NOT NULL) AND (purged_at IS NULL));
CREATE INDEX objects_same_bytes ON objects USING btree (tenant_id, sha256) WHERE (removed_at IS NULL);
CREATE INDEX objects_stages ON objects USING btree (index_state, stage_changed_at) WHERE (index_state = ANY (ARRAY['queued'::text, 'extracting'::text, 'embedding'::text]));
CREATE INDEX objects_tenant ON objects USING btree (tenant_id, id);
CREATE INDEX objects_updated ON objects USING btree (tenant_id, updated_at, id) WHERE (removed_at IS NULL);

create table outbox (
  seq bigint not null,
  kind text not null,
  object_id text,
  object_no integer,
  dataset_no integer,
  attempts integer not null default 0,
  fed_at timestamp with time zone,
  constraint outbox_pkey PRIMARY KEY (seq),
  constraint outbox_kind_check CHECK ((kind = ANY (ARRAY['put'::text, 'drop_object'::text, 'drop_dataset'::text])))
);
CREATE INDEX outbox_waiting ON outbox USING btree (seq) WHERE (fed_at IS NULL);

create table outbox_counter (
  id boolean not null default true,
  seq bigint not null default 0,
  constraint outbox_counter_pkey PRIMARY KEY (id),
  constraint outbox_counter_id_check CHECK (id)
);

create table outcome_events (
  retrieval_event_id text not null,
  tenant_id text not null,
  outcome_id text not null,
  constraint outcome_events_pkey PRIMARY KEY (retrieval_event_id),
  constraint outcome_events_outcome_id_fkey FOREIGN KEY (outcome_id) REFERENCES outcomes(id) DEFERRABLE INITIALLY DEFERRED,
  constraint outcome_events_retrieval_event_id_fkey FOREIGN KEY (retrieval_event_id) REFERENCES retrieval_events(id)
);
CREATE INDEX outcome_events_outcome ON outcome_events USING btree (outcome_id);

create table outcomes (
  id text not null,
  tenant_id text not null,
  value_micros bigint not null,
  currency text not null default 'USD'::text,
  note text,
  lines jsonb not null,
  amount_micros bigint not null,
  reported_at timestamp with time zone not null,
  constraint outcomes_pkey PRIMARY KEY (id),
  constraint outcomes_amount_micros_check CHECK ((amount_micros >= 0)),
  constraint outcomes_value_micros_check CHECK ((value_micros > 0))
);
CREATE INDEX outcomes_tenant ON outcomes USING btree (tenant_id, id);

create table paid_out_months (
  period_start timestamp with time zone not null,
  made_at timestamp with time zone not null,
  constraint paid_out_months_pkey PRIMARY KEY (period_start)
);

create table payout_lines (
  payout_id text not null,
  tenant_id text not null,
  dataset_id text not null,
  dataset_name text not null,
  event_type text not null,
  quantity bigint not null,
  gross_micros bigint not null,
  platform_micros bigint not null,
  constraint payout_lines_pkey PRIMARY KEY (payout_id, dataset_id, event_type),
  constraint payout_lines_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payouts(id) DEFERRABLE INITIALLY DEFERRED,
  constraint payout_lines_check CHECK (((platform_micros >= 0) AND (platform_micros <= gross_micros))),
  constraint payout_lines_gross_micros_check CHECK ((gross_micros > 0)),
  constraint payout_lines_quantity_check CHECK ((quantity > 0))
);

create table payout_months (
  id text not null,
  tenant_id text not null,
  period_start timestamp with time zone not null,
  constraint payout_months_pkey PRIMARY KEY (id)
);
CREATE INDEX payout_months_tenant ON payout_months USING btree (tenant_id, period_start);

create table payout_moves (
  charge_key text not null,
  payout_id text not null,
  tenant_id text not null,
  constraint payout_moves_pkey PRIMARY KEY (charge_key)
);

create table payouts (
  id text not null,
  serial bigint not null generated always as identity,
  tenant_id text not null,
  period_start timestamp with time zone not null,
  period_end timestamp with time zone not null,
  status text not null default 'pending'::text,
  is_held boolean not null default false,
  is_carried boolean not null default false,
  gross_micros bigint not null,
  platform_micros bigint not null,
  currency text not null default 'USD'::text,
  release_at timestamp with time zone not null,
  payment_count integer not null default 0,
  paid_at timestamp with time zone,
  paid_micros bigint,
  bank_reference text,
  constraint payouts_pkey PRIMARY KEY (id),
  constraint payouts_serial_key UNIQUE (serial),
  constraint payouts_tenant_id_period_start_key UNIQUE (tenant_id, period_start),
  constraint payouts_id_fkey FOREIGN KEY (id) REFERENCES payout_months(id),
  constraint payouts_check CHECK ((platform_micros <= gross_micros)),
  constraint payouts_check1 CHECK (((NOT is_held) OR (status = ANY (ARRAY['pending'::text, 'approved'::text])))),
  constraint payouts_check2 CHECK (((NOT is_carried) OR (status = 'pending'::text))),
  constraint payouts_check3 CHECK (((status <> 'paid'::text) OR ((paid_at IS NOT NULL) AND (paid_micros > 0) AND (bank_reference IS NOT NULL)))),
  constraint payouts_gross_micros_check CHECK ((gross_micros >= 0)),
  constraint payouts_platform_micros_check CHECK ((platform_micros >= 0)),
  constraint payouts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'paid'::text, 'reversed'::text])))
);
CREATE INDEX payouts_pending ON payouts USING btree (release_at) WHERE ((status = 'pending'::text) AND (NOT is_held));

create table pending_credits (
  tenant_id text not null,
  period_start timestamp with time zone not null,
  dispute_id text not null,
  dataset_id text not null,
  dataset_name text not null,
  event_type text not null,
  quantity bigint not null,
  amount_micros bigint not null,
  constraint pending_credits_pkey PRIMARY KEY (tenant_id, period_start, dispute_id, dataset_id, event_type),
  constraint pending_credits_amount_micros_check CHECK ((amount_micros > 0)),
  constraint pending_credits_quantity_check CHECK ((quantity > 0))
);

create table price_book_starts (
  price_book_version integer not null,
  followed_at timestamp with time zone not null,
  constraint price_book_starts_pkey PRIMARY KEY (price_book_version)
);

create table price_books (
  version integer not null,
  starts_at timestamp with time zone not null,
  prices jsonb not null,
  published_at timestamp with time zone,
  published_by text,
  constraint price_books_pkey PRIMARY KEY (version),
  constraint price_books_published_by_key UNIQUE (published_by)
);

create table price_points (
  id text not null,
  dataset_id text not null,
  price_book_version integer not null,
  d7 integer not null,
  d28 integer not null,
  factor_ppm integer not null,
  retrieval_micros bigint not null,
  starts_at timestamp with time zone not null,
  constraint price_points_pkey PRIMARY KEY (id),
  constraint price_points_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint price_points_factor_ppm_check CHECK ((factor_ppm > 0))
);
CREATE INDEX price_points_dataset ON price_points USING btree (dataset_id, starts_at DESC, id DESC);

create table price_resets (
  dataset_id text not null,
  price_book_version integer not null,
  told_at timestamp with time zone not null,
  constraint price_resets_pkey PRIMARY KEY (dataset_id, price_book_version),
  constraint price_resets_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id)
);

create table quotes (
  id text not null,
  tenant_id text not null,
  principal_id text not null,
  topic text not null,
  max_micros bigint not null,
  currency text not null default 'USD'::text,
  quoted_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  redeemed_by text,
  terms json,
  constraint quotes_pkey PRIMARY KEY (id),
  constraint quotes_max_micros_check CHECK ((max_micros >= 0))
);
CREATE INDEX quotes_expiry ON quotes USING btree (expires_at);

create unlogged table rate_counters (
  name text not null,
  window_start timestamp with time zone not null,
  count integer not null,
  constraint rate_counters_pkey PRIMARY KEY (name, window_start)
);

create table reindexes (
  dataset_id text not null,
  tenant_id text not null,
  job_id text not null,
  embedding_model text,
  phase text not null,
  after_object_id text not null default ''::text,
  object_count integer not null default 0,
  skipped_count integer not null default 0,
  last_seq bigint,
  failed_count integer not null default 0,
  started_at timestamp with time zone not null,
  constraint reindexes_pkey PRIMARY KEY (dataset_id),
  constraint reindexes_phase_check CHECK ((phase = ANY (ARRAY['prepare'::text, 'switch'::text, 'settle'::text])))
);

create table resources (
  id text not null,
  tenant_id text not null,
  name text not null,
  description text,
  status text not null,
  metadata jsonb not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint resources_pkey PRIMARY KEY (id),
  constraint resources_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'archived'::text])))
);
CREATE INDEX resources_tenant ON resources USING btree (tenant_id, id);

create table retrieval_events (
  id text not null,
  tenant_id text not null,
  search_activity_id text not null,
  charge_key text not null,
  rank integer not null,
  score double precision not null,
  chunk_no bigint not null,
  dataset_id text not null,
  dataset_name text not null,
  object_id text not null,
  filename text not null,
  title text not null,
  mime_type text not null,
  snippet text,
  highlights jsonb not null,
  locator jsonb not null,
  object_sha256 text not null,
  passage_sha256 text not null,
  usage_event_id text not null,
  amount_micros bigint not null,
  billable boolean not null,
  reason text not null,
  retrieved_at timestamp with time zone not null,
  constraint retrieval_events_pkey PRIMARY KEY (id),
  constraint retrieval_events_search_activity_id_chunk_no_key UNIQUE (search_activity_id, chunk_no),
  constraint retrieval_events_charge_key_fkey FOREIGN KEY (charge_key) REFERENCES search_pages(charge_key),
  constraint retrieval_events_search_activity_id_fkey FOREIGN KEY (search_activity_id) REFERENCES search_activities(id)
);
CREATE INDEX retrieval_events_page ON retrieval_events USING btree (charge_key, rank);
CREATE INDEX retrieval_events_tenant ON retrieval_events USING btree (tenant_id, id);

create table schema_migrations (
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migrations_pkey PRIMARY KEY (name)
);

create table search_activities (
  id text not null,
  tenant_id text not null,
  principal_id text not null,
  api_key_id text,
  resource_id text,
  query_text text not null,
  requested_mode text not null,
  retrieval_mode text not null,
  fusion text,
  dataset_ids text[] not null,
  request jsonb not null,
  ranking json not null,
  explain jsonb,
  result_count integer not null default 0,
  charged_micros bigint not null default 0,
  currency text not null default 'USD'::text,
  searched_at timestamp with time zone not null,
  terms json,
  priced_at timestamp with time zone,
  constraint search_activities_pkey PRIMARY KEY (id)
);
CREATE INDEX search_activities_tenant ON search_activities USING btree (tenant_id, id);

create table search_pages (
  charge_key text not null,
  tenant_id text not null,
  search_activity_id text not null,
  first_place integer not null,
  next_place integer,
  first_rank integer not null,
  charged_micros bigint not null,
  truncated text,
  took_ms integer not null,
  constraint search_pages_pkey PRIMARY KEY (charge_key),
  constraint search_pages_search_activity_id_fkey FOREIGN KEY (search_activity_id) REFERENCES search_activities(id)
);
CREATE UNIQUE INDEX search_pages_place ON search_pages USING btree (search_activity_id, first_place);

create table sessions (
  id text not null,
  tenant_id text not null,
  user_id text not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX sessions_user ON sessions USING btree (user_id) WHERE (ended_at IS NULL);

create table tenants (
  id text not null,
  name text not null,
  plan text not null default 'starter'::text,
  region text not null default 'eu-central'::text,
  embedding_model text,
  approved_automatically boolean not null default false,
  suspended_at timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_plan_check CHECK ((plan = ANY (ARRAY['starter'::text, 'pro'::text, 'business'::text])))
);
CREATE INDEX tenants_name ON tenants USING btree (name);

create table usage_events (
  id text not null,
  charge_id text not null,
  tenant_id text not null,
  provider_tenant_id text not null,
  event_type text not null,
  dataset_id text not null,
  dataset_name text not null,
  object_id text,
  chunk_no bigint,
  search_activity_id text,
  principal_id text not null,
  api_key_id text,
  resource_id text,
  quantity bigint not null,
  unit_price_micros bigint not null,
  amount_micros bigint not null,
  platform_micros bigint not null,
  currency text not null default 'USD'::text,
  billable boolean not null,
  price_book_version integer not null,
  price_inputs jsonb not null,
  occurred_at timestamp with time zone not null,
  digest text,
  constraint usage_events_pkey PRIMARY KEY (id),
  constraint usage_events_price_book_version_fkey FOREIGN KEY (price_book_version) REFERENCES price_books(version),
  constraint usage_events_amount_micros_check CHECK ((amount_micros >= 0)),
  constraint usage_events_check CHECK ((platform_micros <= amount_micros)),
  constraint usage_events_event_type_check CHECK ((event_type = ANY (ARRAY['retrieval'::text, 'citation'::text, 'download'::text, 'outcome'::text]))),
  constraint usage_events_platform_micros_check CHECK ((platform_micros >= 0)),
  constraint usage_events_quantity_check CHECK ((quantity > 0)),
  constraint usage_events_unit_price_micros_check CHECK ((unit_price_micros >= 0))
);
CREATE INDEX usage_events_buyer ON usage_events USING btree (tenant_id, occurred_at) INCLUDE (dataset_id, event_type, billable, quantity, amount_micros);
CREATE INDEX usage_events_charge ON usage_events USING btree (charge_id);
CREATE INDEX usage_events_demand ON usage_events USING btree (dataset_id, event_type, occurred_at);
CREATE UNIQUE INDEX usage_events_once ON usage_events USING btree (search_activity_id, chunk_no) WHERE (event_type = 'retrieval'::text);
CREATE INDEX usage_events_provider ON usage_events USING btree (provider_tenant_id, occurred_at);

create table users (
  id text not null,
  email text not null,
  email_key text not null,
  password_hash text not null,
  display_name text not null,
  is_platform_admin boolean not null default false,
  created_at timestamp with time zone not null,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_email_key_key UNIQUE (email_key)
);

create table webhook_deliveries (
  id text not null,
  tenant_id text not null,
  endpoint_id text not null,
  event_id text not null,
  event_type text not null,
  body text not null,
  status text not null,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone,
  queued_until timestamp with time zone,
  claimed_until timestamp with time zone,
  response_status integer,
  response_body text,
  problem text,
  created_at timestamp with time zone not null,
  last_attempt_at timestamp with time zone,
  retried_by text,
  constraint webhook_deliveries_pkey PRIMARY KEY (id),
  constraint webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE,
  constraint webhook_deliveries_attempts_check CHECK ((attempts >= 0)),
  constraint webhook_deliveries_check CHECK (((status = 'pending'::text) = (next_attempt_at IS NOT NULL))),
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries USING btree (created_at);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries USING btree (next_attempt_at) WHERE (status = 'pending'::text);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries USING btree (endpoint_id, id);

create table webhook_endpoints (
  id text not null,
  tenant_id text not null,
  url text not null,
  events text[] not null,
  status text not null,
  sealed_secret bytea not null,
  old_sealed_secret bytea,
  old_secret_ends_at timestamp with time zone,
  rotated_by text,
  silent_until timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint webhook_endpoints_pkey PRIMARY KEY (id),
  constraint webhook_endpoints_check CHECK (((old_sealed_secret IS NULL) = (old_secret_ends_at IS NULL))),
  constraint webhook_endpoints_events_check CHECK ((cardinality(events) > 0)),
  constraint webhook_endpoints_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text])))
);
CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints USING btree (tenant_id, id);

CREATE OR REPLACE FUNCTION public.count_request(counted text, since timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 STRICT
AS $function$
declare
  reached integer;
begin
  insert into rate_counters as held (name, window_start, count) values (counted, since, 1)
  on conflict (name, window_start) do update set count = held.count + 1
  returning held.count into reached;
  return reached;
end
$function$;

CREATE OR REPLACE FUNCTION public.note_key_use(key_id text, used_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  update api_keys set last_used_at = used_at
  where id = (select id from api_keys where id = key_id for no key update skip locked);
  return found;
end
$function$;
