-- The channel of a queue, on which is told of tasks that a transaction of a user has put.
create or replace function pyaltt.channel_v1(q text) returns text language sql stable as
  $$ select 'pyaltt_q_' || md5(q) $$;

-- The channel of an owner, on which it alone is rung.
create or replace function pyaltt.channel_v1(o bigint) returns text language sql stable as
  $$ select 'pyaltt_o_' || o $$;

-- The lock that the connection of an owner's bell has for as long as it listens.
create or replace function pyaltt.bell_lock_v1(o bigint) returns bigint language sql stable as
  $$ select hashtextextended('pyaltt owner ' || o, 0) $$;

-- The lock of the puts into a queue. Whoever puts looks who is idle and commits under it, in shared mode; whoever falls asleep
-- marks itself idle, waits for those that have it, and looks once more. So either the put sees the mark, or it is over before
-- that look, which finds its tasks.
create or replace function pyaltt.put_lock_v1(q text) returns bigint language sql stable as
  $$ select hashtextextended('pyaltt puts ' || q, 0) $$;

-- Takes an idle owner with this skill off the list of the idle, and rings it. Those whose bell has no connection any more,
-- because their process has died, are taken off as well, and the next one is rung. The lock of the row keeps others from
-- ringing the same; one that looks for tasks at the moment has locked it for key share only, and is rung.
create or replace function pyaltt.ring_one_v1(q text, k text, oldest_version bigint, newest_version bigint) returns void
language plpgsql as $$
declare o bigint;
begin
  loop
    update pyaltt.owner w set idle_kind = null, idle_version = null where w.owner = (
      select i.owner from pyaltt.owner i where i.queue = q and i.idle_kind = k
        and i.idle_version between oldest_version and newest_version
      order by i.owner limit 1 for no key update skip locked)
    returning w.owner into o;
    exit when not found;
    if not pg_try_advisory_xact_lock(pyaltt.bell_lock_v1(o)) then
      perform pg_notify(pyaltt.channel_v1(o), '');
      exit;
    end if;
  end loop;
end $$;

-- Rings, by the commit, one idle owner for each kind and version of tasks that were put. The commit has to follow at once: until
-- then nobody can fall asleep.
create or replace function pyaltt.ring_v1(q text, kinds text[], versions bigint[]) returns void language plpgsql as $$
declare s record;
begin
  perform pg_advisory_xact_lock_shared(pyaltt.put_lock_v1(q));
  for s in select distinct u.k, u.v from unnest(kinds, versions) as u(k, v) loop
    perform pyaltt.ring_one_v1(q, s.k, s.v, 9223372036854775807);
  end loop;
end $$;

-- Rings one idle owner for each version of a kind, or of all kinds.
create or replace function pyaltt.ring_each_v1(q text, k text) returns void language plpgsql as $$
declare s record;
begin
  for s in select distinct w.idle_kind, w.idle_version from pyaltt.owner w
    where w.queue = q and w.idle_kind is not null and (k is null or w.idle_kind = k) loop
    perform set_config('synchronous_commit', 'off', true);
    perform pyaltt.ring_one_v1(q, s.idle_kind, s.idle_version, s.idle_version);
  end loop;
end $$;
