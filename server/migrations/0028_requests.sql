-- What every request writes down, callable from the statement that finds its credential: so a request
-- that is counted in the database takes no statement more than one that is not.
set local lock_timeout = '5s';

-- A window lasts a minute: its counts need not outlive a crash, so nobody waits for the disk.
alter table rate_counters set unlogged;

-- Null where the process counts in its own memory: then nothing is called at all.
create or replace function count_request(counted text, since timestamptz) returns integer
language plpgsql strict as $function$
declare
  reached integer;
begin
  insert into rate_counters as held (name, window_start, count) values (counted, since, 1)
  on conflict (name, window_start) do update set count = held.count + 1
  returning held.count into reached;
  return reached;
end
$function$;

-- A key that is locked is being used by a charge, or noted at this moment: nobody waits for it here.
create or replace function note_key_use(key_id text, used_at timestamptz) returns boolean
language plpgsql as $function$
begin
  update api_keys set last_used_at = used_at
  where id = (select id from api_keys where id = key_id for no key update skip locked);
  return found;
end
$function$;
