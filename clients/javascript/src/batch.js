// Many calls as few requests: collected, split at the server's limit, sent in order.
import * as calls from "./calls.js";
import { ClientError, checked } from "./errors.js";
import { KEY, isIdempotent, newKey } from "./session.js";

/** The result of a call in a batch, once the batch was sent. */
class Deferred {
  constructor(call) {
    this.call = call;
    this.error = new ClientError("The batch was not sent");
  }

  settle(answer) {
    this.error = null;
    try {
      this.value = this.call.settle(answer);
    } catch (error) {
      this.error = error;
    }
  }

  /** Return what the call returned, or throw what it was refused for. */
  result() {
    if (this.error) throw this.error;
    return this.value;
  }
}

/** Calls that wait to be sent. */
export class Batch {
  constructor(session) {
    this.session = session;
    this.deferred = [];
  }

  collection(path) {
    return new BatchCollection(this, calls.collectionPath(path));
  }

  add(call) {
    const deferred = new Deferred(call);
    this.deferred.push(deferred);
    return deferred;
  }

  /** Send what was collected; each call knows its own result then. */
  async send() {
    const waiting = this.deferred.splice(0);
    if (waiting.length === 1) {
      waiting[0].settle(await this.session.send(waiting[0].call.request));
    } else if (waiting.length) {
      const limit = await this.session.batchLimit();
      for (let start = 0; start < waiting.length; start += limit) {
        await this.sendSome(waiting.slice(start, start + limit));
      }
    }
    return waiting;
  }

  async sendSome(waiting) {
    const requests = waiting.map(({ call }) => call.request);
    const answer = await this.session.send({
      method: "POST",
      path: "/batch",
      headers: { [KEY]: newKey() },
      body: { requests: requests.map(entry) },
      idempotent: requests.every(isIdempotent) || undefined,
    });
    const { responses } = checked(answer).body;
    waiting.forEach((deferred, index) => {
      const { status, headers, body } = responses[index];
      deferred.settle({ status, headers: new Headers(headers), body, repeated: answer.repeated });
    });
  }
}

/** The calls of one collection, collected in a batch. */
class BatchCollection {
  constructor(batch, path) {
    this.batch = batch;
    this.path = path;
  }

  get(id) {
    return this.batch.add(calls.get(this.path, id));
  }

  create(data, options) {
    return this.batch.add(calls.create(this.path, data, options));
  }

  replace(id, data, options) {
    return this.batch.add(calls.replace(this.path, id, data, options));
  }

  update(id, changes, options) {
    return this.batch.add(calls.update(this.path, id, changes, options));
  }

  delete(id, options) {
    return this.batch.add(calls.remove(this.path, id, options));
  }
}

function entry({ method, path, headers = {}, body }) {
  // The key of the batch stands for all of them.
  const { [KEY]: _key, ...kept } = headers;
  return { method, path, ...(Object.keys(kept).length && { headers: kept }), ...(body && { body }) };
}
