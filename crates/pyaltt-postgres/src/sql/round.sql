-- One round of one owner: settles what it has ended, renews its lease, lends it what it can run.
--
-- The order matters: a statement that waits for locks, as settling does, comes before any that locks tasks of others. `for
-- update skip locked` may keep a lock on a task that it then does not return, and two rounds would wait for each other.
--
-- `sleeps`: 0 the owner stays awake, 1 it falls asleep if it gets nothing, 2 it has fallen asleep and looks once more.
-- `lows`: for each level the place from which on it is looked for tasks: as long as somebody holds an old snapshot, the
-- entries of tasks that are gone stay in the index, and would be stepped over again and again.
-- `fates`: 1 again after a time, 2 dead, 3 back at its old place, 4 back after a time.
--
-- Returns rows of several kinds, by `what`: 0 a settlement that took effect (seq, token); 1 a task that was cancelled (seq, token);
-- 2 a task that is lent because it runs alone or is among the oldest, 3 one by level; 9, last, the rest: seq the number of
-- ready tasks, token the milliseconds until the next one is due, prio 1 if the queue is paused, attempts 1 if others are to be
-- rung.
--
-- Plans are kept by the connection, and one that was made while the table had a few rows has to do for a million. So no
-- statement joins the table with a list: which of the two is gone through for each row of the other would rest on how many
-- rows there were. A list is an array and a condition of the index. The settings see to it that there is no other plan.
--
-- `done_seqs` and `seqs` ascend, each with its tokens. If one is there twice, the last is the newest, and the others are over.
create or replace function pyaltt.round_v1(
  q text, me bigint, lease_ms bigint, k text, ver bigint, want bigint, oldest bigint, alone boolean, looks_due boolean,
  counts boolean, sleeps int, lows bigint[], done_seqs bigint[], done_tokens bigint[],
  seqs bigint[], tokens bigint[], fates int[], delays bigint[], texts text[])
returns table(what int, r_seq bigint, r_token bigint, r_id uuid, r_prio smallint, r_pos bigint, r_attempts int, r_max bigint,
  r_crashes int, r_version bigint, r_put_at timestamptz, r_headers text, r_body bytea)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off
set plan_cache_mode = force_generic_plan set jit = off
as $$
declare
  clock timestamptz := pyaltt.now_v1();
  ln bigint := pyaltt.lane_v1(q, k);
  me_now record;
  seen record;
  next_due timestamptz;
  left_ bigint := want;
  got bigint := 0;
  n bigint;
  writes boolean := cardinality(done_seqs) > 0 or cardinality(seqs) > 0;
  rings boolean := 3 = any(fates);
  ripe bigint[];
  places bigint[];
  chosen bigint[];
  ready bigint;
begin
  if sleeps = 2 then
    -- It has marked itself. Those who were about to commit a put did not see that: what they put is seen below.
    begin
      perform pg_advisory_xact_lock(pyaltt.put_lock_v1(q));
      raise exception using errcode = 'PY002';
    exception when sqlstate 'PY002' then
      null; -- This gives the lock back, so that the puts that follow do not wait for the rest.
    end;
  end if;
  -- This lock keeps a sweep away, and makes no new version of the row. Such a one is made three times a lease.
  select w.expires, w.idle_kind, w.has_cancelled into me_now from pyaltt.owner w where w.owner = me for key share;
  if not found then raise exception 'owner % is gone', me using errcode = 'PY001'; end if;
  if sleeps < 2 and me_now.expires <= clock + lease_ms * 2 / 3 * interval '1 ms' then
    writes := true;
    update pyaltt.owner w set expires = clock + lease_ms * interval '1 ms', idle_kind = null, idle_version = null
      where w.owner = me;
  elsif sleeps < 2 and me_now.idle_kind is not null then
    update pyaltt.owner w set idle_kind = null, idle_version = null where w.owner = me;
  end if;

  if me_now.has_cancelled then
    writes := true;
    -- First, because whoever cancels sets it under the same lock: what is marked later is told of later.
    update pyaltt.owner w set has_cancelled = false where w.owner = me;
    return query delete from pyaltt.task x where x.owner = me and x.state = 2 and x.cancelled
      returning 1, x.seq, x.token, x.id, x.prio, x.pos, x.attempts, x.max, x.crashes, x.version, x.put_at, null::text, null::bytea;
  end if;

  -- By the primary key alone. With the state among the conditions the plan would take the index of those in hand, and step
  -- over all that were there before. The token says as much.
  if cardinality(done_seqs) = 1 then
    -- One alone in half of the time.
    delete from pyaltt.task x where x.seq = done_seqs[1] and x.token = done_tokens[1] and not x.cancelled
      returning 0, x.seq, done_tokens[1] into what, r_seq, r_token;
    if found then return next; end if;
  elsif cardinality(done_seqs) > 1 then
    return query delete from pyaltt.task x
      where x.seq = any(done_seqs) and x.token = done_tokens[width_bucket(x.seq, done_seqs)] and not x.cancelled
      returning 0, x.seq, x.token, null::uuid, null::smallint, null::bigint, null::int, null::bigint, null::int, null::bigint,
        null::timestamptz, null::text, null::bytea;
  end if;
  if cardinality(seqs) > 0 then
    return query update pyaltt.task x set owner = null, token = x.token + 1, (state, due, died_at, attempts, errors) = (
        select
          case f.fate when 2 then 3 when 3 then 0 else 1 end,
          case when f.fate in (1, 4) then pyaltt.after_v1(clock, f.delay) end,
          case when f.fate = 2 then clock end,
          case when f.fate >= 3 then x.attempts - 1 else x.attempts end,
          case when f.fate < 3 then pyaltt.with_error_v1(x.errors, clock, x.attempts, f.error_text) else x.errors end
        from (select fates[at.n] as fate, delays[at.n] as delay, texts[at.n] as error_text
          from (select width_bucket(x.seq, seqs) as n) at) f)
      where x.seq = any(seqs) and x.token = tokens[width_bucket(x.seq, seqs)] and not x.cancelled
      returning 0, x.seq, x.token - 1, null::uuid, null::smallint, null::bigint, null::int, null::bigint, null::int, null::bigint,
        null::timestamptz, null::text, null::bytea;
  end if;

  -- After the statements that may wait: a pause is seen by whoever has waited for it.
  select (select x.due from pyaltt.task x where x.queue = q and x.state = 1 order by x.due limit 1) as next_due,
      exists (select 1 from pyaltt.queue u where u.queue = q and u.paused) as paused,
      alone and exists (select 1 from pyaltt.task x
        where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes >= 2 and x.version <= ver) as to_run_alone,
      exists (select 1 from pyaltt.owner w where w.queue = q and w.idle_kind = k and w.owner <> me) as others_idle
    into seen;
  next_due := seen.next_due;
  if looks_due and next_due <= clock then
    writes := true;
    ripe := array(
      select x.seq from pyaltt.task x where x.queue = q and x.state = 1 and x.due <= clock
      order by x.due, x.seq limit 256 for update skip locked);
    places := array(select nextval('pyaltt.pos') from generate_series(1, cardinality(ripe)));
    update pyaltt.task x set state = 0, due = null, pos = places[array_position(ripe, x.seq)] where x.seq = any(ripe);
    select x.due into next_due from pyaltt.task x where x.queue = q and x.state = 1 order by x.due limit 1;
    seen.to_run_alone := alone;
  end if;

  if seen.paused then left_ := 0; end if;
  if left_ > 0 and seen.to_run_alone then
    return query update pyaltt.task x set state = 2, owner = me, token = x.token + 1, attempts = x.attempts + 1
      where x.seq = any(array(
        select y.seq from pyaltt.task y
        where y.lane = ln and y.queue = q and y.kind = k and y.state = 0 and y.crashes >= 2 and y.version <= ver
        order by y.prio, y.pos limit 1 for update skip locked))
      returning 2, x.seq, x.token, x.id, x.prio, x.pos, x.attempts, x.max, x.crashes, x.version, x.put_at, x.headers::text, x.body;
    get diagnostics got = row_count;
    if got > 0 then left_ := 0; end if;
  end if;
  while left_ > 0 loop
    if oldest > 0 then
      -- They are locked after they are chosen: a lock on one that is not taken would hide it from others.
      chosen := array(
        select y.seq from unnest(array[0, 1, 2, 3]) as l(p) cross join lateral (
          select x.seq, x.pos from pyaltt.task x
          where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes < 2
            and x.prio = l.p and x.pos > lows[l.p + 1] and x.version <= ver
          order by x.pos limit least(oldest, left_)) y
        order by y.pos limit least(oldest, left_));
      return query update pyaltt.task x set state = 2, owner = me, token = x.token + 1, attempts = x.attempts + 1
        where x.seq = any(array(
          select y.seq from pyaltt.task y where y.seq = any(chosen) and y.state = 0 for update skip locked))
        returning 2, x.seq, x.token, x.id, x.prio, x.pos, x.attempts, x.max, x.crashes, x.version, x.put_at, x.headers::text, x.body;
      get diagnostics n = row_count; got := got + n; left_ := left_ - n;
    end if;
    if left_ > 0 then
      -- One level after the other: no more rows are locked than are taken.
      return query update pyaltt.task x set state = 2, owner = me, token = x.token + 1, attempts = x.attempts + 1
        where x.seq = any(array(
          select y.seq from unnest(array[0, 1, 2, 3]) as l(p) cross join lateral (
            select x.seq from pyaltt.task x
            where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes < 2
              and x.prio = l.p and x.pos > lows[l.p + 1] and x.version <= ver
            order by x.pos limit left_ for update skip locked) y
          limit left_))
        returning 3, x.seq, x.token, x.id, x.prio, x.pos, x.attempts, x.max, x.crashes, x.version, x.put_at, x.headers::text, x.body;
      get diagnostics n = row_count; got := got + n; left_ := left_ - n;
    end if;
    exit when got > 0 or lows = array[0, 0, 0, 0]::bigint[];
    -- What became ready late, or went back to its old place, may be below.
    lows := array[0, 0, 0, 0]::bigint[];
  end loop;

  if got > 0 then
    writes := true;
    -- Whoever was woken and leaves some passes the bell on. Whoever falls asleep later than this looks once more.
    if got = want and not rings and seen.others_idle then
      rings := exists (select 1 from pyaltt.task x
          where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes < 2 and x.version <= ver)
        or exists (select 1 from pyaltt.task x
          where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes >= 2 and x.version <= ver);
    end if;
    if sleeps = 2 then
      update pyaltt.owner w set idle_kind = null, idle_version = null where w.owner = me and w.idle_kind is not null;
      -- It was rung meanwhile, perhaps for another task than those that it has now.
      if not found then rings := true; end if;
    end if;
  elsif sleeps = 1 then
    update pyaltt.owner w set idle_kind = k, idle_version = ver where w.owner = me;
  end if;
  if counts then
    ready := (select count(*) from pyaltt.task x
        where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes < 2 and x.version <= ver)
      + (select count(*) from pyaltt.task x
        where x.lane = ln and x.queue = q and x.kind = k and x.state = 0 and x.crashes >= 2 and x.version <= ver);
  end if;
  if not writes then
    -- There is nothing that a crash could lose, so nobody waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
  end if;
  what := 9; r_seq := ready; r_prio := seen.paused::int; r_attempts := rings::int;
  -- Of none it is null: `greatest` passes over nulls.
  r_token := case when next_due is not null then greatest(0, ceil(extract(epoch from next_due - clock) * 1000)) end;
  return next;
end $$;
