-- Layout 1 of the queues in PostgreSQL. Everything is in one schema.
-- An administrator may have made it for a role that may make none. `if not exists` would ask for that right all the same.
do $$ begin
  if to_regnamespace('pyaltt') is null then create schema pyaltt; end if;
end $$;

create table pyaltt.meta(
  one boolean primary key default true check (one),
  layout bigint not null,               -- the layout of the schema
  compat bigint not null                -- the oldest version of the library that understands it, by its layout
);

-- The series of the places of ready tasks.
create sequence pyaltt.pos;

create table pyaltt.queue(
  queue text primary key,
  paused boolean not null
);

create table pyaltt.owner(
  owner bigint generated always as identity primary key,
  queue text not null,
  name text not null,
  pid bigint not null,
  host text not null,
  expires timestamptz not null,         -- when the lease runs out
  has_cancelled boolean not null default false,               -- some of what it has was cancelled, and it was not told yet
  idle_kind text,                       -- what it can run, while it sleeps and can be rung
  idle_version bigint
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100);
create index owner_queue on pyaltt.owner(queue);

-- Without check constraints: the server parses each of them anew for each statement, which takes 40 % of the instructions of an
-- insert. Only the functions write here.
create table pyaltt.task(
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  queue text not null,
  state smallint not null,              -- 0 ready, 1 delayed, 2 running, 3 dead
  prio smallint not null default 2,     -- 0 urgent, 1 high, 2 normal, 3 low
  pos bigint not null default nextval('pyaltt.pos'),          -- the place among the ready; a new one when it is due or requeued
  due timestamptz,                      -- of the delayed
  token bigint not null default 0,      -- the fence: counts the changes into and out of a hand, so it is odd in a hand
  attempts int not null default 0,
  crashes int not null default 0,
  max bigint,
  owner bigint,                         -- of the running
  ukey text,
  cancelled boolean not null default false,
  kind text not null,
  lane bigint not null,                 -- a hash of queue and kind, by `lane_v1`
  version bigint not null,
  put_at timestamptz not null,
  died_at timestamptz,                  -- of the dead
  headers jsonb,
  errors jsonb not null default '[]',
  body bytea not null
) with (
  -- Rows come and go all the time: the dead ones are to be cleared by their number, whatever the size of the table.
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000
);

-- A look compares all entries of a page with what it looks for, even if it wants one: a number for the texts makes that nearly
-- three times cheaper. With the version, so that tasks of newer versions are passed over in the index.
create index task_ready on pyaltt.task(lane, prio, pos, version) where state = 0 and crashes < 2;
create index task_alone on pyaltt.task(lane, prio, pos, version) where state = 0 and crashes >= 2;
create index task_due on pyaltt.task(queue, due, seq) where state = 1;
create index task_hand on pyaltt.task(owner) where state = 2;
create index task_dead on pyaltt.task(queue, died_at) where state = 3;
create unique index task_ukey on pyaltt.task(queue, ukey) where ukey is not null and state < 3;
