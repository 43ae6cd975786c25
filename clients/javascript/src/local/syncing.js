// How a copy and the server become the same: push with conditions, then pull.
//
// It may end at any point, and goes on where it was: a change stays in the copy until the
// server's answer to it is there, and each push names the version that it replaces, so that
// what was done already is recognised.
import { Batch } from "../batch.js";
import * as calls from "../calls.js";
import { Conflict, ProtocolError } from "../errors.js";
import { queryString } from "../queries.js";
import { holds, isGone, same } from "../record.js";

// Of one record: somebody else writes all the time, the next synchronisation goes on.
const ATTEMPTS = 5;
const END_OF_SERVICE = 202;

/** Push what was changed here, pull what was changed elsewhere. */
export async function synchronise(session, path, store, strategy) {
  const result = { pushed: 0, pulled: 0, conflicts: [], refused: [] };
  await push(session, path, store, strategy, result);
  await begin(session, path, store, result);
  await pull(session, path, store, result);
  result.conflicts = await store.takeConflicts();
  return result;
}

async function push(session, path, store, strategy, result) {
  let waiting = await store.changes();
  for (let attempt = 0; waiting.length && attempt < ATTEMPTS; attempt += 1) {
    await store.noteSent(waiting);
    const batch = new Batch(session);
    const sent = waiting.map((change) => [change, batch.add(callOf(path, change))]);
    await batch.send();
    waiting = [];
    for (const [change, deferred] of sent) {
      const again = await settle(store, strategy, result, change, deferred);
      if (again) waiting.push(again);
    }
  }
}

/** Return the request that pushes a change, upon the version that it replaces. */
function callOf(path, { id, data, base }) {
  if (data === null) {
    const call = calls.remove(path, id, { ifMatch: base ?? 0 });
    return { ...call, settle: (answer) => (answer.status === 404 ? null : call.settle(answer) && null) };
  }
  const { last_modified: _timestamp, ...fields } = data;
  return calls.replace(path, id, fields, isGone(base) ? { ifNoneMatch: "*" } : { ifMatch: base });
}

/** Note how a push went; return what is to be pushed after a conflict. */
async function settle(store, strategy, result, change, deferred) {
  const { error } = deferred;
  if (!error) {
    await store.settle(change, deferred.result());
    result.pushed += 1;
    return null;
  }
  if (error instanceof Conflict && error.status === 412) {
    return resolve(store, strategy, result, change, error.existing);
  }
  if (!(error instanceof ProtocolError)) throw error;
  result.refused.push({ id: change.id, error });
  return null;
}

/** Decide what a record is to be, of which the server has another version. */
async function resolve(store, strategy, result, change, remote) {
  if (has(remote, change, change.data)) {
    await store.settle(change, isGone(remote) ? null : remote);
    result.pushed += 1;
    return null;
  }
  // What stands in the way may be ours, from a push whose answer was lost.
  if (change.sent.some((version) => has(remote, change, version))) {
    return { ...change, base: remote };
  }
  const found = { id: change.id, local: change.data, remote, base: change.base };
  await store.noteConflict(found);
  const data = decide(strategy, found);
  const decided = { ...change, data, base: remote, isContested: true };
  const isRemote = isGone(remote) ? data === null : data !== null && same(data, remote);
  if (isRemote) {
    await store.settle(decided, data === null ? null : remote);
    return null;
  }
  return decided;
}

function decide(strategy, found) {
  if (typeof strategy === "function") return strategy(found) ?? null;
  if (strategy === "client") return found.local;
  if (strategy === "server") return isGone(found.remote) ? null : found.remote;
  throw new TypeError(`Strategies are "server", "client" and functions, not ${strategy}`);
}

/** Return whether the server has a version of ours. */
function has(remote, change, version) {
  if (isGone(remote)) return version === null;
  return version !== null && holds(remote, version, change.base ?? {});
}

/**
 * Read a copy that has nothing from a snapshot, where the service has one.
 *
 * It may be as old as caches let it be: what is newer is pulled afterwards. It must not be
 * older than what was pushed.
 */
async function begin(session, path, store, result) {
  const { next, since } = await store.position();
  if (next || since !== null) return;
  try {
    if (!("snapshot" in ((await session.knownInfo()).capabilities ?? {}))) return;
    const call = calls.readSnapshot(path, await store.newest());
    const { records, timestamp } = call.settle(await session.send(call.request));
    result.pulled += await store.keep(records, null, timestamp);
  } catch (error) {
    // This collection has none: its list tells what is wrong, if anything is.
    if (!(error instanceof ProtocolError)) throw error;
  }
}

async function pull(session, path, store, result) {
  while (true) {
    const position = await store.position();
    const page = await read(session, path, position);
    if (page === null || isBehind(page, position)) {
      // Nothing tells what was deleted since: all of it is read again.
      await store.restart();
      continue;
    }
    const reached = position.reached ?? page.timestamp;
    result.pulled += await store.keep(page.records, page.next, reached);
    if (!page.next) return;
  }
}

/** Return the next page; null if the server refuses where the copy is. */
async function read(session, path, { next, since }) {
  const url = next ?? path + queryString({ since });
  const call = calls.readPage(url, { ifNoneMatch: next ? undefined : since });
  const answer = await session.send(call.request);
  const isExpired = answer.status === 410 && answer.body?.errno !== END_OF_SERVICE;
  if ((isExpired && since !== null) || (answer.status === 400 && next)) return null;
  return call.settle(answer);
}

/** Return whether the server forgot what the copy has, or why records are gone. */
function isBehind(page, { next, since }) {
  if (since === null) return false;
  // Later pages may be of another time.
  return page.horizon > since || (!next && page.timestamp < since);
}
