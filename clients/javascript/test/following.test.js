// What followers ask for and tell, by streams that are cut: scenarios of the Python client too.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Client, ProtocolError } from "../src/index.js";

const scenarios = JSON.parse(await readFile(new URL("../../following.json", import.meta.url)));
const URL_OF_SERVICE = "http://localhost/v1";
const ORDER = ["since", "min_rank", "wait"];

/** Return what a request asks for, in the words of scenarios. */
function describe(url, { headers }) {
  const query = new URL(url).searchParams;
  if (query.has("_token")) return "list page";
  const isStream = headers.Accept === "text/event-stream";
  if (!isStream) assert.equal(query.get("_sort"), "last_modified");
  query.delete("_sort");
  const words = [...query].map(([name, value]) => [name.replace(/^_/, ""), value]);
  words.sort(([one], [other]) => ORDER.indexOf(one) - ORDER.indexOf(other));
  for (const [header, word] of [["Last-Event-ID", "last"], ["If-None-Match", "known"]]) {
    if (headers[header]) words.push([word, headers[header].replaceAll('"', "")]);
  }
  return [isStream ? "stream" : "list", ...words.map((each) => each.join("="))].join(" ");
}

/** A body of chunks, which is cut, ends or stays open. */
function bodyOf(chunks, end, signal) {
  const left = [...chunks];
  return new ReadableStream({
    start(controller) {
      signal.addEventListener("abort", () => controller.error(signal.reason));
    },
    pull(controller) {
      if (left.length) controller.enqueue(new TextEncoder().encode(left.shift()));
      else if (end === "cut") controller.error(new TypeError("terminated"));
      else if (end !== "open") controller.close();
    },
  });
}

/** A server whose answers are written; at last, it refuses everybody. */
class Scripted {
  constructor({ capabilities = { stream: {} }, answers }) {
    this.hello = { capabilities };
    this.answers = [...answers];
    this.asked = [];
    this.signals = [];
    this.fetch = this.fetch.bind(this);
  }

  async fetch(url, options) {
    if (url.endsWith("/v1/")) return Response.json(this.hello);
    this.asked.push(describe(url, options));
    const answer = this.answers.shift() ?? { status: 403 };
    if (answer.lost) throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
    const headers = new Headers(answer.headers);
    if (answer.chunks) {
      this.signals.push(options.signal);
      headers.set("Content-Type", "text/event-stream; charset=utf-8");
      const end = answer.cut ? "cut" : answer.end;
      return new Response(bodyOf(answer.chunks, end, options.signal), { headers });
    }
    if (answer.timestamp) headers.set("ETag", `"${answer.timestamp}"`);
    if (answer.next) headers.set("Next-Page", `${URL_OF_SERVICE}/tasks?_token=x`);
    const data = (answer.records ?? []).map((each) => ({ id: `${each}`, last_modified: each }));
    const body = answer.status === 304 ? null : JSON.stringify({ data });
    return new Response(body, { status: answer.status ?? 200, headers });
  }
}

function newFollowed(server, options = {}) {
  const waits = [];
  let now = 1_000_000;
  const sleep = async (seconds) => {
    waits.push(seconds);
    now += seconds * 1000;
  };
  const { fetch } = server;
  const client = new Client(URL_OF_SERVICE, { fetch, sleep, now: () => now, random: () => 1, ...options });
  return { waits, tasks: client.collection("tasks") };
}

for (const { name, asked, told, waits, filters, wait, ends = 403, ...scenario } of scenarios) {
  test(name, async () => {
    const server = new Scripted(scenario);
    const followed = newFollowed(server);
    const found = [];
    await assert.rejects(async () => {
      const changes = followed.tasks.changes({ since: 1, filters, wait });
      for await (const each of changes) found.push(each.timestamp);
    }, (error) => error instanceof ProtocolError && error.status === ends);

    assert.deepEqual(server.asked, asked);
    assert.deepEqual(found, told);
    assert.deepEqual(followed.waits.map((each) => Math.round(each * 1e6) / 1e6), waits);
    assert.ok(server.signals.every(({ aborted }) => aborted));
  });
}

const OPEN = { chunks: ['id: 2\ndata: {"last_modified":2}\n\n'], end: "open" };

test("who leaves a loop closes the stream", async () => {
  const server = new Scripted({ answers: [OPEN] });
  for await (const each of newFollowed(server).tasks.changes({ since: 1 })) {
    assert.equal(each.timestamp, 2);
    assert.ok(!server.signals[0].aborted);
    break;
  }
  assert.ok(server.signals[0].aborted);
  assert.equal(server.asked.length, 1);
});

test("who leaves while nothing comes closes the stream", async () => {
  const server = new Scripted({ answers: [OPEN] });
  const changes = newFollowed(server).tasks.changes({ since: 1 });
  await changes.next();
  const waiting = changes.next();

  await changes.return();

  assert.ok(server.signals[0].aborted);
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.equal(server.asked.length, 1);
});

test("silence is a cut", async () => {
  const server = new Scripted({ answers: [OPEN, { chunks: [], end: "open" }] });
  const { tasks } = newFollowed(server, { longestSilence: 0.05 });
  await assert.rejects(async () => {
    for await (const each of tasks.changes({ since: 1 })) assert.equal(each.timestamp, 2);
  }, { status: 403 });
  assert.deepEqual(server.asked, ["stream since=1", "stream since=2 last=2", "list since=2 known=2"]);
});
