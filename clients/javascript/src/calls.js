// Which request each call is, and what its answer means.
//
// A call is `{ request, settle }`: `settle` makes of an answer what the call returns, or
// throws. The same ones are sent alone and in batches.
import { Conflict, ProtocolError, checked } from "./errors.js";
import { Record, entityTag, holds, timestampOf } from "./record.js";
import { queryString } from "./queries.js";
import { KEY, newKey } from "./session.js";

/** Return the path of a collection below the root: `tasks` is `/tasks`. */
export function collectionPath(path) {
  return `/${path.replace(/^\/+|\/+$/g, "")}`;
}

export function readPage(path, { ifNoneMatch } = {}) {
  return {
    request: { method: "GET", path, headers: condition({ ifNoneMatch }) },
    settle(answer) {
      const { status, headers, body } = checked(answer);
      return {
        records: status === 304 ? [] : body.data.map((each) => new Record(each)),
        timestamp: timestampOf(headers.get("ETag")),
        next: headers.get("Next-Page"),
        horizon: timestampOf(headers.get("Horizon") ?? '"0"'),
      };
    },
  };
}

/** Read a whole collection at once, from caches; it must have reached a timestamp. */
export function readSnapshot(path, expected) {
  const query = queryString({ expected });
  return {
    request: { method: "GET", path: `${path}/__snapshot__${query}`, anonymous: true },
    settle(answer) {
      const { data, timestamp } = checked(answer).body;
      return { records: data.map((each) => new Record(each)), timestamp };
    },
  };
}

export function get(path, id) {
  return { request: { method: "GET", path: recordPath(path, id) }, settle: record };
}

export function create(path, data, { permissions } = {}) {
  const headers = { [KEY]: newKey() };
  return { request: { method: "POST", path, headers, body: body(data, permissions) }, settle: record };
}

export function replace(path, id, data, { permissions, ...conditions } = {}) {
  const headers = condition(conditions);
  return {
    request: { method: "PUT", path: recordPath(path, id), headers, body: body(data, permissions) },
    settle(answer) {
      try {
        return record(answer);
      } catch (error) {
        // Of an answer that was lost: the version that stands in the way is ours.
        const isOurs = answer.repeated && error instanceof Conflict && error.existing;
        if (isOurs && holds(error.existing, data)) return error.existing;
        throw error;
      }
    },
  };
}

export function update(path, id, changes, { permissions, ifMatch } = {}) {
  const headers = { ...condition({ ifMatch }), [KEY]: newKey() };
  const request = {
    method: "PATCH", path: recordPath(path, id), headers, body: body(changes, permissions),
  };
  return { request, settle: record };
}

export function remove(path, id, { ifMatch } = {}) {
  return {
    request: { method: "DELETE", path: recordPath(path, id), headers: condition({ ifMatch }) },
    settle(answer) {
      try {
        return record(answer);
      } catch (error) {
        // Of an answer that was lost: it was deleted by the request before.
        const isGone = error instanceof ProtocolError && error.status === 404;
        if (answer.repeated && isGone) return new Record({ id, deleted: true });
        throw error;
      }
    },
  };
}

export function removeAll(path, query, { ifMatch } = {}) {
  return {
    request: { method: "DELETE", path: path + query, headers: condition({ ifMatch }) },
    settle: (answer) => checked(answer).body.data.map((each) => new Record(each)),
  };
}

function recordPath(path, id) {
  return `${path}/${encodeURIComponent(id)}`;
}

function condition({ ifMatch, ifNoneMatch }) {
  const headers = {};
  if (ifMatch !== undefined && ifMatch !== null) headers["If-Match"] = entityTag(ifMatch);
  if (ifNoneMatch !== undefined && ifNoneMatch !== null) {
    headers["If-None-Match"] = entityTag(ifNoneMatch);
  }
  return headers;
}

function body(data, permissions) {
  return permissions ? { data, permissions } : { data };
}

function record(answer) {
  const { body: told } = checked(answer);
  return new Record(told.data, told.permissions ?? null);
}
