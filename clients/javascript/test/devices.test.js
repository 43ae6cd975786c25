// A model checker: several devices, at random, over a network that loses answers.
//
// After quiescence all copies equal the server, and the last change of each device to each
// record was seen by the server or told as a conflict.
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomUUID } from "node:crypto";
import { UnreachableError } from "../src/index.js";
import { collect, newClient, newUser } from "./support.js";

const PROGRAMS = Number(process.env.CLIQUET_TEST_PROGRAMS ?? 5);
const IDS = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const STEPS = 40;

class Crash extends Error {}

/** Return a function that gives numbers from 0 to 1, the same ones for a seed. */
function chanceOf(seed) {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

class World {
  constructor(seed) {
    this.chance = chanceOf(seed);
    this.auth = newUser();
    this.server = newClient({ auth: this.auth }).collection("notes");
    this.made = new Map();
    this.seen = new Set();
    this.told = new Set();
    this.number = 0;
    this.since = 0;
  }

  choose(values) {
    return values[Math.floor(this.chance() * values.length)];
  }

  async look() {
    for (const each of await collect(this.server.list({ since: this.since }))) {
      this.seen.add(each.title);
    }
    this.since = this.server.timestamp;
  }
}

class Device {
  constructor(world) {
    this.world = world;
    this.key = randomUUID();
    const client = newClient({ auth: world.auth });
    this.network = client.network;
    this.open = async () => {
      this.copy = await client.collection("notes").local(this.key);
    };
  }

  async edit() {
    const { world } = this;
    const id = world.choose(IDS);
    const present = await this.copy.get(id);
    if (present && world.chance() < 0.25) {
      world.made.delete(this.key + id);
      return this.copy.delete(id);
    }
    world.number += 1;
    const title = `title ${world.number}`;
    world.made.set(this.key + id, title);
    return this.copy.put({ ...present, id, title });
  }

  async sync(loss) {
    const { world, network } = this;
    const send = network.fetch;
    network.fates = [];
    const session = this.copy.session;
    session.fetch = async (...request) => {
      const kind = world.chance() < loss ? world.choose(["lost", "unsent", "crash", "edit"]) : null;
      if (kind === "crash") throw new Crash();
      if (kind === "edit") await this.edit();
      network.fates = [kind === "edit" ? null : kind];
      return send(...request);
    };
    const attempt = session.try;
    session.try = async (request) => {
      const outcome = await attempt.call(session, request);
      if (outcome.error instanceof Crash) throw outcome.error;
      return outcome;
    };
    const merge = ({ local, remote }) =>
      local && remote && !remote.deleted ? { ...remote, title: local.title } : local;
    try {
      const result = await this.copy.sync({ strategy: world.choose(["server", "client", merge]) });
      assert.deepEqual(result.refused, []);
      for (const { local } of result.conflicts) if (local) world.told.add(local.title);
    } catch (error) {
      if (error instanceof Crash) await this.open();
      else if (!(error instanceof UnreachableError)) throw error;
    } finally {
      session.fetch = send;
      delete session.try;
    }
  }
}

for (let seed = 0; seed < PROGRAMS; seed += 1) {
  test(`devices agree, and no change is lost silently: program ${seed}`, async () => {
    const world = new World(seed);
    const devices = [1, 2, 3].map(() => new Device(world));
    for (const device of devices) await device.open();
    for (let step = 0; step < STEPS; step += 1) {
      const device = world.choose(devices);
      if (world.chance() < 0.6) await device.edit();
      else await device.sync(0.25);
      await world.look();
    }
    for (const device of [...devices, ...devices]) {
      await device.sync(0);
      await world.look();
    }
    const records = await collect(world.server.list());
    records.sort((one, other) => (one.id < other.id ? -1 : 1));
    for (const { copy } of devices) {
      assert.equal(await copy.pending(), 0);
      assert.deepEqual(await copy.list(), records);
    }
    const lost = [...world.made.values()].filter((t) => !world.seen.has(t) && !world.told.has(t));
    assert.deepEqual(lost, []);
    assert.ok(world.seen.size > 0);
  });
}
