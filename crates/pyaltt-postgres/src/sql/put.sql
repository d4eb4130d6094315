-- Which of the ids are not those of tasks that have places from `first_pos` on: the numbers of their places in the list.
--
-- By the index for each of them, whatever the size of the table was when the plan was made (see `round_v1`). So in the two that follow.
-- They are called by few puts, and the settings of a function cost as much as a small statement.
create or replace function pyaltt.missed_v1(ids uuid[], first_pos bigint) returns bigint[] language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan
as $$
begin
  return array(select u.n from unnest(ids) with ordinality as u(id, n)
    where coalesce((select x.pos from pyaltt.task x where x.id = u.id), 0) <= first_pos order by u.n);
end $$;

-- The task that is in the way of a new one: it has the same id, or it holds the key. No row: it has gone meanwhile.
create or replace function pyaltt.holder_v1(q text, new_id uuid, k text, locks boolean)
returns table(seq bigint, id uuid, state smallint) language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan
as $$
begin
  return query select x.seq, x.id, x.state from pyaltt.task x where x.id = new_id;
  if found then return; end if;
  if locks then
    return query select x.seq, x.id, x.state from pyaltt.task x where x.queue = q and x.ukey = k and x.state < 3 for update;
  else
    return query select x.seq, x.id, x.state from pyaltt.task x where x.queue = q and x.ukey = k and x.state < 3;
  end if;
end $$;

-- Puts a new task into the place of one that holds its key.
create or replace function pyaltt.replace_v1(
  s bigint, q text, due_at timestamptz, p smallint, m bigint, k text, v bigint, head text, new_body bytea)
returns void language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan
as $$
begin
  update pyaltt.task x set state = case when due_at is null then 0 else 1 end, due = due_at, prio = p, max = m, kind = k,
    lane = pyaltt.lane_v1(q, k), version = v, headers = head::jsonb, body = new_body, attempts = 0, crashes = 0, errors = '[]'
    where x.seq = s;
end $$;

-- Stores tasks. Returns what became of those that are not new: 1 existing, 2 replaced. No two of them have the same id.
--
-- `rings`: whether nothing follows but the commit, which is to wake idle owners.
create or replace function pyaltt.put_v1(
  q text, ids uuid[], prios smallint[], delays bigint[], times bigint[], maxs bigint[], ukeys text[], replaces boolean[],
  kinds text[], versions bigint[], heads text[], bodies bytea[], rings boolean)
returns table(n bigint, placed smallint, placed_id uuid) language plpgsql as $$
declare
  clock timestamptz := pyaltt.now_v1();
  due_at timestamptz;
  missed bigint[] := array[1];
  first_pos bigint;
  stored bigint;
  under_lock text;
  holder record;
begin
  if cardinality(array_remove(ukeys, null)) > 1 then
    -- In one order for all, else two of these could wait for each other.
    perform pg_advisory_xact_lock(l.k) from (
      select distinct hashtextextended('pyaltt key ' || q || ' ' || u.k, 0) as k
      from unnest(ukeys) as u(k) where u.k is not null order by 1) l;
  end if;
  if cardinality(ids) > 1 then
    first_pos := nextval('pyaltt.pos');
    insert into pyaltt.task(id, queue, state, prio, due, max, ukey, kind, lane, version, put_at, headers, body)
      select g.id, q, case when g.due is null then 0 else 1 end, g.prio, g.due, g.max, g.ukey, g.kind, pyaltt.lane_v1(q, g.kind),
        g.version, clock, g.head::jsonb, g.body
      from (select u.*, pyaltt.due_v1(clock, u.delay, u.at) as due
        from unnest(ids, prios, delays, times, maxs, ukeys, kinds, versions, heads, bodies)
          with ordinality as u(id, prio, delay, at, max, ukey, kind, version, head, body, n)) g
      order by g.n
      on conflict do nothing;
    get diagnostics stored = row_count;
    missed := '{}';
    if stored < cardinality(ids) then
      -- The new ones have places from here on. Returning the place of each, also when all are new, took 17 % of a put of 16.
      missed := pyaltt.missed_v1(ids, first_pos);
    end if;
  end if;
  foreach n in array missed loop
    due_at := pyaltt.due_v1(clock, delays[n], times[n]);
    loop
      -- One task alone comes here at once. Of several, whoever was in the way of this one may be gone meanwhile.
      insert into pyaltt.task(id, queue, state, prio, due, max, ukey, kind, lane, version, put_at, headers, body)
        values (ids[n], q, case when due_at is null then 0 else 1 end, prios[n], due_at, maxs[n], ukeys[n], kinds[n], pyaltt.lane_v1(q, kinds[n]),
          versions[n], clock, heads[n]::jsonb, bodies[n])
        on conflict do nothing;
      exit when found;
      select h.* into holder from pyaltt.holder_v1(q, ids[n], ukeys[n], replaces[n]) h;
      if holder.id <> ids[n] and replaces[n] and holder.state <> 2 then
        perform pyaltt.replace_v1(
          holder.seq, q, due_at, prios[n], maxs[n], kinds[n], versions[n], heads[n], bodies[n]);
        placed := 2; placed_id := holder.id; return next; exit;
      elsif holder.id is not null then
        placed := 1; placed_id := holder.id; return next; exit;
      end if;
    end loop;
  end loop;
  if rings then
    -- As an expression, because a statement costs a plan that is started and ended.
    under_lock := pg_advisory_xact_lock_shared(pyaltt.put_lock_v1(q))::text;
    if exists (select 1 from pyaltt.owner w where w.queue = q and w.idle_kind is not null) then
      perform pyaltt.ring_v1(q, kinds, versions);
    end if;
  end if;
end $$;

-- Puts a task from any language, in the transaction of the caller: the task is there if and only if that commits. Returns the
-- id of the task that is in the queue then: another one, if that holds the key. Workers of a kind without a name have the
-- kind `task`.
create or replace function pyaltt.put(
  queue text, body json, delay interval default null, key text default null, kind text default 'task',
  version bigint default 1, priority text default 'normal', attempts bigint default null, headers jsonb default null,
  replace boolean default false, id uuid default null)
returns uuid language plpgsql as $$
declare
  level smallint := array_position(array['urgent', 'high', 'normal', 'low'], put.priority) - 1;
  clock timestamptz := clock_timestamp();
  fresh uuid := put.id;
  found_id uuid;
begin
  if put.queue !~ '^[A-Za-z0-9._:-]{1,100}$' then
    raise exception 'no name of a queue: %', put.queue using errcode = '22023';
  elsif level is null then
    raise exception 'no priority: %; urgent, high, normal and low are', put.priority using errcode = '22023';
  elsif octet_length(put.kind) not between 1 and 200 or put.kind ~ '[[:cntrl:]]' then
    raise exception 'no name of a kind: %', put.kind using errcode = '22023';
  elsif put.version not between 0 and 4294967295 or put.attempts not between 0 and 4294967295 then
    raise exception 'version % or attempts % is out of range', put.version, put.attempts using errcode = '22023';
  elsif exists (select 1 from jsonb_each(put.headers) h where jsonb_typeof(h.value) <> 'string') then
    raise exception 'the values of headers are texts: %', put.headers using errcode = '22023';
  elsif (select sum(octet_length(h.key) + octet_length(h.value)) from jsonb_each_text(put.headers) h) > 65536 then
    raise exception 'the headers have more than 65536 bytes together' using errcode = '22023';
  elsif octet_length(put.body::text) > 1048576 then
    raise exception 'the payload has % bytes, and 1048576 are allowed', octet_length(put.body::text) using errcode = '22023';
  end if;
  if fresh is null then
    -- A UUID of version 7, so that ids are in the order of puts.
    fresh := encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
      placing substring(int8send(pyaltt.ms_v1(clock)) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid;
  end if;
  select p.placed_id into found_id from pyaltt.put_v1(put.queue, array[fresh], array[level],
    array[ceil(extract(epoch from put.delay) * 1000)::bigint], array[null::bigint],
    array[case when put.attempts is not null then greatest(put.attempts, 1) end], array[put.key],
    array[put.replace], array[put.kind], array[put.version], array[put.headers::text],
    array[convert_to(put.body::text, 'UTF8')], false) p;
  -- It may be another task that holds the key and is told of for nothing. Nobody is rung before the commit.
  perform pg_notify(pyaltt.channel_v1(put.queue), '');
  return coalesce(found_id, fresh);
end $$;
