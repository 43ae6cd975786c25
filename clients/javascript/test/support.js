// The server that tests talk to, networks that lose what they are told to, and devices.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "../src/index.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
// It ends with its input, so with this process.
const SAMPLE = `
import sys
from cliquet.conformance.starter import started
with started(None, "waitress", {"paginate_by": "2"}) as root:
    print(f"{root}v1", flush=True)
    sys.stdin.read()
`;
const { CLIQUET_TEST_URL = await startSample() } = process.env;
export const URL_OF_SERVICE = CLIQUET_TEST_URL.replace(/\/+$/, "");

/** Start the sample of this checkout, on a free port; its URL. */
async function startSample() {
  const own = `${ROOT}.venv/bin/python`;
  const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
  const stdio = ["pipe", "pipe", "inherit"];
  const child = spawn(python, ["-c", SAMPLE], { cwd: ROOT, stdio });
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise((resolve, reject) => {
    lines.once("line", resolve).once("close", () => reject(new Error("The sample did not start")));
    child.once("error", reject);
  });
  for (const each of [child, child.stdin, child.stdout]) each.unref();
  return line;
}

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

