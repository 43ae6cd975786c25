// Event streams are read alike, wherever they are cut: what the Python client reads too.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { EventReader } from "../src/events.js";

const cases = JSON.parse(await readFile(new URL("../../events.json", import.meta.url)));

function readAll(chunks) {
  const reader = new EventReader();
  const events = chunks.flatMap((chunk) => reader.feed(chunk));
  const { lastId: last, retry, comments } = reader;
  return { events: events.map(({ type, data, id }) => [type, data, id]), last, retry, comments };
}

/** Return chunks that end at each of some places. */
function cut(bytes, places) {
  const ends = [...new Set(places.map((each) => Math.min(each, bytes.length)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, n) => bytes.subarray(start, ends[n] ?? bytes.length));
}

for (const { name, text, events, last, retry = null, comments = 0 } of cases) {
  test(name, () => {
    const bytes = new TextEncoder().encode(text);
    const expected = { events, last, retry, comments };
    assert.deepEqual(readAll([bytes]), expected);
    assert.deepEqual(readAll([...bytes].map((each) => Uint8Array.of(each))), expected);
    for (let one = 0; one <= bytes.length; one += 1) {
      for (let other = one; other <= bytes.length; other += 1) {
        assert.deepEqual(readAll(cut(bytes, [one, other])), expected, `${one}, ${other}`);
      }
    }
  });
}

test("any cut of any bytes tells the same", () => {
  // The same ones in each run.
  let state = 1;
  const below = (limit) => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  const pieces = ["\r", "\n", "\r\n", "\n\n", ":", " ", "data", "data: é", "id: 1", "id", "id: 2\0",
    "event: x", "retry: 5", "\ufeff", "😀", "\0", "other: y"].map((each) => [...Buffer.from(each)]);
  for (let run = 0; run < 2000; run += 1) {
    const found = Array.from({ length: below(30) }, () => (below(20) ? pieces[below(pieces.length)] : [below(256)]));
    const bytes = Uint8Array.from(found.flat());
    const places = Array.from({ length: below(8) }, () => below(bytes.length + 1));
    assert.deepEqual(readAll(cut(bytes, places)), readAll([bytes]), `${[...bytes]} at ${places}`);
  }
});
