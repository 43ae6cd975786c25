// The scenarios that the Python client runs too.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { collect, newClient, newUser } from "./support.js";

const scenarios = JSON.parse(await readFile(new URL("../../scenarios.json", import.meta.url)));
// In a service of another shape, records of one user are elsewhere.
const { CLIQUET_TEST_NOTES: NOTES = "notes" } = process.env;
const nameOf = (id) => id.at(-1);
const STRATEGIES = {
  join: ({ local, remote }) => ({ ...remote, title: `${local.title} ${remote.title}` }),
};

class Player {
  constructor(collection = NOTES.replace("{bucket}", randomUUID())) {
    this.auth = newUser();
    this.collection = collection;
    // Others have records in a collection that is open to everybody.
    const mark = collection === "pages" ? randomUUID().slice(-11) : "0".repeat(11);
    this.ids = `00000000-0000-4000-8000-${mark}`;
    this.server = newClient({ auth: this.auth }).collection(collection);
    this.devices = new Map();
  }

  /** Make the records that the collection is below, in services that have such. */
  async makeAbove() {
    const names = this.collection.split("/").filter(Boolean);
    const client = newClient({ auth: this.auth });
    for (let depth = 1; depth < names.length; depth += 2) {
      await client.collection(names.slice(0, depth).join("/")).replace(names[depth], {});
    }
  }

  async device(name) {
    if (!this.devices.has(name)) {
      const client = newClient({ auth: this.auth });
      const file = randomUUID();
      const open = () => client.collection(this.collection).local(file);
      this.devices.set(name, { network: client.network, open, copy: await open() });
    }
    return this.devices.get(name);
  }

  async play([who, what, ...how]) {
    const actor = who === "server" ? this.server : await this.device(who);
    await this[who === "server" ? `server_${what}` : `device_${what}`](actor, ...how);
  }

  idOf(name) {
    return `${this.ids}${name}`;
  }

  titles(records) {
    const own = records.filter(({ id }) => id.startsWith(this.ids));
    return Object.fromEntries(own.map(({ id, title }) => [nameOf(id), title]));
  }

  async server_put(server, { id, ...data }) {
    await server.replace(this.idOf(id), data);
  }

  async server_delete(server, id) {
    await server.delete(this.idOf(id));
  }

  async server_has(server, expected) {
    assert.deepEqual(this.titles(await collect(server.list())), expected);
  }

  async device_put({ copy }, { id, ...data }) {
    await copy.put({ ...(await copy.get(this.idOf(id))), id: this.idOf(id), ...data });
  }

  async device_delete({ copy }, id) {
    await copy.delete(this.idOf(id));
  }

  async device_has({ copy }, expected) {
    assert.deepEqual(this.titles(await copy.list()), expected);
  }

  async device_snapshots({ network }, expected) {
    const asked = network.sent.filter(({ url }) => url.includes("__snapshot__"));
    assert.equal(asked.length, expected);
    for (const { headers } of asked) assert.equal("Authorization" in headers, false);
  }

  async device_network(device, fates) {
    const edit = (fate) => (fate?.edit ? () => this.device_put(device, fate.edit) : fate);
    device.network.fates = Array.isArray(fates) ? fates.map(edit) : (fates ?? []);
  }

  async device_reopen(device) {
    device.copy.close();
    device.copy = await device.open();
  }

  async device_fails({ copy }) {
    await assert.rejects(copy.sync());
  }

  async device_sync({ copy }, { strategy = "server", ...expected }) {
    const result = await copy.sync({ strategy: STRATEGIES[strategy] ?? strategy });
    const told = {
      ...result,
      conflicts: result.conflicts.map(({ id, local, remote, base }) => [
        nameOf(id), ...[local, remote, base].map((each) => each?.title ?? null),
      ]),
      refused: result.refused.map(({ id, error }) => [nameOf(id), error.status]),
    };
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(told[name], value, name);
  }
}

const isElsewhere = NOTES !== "notes";
for (const { name, steps, collection } of scenarios) {
  if (collection && isElsewhere) continue;
  test(name, async () => {
    const player = new Player(collection);
    await player.makeAbove();
    for (const step of steps) await player.play(step);
  });
}
