-- Removes a task, or marks it if it runs. Returns 0 unknown, 1 removed, 2 running.
create or replace function pyaltt.cancel_v1(q text, task uuid) returns int language plpgsql
set enable_seqscan = off -- whatever the size of the table was when the plans were made
as $$
declare o bigint;
begin
  loop
    delete from pyaltt.task x where x.id = task and x.queue = q and x.state <> 2;
    if found then return 1; end if;
    select x.owner into o from pyaltt.task x where x.id = task and x.queue = q;
    if not found then return 0; end if;
    -- The owner first, as in a round.
    update pyaltt.owner w set has_cancelled = true where w.owner = o;
    update pyaltt.task x set cancelled = true where x.id = task and x.queue = q and x.state = 2 and x.owner = o;
    if found then return 2; end if;
  end loop;
end $$;

-- Makes dead tasks ready: one, those that died up to a time, those of a kind, or all. Returns a row without an id for each that
-- is ready now, and one with its id for each whose key another task holds.
create or replace function pyaltt.requeue_v1(q text, task uuid, age_ms bigint, k text) returns table(held uuid) language plpgsql
set enable_seqscan = off
as $$
declare
  clock timestamptz := pyaltt.now_v1();
  d record;
begin
  for d in select x.seq, x.id, x.ukey from pyaltt.task x where x.queue = q and x.state = 3 and (task is null or x.id = task)
      and (age_ms is null or x.died_at <= clock - age_ms * interval '1 ms') and (k is null or x.kind = k)
      order by x.seq for update loop
    held := null;
    if d.ukey is null then
      update pyaltt.task x set state = 0, pos = nextval('pyaltt.pos'), attempts = 0, crashes = 0, died_at = null
        where x.seq = d.seq;
    elsif exists (select 1 from pyaltt.task x where x.queue = q and x.ukey = d.ukey and x.state < 3) then
      held := d.id;
    else
      begin
        update pyaltt.task x set state = 0, pos = nextval('pyaltt.pos'), attempts = 0, crashes = 0, died_at = null
          where x.seq = d.seq;
      exception when unique_violation then
        held := d.id;
      end;
    end if;
    return next;
  end loop;
end $$;

-- Removes dead tasks, chosen as above. Returns how many.
create or replace function pyaltt.purge_v1(q text, task uuid, age_ms bigint, k text) returns bigint language plpgsql
set enable_seqscan = off
as $$
declare
  clock timestamptz := pyaltt.now_v1();
  n bigint;
begin
  delete from pyaltt.task x where x.queue = q and x.state = 3 and (task is null or x.id = task)
    and (age_ms is null or x.died_at <= clock - age_ms * interval '1 ms') and (k is null or x.kind = k);
  get diagnostics n = row_count;
  return n;
end $$;

-- Lends nothing out any more, once this is committed: it waits for the rounds that are under way, and those that follow wait
-- for it.
create or replace function pyaltt.pause_v1(q text) returns void language plpgsql as $$
begin
  insert into pyaltt.queue(queue, paused) values (q, true) on conflict (queue) do update set paused = true;
  perform 1 from pyaltt.owner w where w.queue = q order by w.owner for update;
end $$;

-- Makes ready what is in the hands of an owner that is not there. Returns how many were mended.
create or replace function pyaltt.repair_v1(q text) returns bigint language plpgsql as $$
declare
  clock timestamptz := pyaltt.now_v1();
  n bigint;
  cancelled_ bigint;
begin
  delete from pyaltt.task x where x.queue = q and x.state = 2 and x.cancelled
    and not exists (select 1 from pyaltt.owner w where w.owner = x.owner);
  get diagnostics cancelled_ = row_count;
  update pyaltt.task x set state = 0, owner = null, token = x.token + 1, crashes = x.crashes + 1,
    errors = pyaltt.with_error_v1(x.errors, clock, x.attempts, format('lost: its owner %s is not there; made ready by a repair', x.owner))
    where x.queue = q and x.state = 2 and not exists (select 1 from pyaltt.owner w where w.owner = x.owner);
  get diagnostics n = row_count;
  return n + cancelled_;
end $$;
