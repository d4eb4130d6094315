// The side of graphile-worker, in Node: `node graphile.mjs ADDRESS WORK COUNT BYTES [AT_ONCE] [LOCAL_QUEUE]`.
//
// Writes one line of JSON: the nanoseconds a task, and those of the processor.
import { Logger, makeWorkerUtils, run } from "graphile-worker";

const [address, work, count, bytes, atOnce, localQueue] = process.argv
  .slice(2)
  .map((argument, index) => (index < 2 ? argument : Number(argument)));

// It would write two lines for each job.
const logger = new Logger(() => () => {});
const connection = { connectionString: address, logger };
const utils = await makeWorkerUtils(connection);
await utils.migrate();

/** A task whose JSON has as many bytes as that of all contenders. */
function letter(number) {
  const empty = JSON.stringify({ number, stamp: 0, text: "" });
  return { number, stamp: 0, text: "x".repeat(bytes - empty.length) };
}

async function measured(task) {
  const began = process.hrtime.bigint();
  const spent = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(spent);
  const ns = Number(process.hrtime.bigint() - began) / count;
  return { ns, cpu: ((user + system) * 1000) / count };
}

async function waiting() {
  const { rows } = await utils.withPgClient((client) =>
    client.query("select count(*)::int as waiting from graphile_worker.jobs"),
  );
  return rows[0].waiting;
}

/** One after the other, as each waits for its answer. */
async function puts(count) {
  for (let number = 0; number < count; number += 1) {
    await utils.addJob("letter", letter(number));
  }
}

async function runs() {
  for (let first = 0; first < count; first += 1000) {
    const numbers = Array.from({ length: Math.min(1000, count - first) }, (_, index) => first + index);
    await utils.addJobs(numbers.map((number) => ({ identifier: "letter", payload: letter(number) })));
  }
  let handled = 0;
  let sum = 0;
  let over;
  const all = new Promise((resolve) => {
    over = resolve;
  });
  const batches = { localQueue: { size: localQueue }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  const preset = {
    worker: {
      connectionString: address,
      concurrentJobs: atOnce,
      maxPoolSize: atOnce + 1,
      logger,
      ...(localQueue > 0 ? batches : {}),
    },
  };
  const taskList = {
    letter: async ({ number }) => {
      sum += number;
      handled += 1;
      if (handled === count) over();
    },
  };
  let runner;
  const figures = await measured(async () => {
    runner = await run({ preset, taskList, noHandleSignals: true });
    await all;
  });
  await runner.stop();
  if (handled !== count || sum !== (count * (count - 1)) / 2) {
    throw new Error(`${handled} letters with the sum ${sum} were handled`);
  }
  const left = await waiting();
  if (left !== 0) throw new Error(`${left} letters are left`);
  return figures;
}

let figures;
if (work === "run") {
  figures = await runs();
} else {
  const warmUp = Math.max(1, Math.floor(count / 10));
  await puts(warmUp);
  figures = await measured(() => puts(count));
  const stored = (await waiting()) - warmUp;
  if (stored !== count) throw new Error(`${stored} letters of ${count} are stored`);
}
await utils.release();
console.log(JSON.stringify({ figures }));
