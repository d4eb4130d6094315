-- The time of all queues: that of the server. A function of its own, so that tests can have another one.
create or replace function pyaltt.now_v1() returns timestamptz language sql volatile as 'select clock_timestamp()';

-- The time that is so many milliseconds after another one, up to the year 9999.
create or replace function pyaltt.after_v1(start timestamptz, span_ms bigint) returns timestamptz language sql stable as
  $$ select least(start + span_ms * interval '1 ms', timestamptz '9999-12-31 23:59:59.999+00') $$;

create or replace function pyaltt.ms_v1(at timestamptz) returns bigint language sql stable as
  $$ select floor(extract(epoch from at) * 1000)::bigint $$;

-- The errors of a task with one more. The last ten are kept.
create or replace function pyaltt.with_error_v1(errors jsonb, at timestamptz, attempt int, error_text text)
returns jsonb language sql stable as $$
  select (case when jsonb_array_length(errors) >= 10 then errors - 0 else errors end)
    || jsonb_build_object('at', pyaltt.ms_v1(at), 'attempt', attempt, 'text', error_text) $$;

-- When a task is due that was put with a delay or a time, each in milliseconds; none if it is ready at once.
create or replace function pyaltt.due_v1(clock timestamptz, delay_ms bigint, time_ms bigint) returns timestamptz
language sql stable as $$
  select case when delay_ms > 0 then pyaltt.after_v1(clock, delay_ms)
              when time_ms is null then null
              when time_ms > pyaltt.ms_v1(clock) then pyaltt.after_v1(timestamptz 'epoch', time_ms) end $$;

-- Where the tasks of a queue and a kind stand in the indexes of the ready. Those of another one may stand there as well, so the
-- texts are compared too. The lanes of a queue follow each other.
create or replace function pyaltt.lane_v1(q text, k text) returns bigint language sql immutable as
  $$ select (hashtext(q)::bigint << 32) + (hashtext(k)::bigint & 4294967295) $$;
