// Streams of a server, which are cut while somebody writes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Network, newClient } from "./support.js";

/** A network on which each stream is cut after some bytes. */
class Cutting extends Network {
  streams = 0;

  async fetch(url, options) {
    const response = await super.fetch(url, options);
    if (options.headers.Accept !== "text/event-stream" || !response.ok) return response;
    this.streams += 1;
    // Before the first event, in the middle of some, after several.
    let left = (this.streams * 211) % 977;
    const cut = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
        if (left < 0) controller.error(new TypeError("terminated"));
      },
    });
    const { status, headers } = response;
    return new Response(response.body.pipeThrough(cut), { status, headers });
  }
}

test("who follows by streams that are cut is told every change once, in order", async () => {
  const network = new Cutting();
  const client = newClient({ network });
  const notes = newClient({ auth: client.auth }).collection("notes");
  const known = await notes.create({ title: "known" });
  const changes = client.collection("notes").changes({ since: known });

  for (let rank = 1; rank <= 40; rank += 1) {
    const written = await notes.create({ title: "x".repeat((rank * 37) % 300), rank });
    assert.deepEqual((await changes.next()).value, written);
  }
  const tombstone = await notes.delete(known.id);
  assert.deepEqual((await changes.next()).value, tombstone);
  await changes.return();

  assert.ok(network.streams > 10, `${network.streams} streams`);
  assert.ok(network.sent.some(({ headers }) => headers["Last-Event-ID"]));
});
