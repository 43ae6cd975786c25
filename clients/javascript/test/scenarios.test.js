// The scenarios that the Python client runs too.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { collect, newClient, newUser } from "./support.js";

const scenarios = JSON.parse(await readFile(new URL("../../scenarios.json", import.meta.url)));
const idOf = (name) => `00000000-0000-4000-8000-00000000000${name}`;
const nameOf = (id) => id.at(-1);
const STRATEGIES = {
  join: ({ local, remote }) => ({ ...remote, title: `${local.title} ${remote.title}` }),
};

class Player {
  constructor() {
    this.auth = newUser();
    this.server = newClient({ auth: this.auth }).collection("notes");
    this.devices = new Map();
  }

  async device(name) {
    if (!this.devices.has(name)) {
      const client = newClient({ auth: this.auth });
      const file = randomUUID();
      const open = () => client.collection("notes").local(file);
      this.devices.set(name, { network: client.network, open, copy: await open() });
    }
    return this.devices.get(name);
  }

  async play([who, what, ...how]) {
    const actor = who === "server" ? this.server : await this.device(who);
    await this[who === "server" ? `server_${what}` : `device_${what}`](actor, ...how);
  }

  async server_put(server, { id, ...data }) {
    await server.replace(idOf(id), data);
  }

  async server_delete(server, id) {
    await server.delete(idOf(id));
  }

  async server_has(server, expected) {
    assert.deepEqual(titles(await collect(server.list())), expected);
  }

  async device_put({ copy }, { id, ...data }) {
    await copy.put({ ...(await copy.get(idOf(id))), id: idOf(id), ...data });
  }

  async device_delete({ copy }, id) {
    await copy.delete(idOf(id));
  }

  async device_has({ copy }, expected) {
    assert.deepEqual(titles(await copy.list()), expected);
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

function titles(records) {
  return Object.fromEntries(records.map(({ id, title }) => [nameOf(id), title]));
}

for (const { name, steps } of scenarios) {
  test(name, async () => {
    const player = new Player();
    for (const step of steps) await player.play(step);
  });
}
