// The server that tests talk to, networks that lose what they are told to, and devices.
import { randomUUID } from "node:crypto";
import { Client } from "../src/index.js";

const { CLIQUET_TEST_URL } = process.env;
if (!CLIQUET_TEST_URL) {
  throw new Error(
    "CLIQUET_TEST_URL names no server: pytest tests/client/test_javascript.py starts one",
  );
}
export const URL_OF_SERVICE = CLIQUET_TEST_URL.replace(/\/+$/, "");

/** Return a user whom nobody else is. */
export function newUser() {
  return ["user", randomUUID()];
}

/**
 * A network: `fates` are what becomes of its next requests, or of all of them.
 *
 * `null` they are answered, "unsent" they never arrive, "lost" they are done and the
 * answer is lost; an object is the response that comes instead, a function is called first.
 */
export class Network {
  constructor() {
    this.fates = [];
    this.sent = [];
    this.fetch = this.fetch.bind(this);
  }

  async fetch(url, options) {
    this.sent.push({ url, ...options });
    const fate = Array.isArray(this.fates) ? this.fates.shift() : this.fates;
    if (typeof fate === "function") await fate();
    if (fate === "unsent") {
      throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
    }
    if (fate && typeof fate === "object") {
      const { status, headers, body } = fate;
      return new Response(body ? JSON.stringify(body) : null, { status, headers });
    }
    const response = await fetch(url, options);
    if (fate !== "lost") return response;
    await response.arrayBuffer();
    throw new TypeError("terminated");
  }
}

/** Return a client for whom time passes at once; `waits` are the seconds it waited. */
export function newClient({ auth = newUser(), network = new Network(), waits = [] } = {}) {
  let now = 1_000_000;
  const sleep = async (seconds) => {
    waits.push(seconds);
    now += seconds * 1000;
  };
  const options = { auth, fetch: network.fetch, sleep, now: () => now, random: () => 1 };
  const client = new Client(URL_OF_SERVICE, options);
  return Object.assign(client, { waits, network, auth });
}

export async function collect(iterator, limit = Infinity) {
  const found = [];
  if (limit === 0) return found;
  for await (const each of iterator) {
    found.push(each);
    if (found.length === limit) break;
  }
  return found;
}

