-- Layout 1 of the queues in a SQLite file. All names begin with pyaltt_, so that the file may have tables of others.
create table pyaltt_meta(
  one integer primary key check (one = 1),
  layout integer not null,              -- the layout of the file
  compat integer not null,              -- the oldest version of the library that understands it, by its layout
  store text not null                   -- a name of the file, so that owner files of another one are not taken for its own
) strict;

create table pyaltt_queue(
  queue text primary key,
  paused integer not null default 0
) strict, without rowid;

create table pyaltt_owner(
  owner integer primary key autoincrement,
  queue text not null,
  name text not null,
  pid integer not null,
  host text not null,
  boot text not null,                   -- the boot of the machine in which `expires` is counted
  expires integer not null              -- when the lease runs out, in milliseconds since that boot
) strict;

create table pyaltt_task(
  -- With autoincrement, because SQLite would use the highest number again after a delete, and a settlement that is sent
  -- again would end another task.
  seq integer primary key autoincrement,
  id blob not null unique,
  queue text not null,
  state integer not null check (state between 0 and 3),       -- 0 ready, 1 delayed, 2 running, 3 dead
  prio integer not null check (prio between 0 and 3),         -- 0 urgent, 1 high, 2 normal, 3 low
  pos integer not null,                 -- the place among the ready; a new one, of the same series as seq, when it is due
  due integer,
  token integer not null default 0,     -- the fence: counts the changes into and out of a hand
  attempts integer not null default 0,
  crashes integer not null default 0,
  max integer,
  owner integer,
  ukey text,
  cancelled integer not null default 0,
  kind text not null,
  version integer not null,
  put_ms integer not null,
  died_ms integer,
  headers text,
  errors text not null default '[]',
  body blob not null,
  check ((state = 2) = (owner is not null)),
  check ((state = 1) = (due is not null)),
  check ((state = 3) = (died_ms is not null))
) strict;

-- With version and crashes, so that a search reads the index alone.
create index pyaltt_ready on pyaltt_task(queue, kind, prio, pos, version, crashes) where state = 0 and crashes < 2;
create index pyaltt_alone on pyaltt_task(queue, kind, prio, pos, version, crashes) where state = 0 and crashes >= 2;
create index pyaltt_due on pyaltt_task(queue, due) where state = 1;
create index pyaltt_hand on pyaltt_task(owner) where state = 2;
create index pyaltt_cancelled on pyaltt_task(owner) where cancelled = 1;
create index pyaltt_dead on pyaltt_task(queue, died_ms) where state = 3;
create unique index pyaltt_ukey on pyaltt_task(queue, ukey) where ukey is not null and state < 3;
