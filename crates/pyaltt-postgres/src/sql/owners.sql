create or replace function pyaltt.register_v1(q text, who text, process bigint, machine text, lease_ms bigint) returns bigint
language plpgsql as $$
declare o bigint;
begin
  -- Whatever the settings are: else a crash could take the number back, and it would be used again.
  perform set_config('synchronous_commit', 'on', true);
  insert into pyaltt.owner(queue, name, pid, host, expires)
    values (q, who, process, machine, pyaltt.now_v1() + lease_ms * interval '1 ms') returning owner into o;
  return o;
end $$;

-- Hands back what an owner has and does not know of. Returns the queue and how many; no row if there is no such owner.
create or replace function pyaltt.mine_v1(me bigint, seqs bigint[], tokens bigint[])
returns table(of_queue text, tasks bigint) language plpgsql
set enable_nestloop = off -- else all that it has is compared with all that it knows
as $$
declare n bigint;
begin
  select w.queue into of_queue from pyaltt.owner w where w.owner = me for update;
  if not found then return; end if;
  delete from pyaltt.task x where x.owner = me and x.state = 2 and x.cancelled
    and not exists (select 1 from unnest(seqs, tokens) as f(seq, token) where f.seq = x.seq and f.token = x.token);
  get diagnostics tasks = row_count;
  update pyaltt.task x set state = 0, owner = null, token = x.token + 1, attempts = x.attempts - 1
    where x.owner = me and x.state = 2
    and not exists (select 1 from unnest(seqs, tokens) as f(seq, token) where f.seq = x.seq and f.token = x.token);
  get diagnostics n = row_count;
  tasks := tasks + n;
  return next;
end $$;

-- Hands back all that an owner has, and forgets it. Returns its queue; none if there is no such owner.
create or replace function pyaltt.farewell_v1(me bigint) returns text language plpgsql as $$
declare of_queue text;
begin
  select w.queue into of_queue from pyaltt.owner w where w.owner = me for update;
  if not found then return null; end if;
  delete from pyaltt.task x where x.owner = me and x.state = 2 and x.cancelled;
  update pyaltt.task x set state = 0, owner = null, token = x.token + 1, attempts = x.attempts - 1
    where x.owner = me and x.state = 2;
  delete from pyaltt.owner w where w.owner = me;
  return of_queue;
end $$;

-- Takes their tasks from these owners, as far as their leases have run out, and forgets the owners. One that is in the middle
-- of a round is passed over: it lives.
create or replace function pyaltt.sweep_v1(owners bigint[], texts text[], deflt bigint, delay_ms bigint)
returns table(gone bigint, lost bigint, dead bigint) language plpgsql
set enable_seqscan = off -- whatever the size of the table was when the plans were made
as $$
declare
  clock timestamptz := pyaltt.now_v1();
  g record;
begin
  gone := 0; lost := 0; dead := 0;
  for g in select w.owner, f.error_text from pyaltt.owner w join unnest(owners, texts) as f(owner, error_text) on f.owner = w.owner
    where w.expires <= clock order by w.owner for update of w skip locked loop
    delete from pyaltt.task x where x.owner = g.owner and x.state = 2 and x.cancelled;
    with swept as (
      update pyaltt.task x set
        state = case when x.attempts >= coalesce(x.max, deflt) then 3 when delay_ms > 0 then 1 else 0 end,
        due = case when x.attempts < coalesce(x.max, deflt) and delay_ms > 0 then pyaltt.after_v1(clock, delay_ms) end,
        died_at = case when x.attempts >= coalesce(x.max, deflt) then clock end,
        owner = null, token = x.token + 1, crashes = x.crashes + 1,
        errors = pyaltt.with_error_v1(x.errors, clock, x.attempts, g.error_text)
      where x.owner = g.owner and x.state = 2 returning x.state)
    select gone + 1, lost + count(*) filter (where s.state < 3), dead + count(*) filter (where s.state = 3)
      into gone, lost, dead from swept s;
    delete from pyaltt.owner w where w.owner = g.owner;
  end loop;
  return next;
end $$;
