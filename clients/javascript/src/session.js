// One service: how requests reach it, are sent again, and what is known of it.
import { UnreachableError, checked } from "./errors.js";
import { Watch, isStream } from "./watch.js";

export const KEY = "Idempotency-Key";
const CREDENTIALS = /^(authorization|cookie|x-api-key)$/i;
const BUSY = [429, 502, 503, 504];
// The errno of 409: an earlier attempt of this request is still running.
const STILL_RUNNING = 120;
const IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];
const FIRST_SECONDS = 0.2;
const LONGEST_SECONDS = 10;
// Of a batch, however many more the server would take.
const BATCH_REQUESTS = 500;

const sleepFor = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class Session {
  constructor(url, { auth, headers = {}, timeout = 30, retries = 4, longestWait = 60,
    longestSilence = 45, fetch, sleep = sleepFor, now = Date.now, random = Math.random, onAlert } = {}) {
    this.url = url.replace(/\/+$/, "");
    this.headers = { Accept: "application/json", ...headers };
    if (auth) this.headers.Authorization = `Basic ${base64(auth.join(":"))}`;
    // Browsers want it to be called upon nothing else than their window.
    const send = fetch ?? ((...args) => globalThis.fetch(...args));
    Object.assign(this, { timeout, retries, longestWait, longestSilence });
    Object.assign(this, { sleep, now, random, onAlert });
    this.fetch = send;
    this.alert = null;
    this.hello = null;
    this.notBefore = 0;
  }

  /** Send a request until there is an answer to keep, or patience ends. */
  async send(request) {
    for (let attempt = 0; ; attempt += 1) {
      await this.leaveAlone();
      const outcome = await this.try(request);
      if (!outcome.error) {
        this.obey(outcome);
        outcome.repeated = attempt > 0;
        if (!isBusy(outcome)) return outcome;
      }
      const delay = this.delay(outcome, attempt);
      const isLast = attempt === this.retries || delay > this.longestWait;
      if (isLast || !(await this.mayRepeat(request, outcome))) {
        if (!outcome.error) return outcome;
        const message = `No answer to ${request.method} ${request.path}: ${outcome.error.message}`;
        throw new UnreachableError(message, { cause: outcome.error });
      }
      await this.sleep(delay);
    }
  }

  /** Return the hello page. */
  async info() {
    this.hello = checked(await this.send({ method: "GET", path: "/" })).body;
    return this.hello;
  }

  async knownInfo() {
    return this.hello ?? (await this.info());
  }

  /** Return how many requests a batch may have. */
  async batchLimit() {
    const most = (await this.knownInfo()).settings?.batch_max_requests;
    return Math.min(most || BATCH_REQUESTS, BATCH_REQUESTS);
  }

  /** Ask for a stream, once: the answer has `chunks`, which end when it is cut. */
  async open({ method, path, headers }, left) {
    await this.leaveAlone();
    const watch = new Watch(this.longestSilence, left);
    const options = { method, headers: { ...this.headers, ...headers }, cache: "no-store" };
    let chunks = null;
    try {
      const response = await this.fetch(this.url + path, { ...options, signal: watch.signal });
      const answer = { status: response.status, headers: response.headers };
      this.obey(answer);
      if (isStream(response)) chunks = watch.chunks(response.body);
      return chunks ? { ...answer, chunks } : { ...answer, body: read(await response.text()) };
    } catch (error) {
      return { error };
    } finally {
      if (!chunks) watch.end();
    }
  }

  /** Send a request once; the error of what was lost. */
  async try({ method, path, headers = {}, body, anonymous }) {
    const options = { method, headers: { ...this.headers, ...headers }, cache: "no-store" };
    if (anonymous) {
      // Shared caches pass on what has credentials.
      Object.assign(options, { cache: "default", credentials: "omit" });
      for (const name of Object.keys(options.headers)) {
        if (CREDENTIALS.test(name)) delete options.headers[name];
      }
    }
    if (this.timeout) options.signal = AbortSignal.timeout(this.timeout * 1000);
    if (body !== undefined) {
      options.body = JSON.stringify(body);
      options.headers["Content-Type"] = "application/json";
    }
    try {
      const response = await this.fetch(path.startsWith("/") ? this.url + path : path, options);
      return {
        status: response.status,
        headers: response.headers,
        body: read(await response.text()),
      };
    } catch (error) {
      // Browsers do not tell; Node does.
      return { error, unsent: error.cause?.code === "ECONNREFUSED" };
    }
  }

  async leaveAlone() {
    const seconds = (this.notBefore - this.now()) / 1000;
    if (seconds > 0) await this.sleep(Math.min(seconds, this.longestWait));
  }

  obey({ headers }) {
    const seconds = secondsOf(headers, "Backoff");
    this.notBefore = seconds ? this.now() + seconds * 1000 : 0;
    const alert = headers.get("Alert");
    if (alert && !this.alert) {
      this.alert = read(alert) ?? { message: alert };
      this.onAlert?.(this.alert);
    }
  }

  delay(outcome, attempt) {
    const asked = outcome?.headers ? secondsOf(outcome.headers, "Retry-After") : 0;
    const grown = Math.min(FIRST_SECONDS * 2 ** attempt, LONGEST_SECONDS);
    return asked + grown * (0.5 + this.random() / 2);
  }

  async mayRepeat(request, outcome) {
    if (isIdempotent(request) || outcome.unsent) return true;
    return Boolean(request.headers?.[KEY]) && (await this.keepsKeys());
  }

  async keepsKeys() {
    if (!this.hello) {
      const answer = await this.try({ method: "GET", path: "/" });
      if (answer.error || answer.status !== 200) return false;
      this.hello = answer.body;
    }
    return "idempotency" in (this.hello.capabilities ?? {});
  }
}

/** Return whether the answer to a request is yet to come. */
export function isBusy({ status, body }) {
  return BUSY.includes(status) || (status === 409 && body?.errno === STILL_RUNNING);
}

/** Return whether doing a request twice is doing it once (RFC 9110, 9.2.2). */
export function isIdempotent({ method, idempotent }) {
  return idempotent ?? IDEMPOTENT.includes(method);
}

export function newKey() {
  return `"${crypto.randomUUID()}"`;
}

export function secondsOf(headers, name) {
  const text = headers.get(name) ?? "";
  return /^\d+$/.test(text) ? Number(text) : 0;
}

function read(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // Of a proxy: the status says what there is to say.
  }
}

function base64(text) {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
