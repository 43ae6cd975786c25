// What each call sends, and what it makes of the answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { beforeEach, test } from "node:test";
import { Conflict, ProtocolError, Record, UnreachableError } from "../src/index.js";
import { collect, newClient } from "./support.js";

let client, network, notes;
beforeEach(() => {
  client = newClient();
  ({ network } = client);
  notes = client.collection("notes");
});

test("a record is created, read, changed, replaced and deleted", async () => {
  const created = await notes.create({ title: "Tea" });
  assert.equal(created.title, "Tea");
  assert.equal(created.etag, `"${created.last_modified}"`);
  assert.deepEqual(await notes.get(created.id), created);

  const updated = await notes.update(created.id, { title: "Milk" }, { ifMatch: created });
  const replaced = await notes.replace(created.id, { title: "Salt" }, { ifMatch: updated.etag });
  assert.equal(replaced.title, "Salt");

  assert.ok((await notes.delete(created.id, { ifMatch: replaced.timestamp })).deleted);
  await assert.rejects(notes.get(created.id), { status: 404, errno: 111 });
});

test("a conflict has the present record", async () => {
  const created = await notes.create({ title: "Tea" });
  const present = await notes.update(created.id, { title: "Milk" });

  await assert.rejects(notes.update(created.id, { title: "x" }, { ifMatch: created }), (error) => {
    assert.ok(error instanceof Conflict && error instanceof ProtocolError);
    assert.ok(error.existing instanceof Record);
    assert.deepEqual(error.existing, present);
    return true;
  });
});

test("a list is read page by page, filtered, sorted and cut", async () => {
  for (const rank of [1, 2, 3, 4, 5]) await notes.create({ title: `${rank}`, rank });
  network.sent.length = 0;

  const found = await collect(
    notes.list({ filters: { min_rank: 2, in_rank: [1, 2, 5] }, sort: "-rank", fields: ["rank"], limit: 1 }),
  );

  assert.deepEqual(found.map(({ rank }) => rank), [5, 2]);
  assert.equal(network.sent.length, 2);
});

test("texts are found whatever they look like", async () => {
  for (const title of ["1", "true", "None", ' a"b ', "a,b", "x\\n", "é%", "-.5e3", "it's", "😀", "NaN"]) {
    const created = await notes.create({ title });
    assert.deepEqual(await collect(notes.list({ filters: { title } })), [created], title);
  }
});

test("a value of several cannot have a comma", async () => {
  await assert.rejects(collect(notes.list({ filters: { in_title: ["a,b"] } })), RangeError);
});

test("a batch is sent at its end", async () => {
  const created = await client.batch((batch) => {
    const collected = batch.collection("notes");
    return Array.from({ length: 60 }, (_, rank) => collected.create({ title: "x", rank }));
  });

  assert.deepEqual(created.map((each) => each.result().rank), [...Array(60).keys()]);
  const paths = network.sent.map(({ url }) => url.slice(client.url.length));
  assert.deepEqual(paths, ["/", "/batch", "/batch", "/batch"]);
});

test("what a batch is refused is thrown, and the rest is done", async () => {
  const kept = await notes.create({ title: "Tea" });
  let changed;

  await assert.rejects(
    client.batch((batch) => {
      const collected = batch.collection("notes");
      collected.get(randomUUID());
      changed = collected.update(kept.id, { title: "Milk" }, { ifMatch: kept });
    }),
    (error) => error instanceof AggregateError && error.errors[0].status === 404,
  );
  assert.equal(changed.result().title, "Milk");
});

test("changes are followed in order", async () => {
  const created = [];
  for (const rank of [1, 2, 3, 4]) created.push(await notes.create({ title: "x", rank }));
  await notes.delete(created[0].id);

  const found = await collect(notes.changes({ since: created[0] }), 4);

  assert.deepEqual(found.slice(0, 3), created.slice(1));
  assert.ok(found[3].deleted);
});

test("fields may have any name", async () => {
  const articles = client.collection("articles");
  const data = JSON.parse('{"title": "x", "__proto__": {"a": 1}, "etag": "e", "timestamp": 5}');
  const created = await articles.create(data);

  assert.equal(created.etag, "e");
  assert.deepEqual(Object.getOwnPropertyDescriptor(created, "__proto__").value, { a: 1 });
  const replaced = await articles.replace(created.id, { title: "y" }, { ifMatch: created });
  assert.equal(replaced.title, "y");
  assert.ok(created.permissions.write.length);
});

test("a request that did not arrive is sent again, later and later", async () => {
  network.fates = ["unsent", "unsent"];

  await notes.create({ title: "Tea" });

  assert.deepEqual(client.waits, [0.2, 0.4]);
});

test("a creation whose answer was lost is not repeated blindly", async () => {
  network.fates = [null, { status: 200, body: { capabilities: {} } }];
  await client.info();
  network.fates = ["lost"];
  client.session.hello.capabilities = {};

  await assert.rejects(notes.create({ title: "Tea" }), UnreachableError);
  assert.equal((await collect(notes.list())).length, 1);
});

test("what may be done twice is sent again", async () => {
  const created = await notes.create({ title: "Tea" });
  network.fates = ["lost"];
  const replaced = await notes.replace(created.id, { title: "Milk" }, { ifMatch: created });
  assert.deepEqual(await notes.get(created.id), replaced);
  network.fates = ["lost"];
  assert.ok((await notes.delete(created.id, { ifMatch: replaced })).deleted);
});

test("patience ends", async () => {
  network.fates = "unsent";
  await assert.rejects(notes.get(randomUUID()), UnreachableError);
  assert.equal(client.waits.length, 4);
});

test("Retry-After and Backoff are obeyed", async () => {
  const headers = { ETag: '"1"' };
  network.fates = [
    { status: 503, headers: { "Retry-After": "30" }, body: { errno: 201 } },
    { status: 200, headers: { ...headers, Backoff: "10" }, body: { data: [] } },
    { status: 200, headers, body: { data: [] } },
  ];
  await collect(notes.list());
  assert.deepEqual(client.waits, [30.2]);
  await collect(notes.list());
  assert.deepEqual(client.waits, [30.2, 10]);
});

test("whoever asks for too much is told to the caller", async () => {
  network.fates = [{ status: 503, headers: { "Retry-After": "3600" } }];
  await assert.rejects(notes.get(randomUUID()), { status: 503, errno: null });
  assert.deepEqual(client.waits, []);
});

test("strategies are known", async () => {
  const id = randomUUID();
  const copy = await notes.local(id);
  await copy.put({ id, title: "here" });
  await notes.replace(id, { title: "there" });
  await assert.rejects(copy.sync({ strategy: "mine" }), TypeError);
});
