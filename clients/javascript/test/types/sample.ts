// What TypeScript knows of the client: compiled by tests, never run.
import {
  Client,
  Conflict,
  ProtocolError,
  type Found,
  type LocalCollection,
  type Record,
  type Result,
} from "cliquet-client";

const client = new Client("https://example.org/v1", { auth: ["alice", "secret"], retries: 1, longestSilence: 30 });
const tasks = client.collection("tasks");

export async function use(): Promise<string[]> {
  const task: Record = await tasks.create({ title: "Tea" }, { permissions: { read: ["bob"] } });
  await tasks.update(task.id, { rank: 1 }, { ifMatch: task });
  await tasks.replace(task.id, { title: "Tea" }, { ifNoneMatch: "*" });
  const titles: string[] = [];
  for await (const each of tasks.list({ filters: { min_rank: 3 }, sort: "-rank", fields: ["title"] })) {
    titles.push(each.title, each.etag);
  }
  const changes = tasks.changes({ since: task, wait: 5 });
  for await (const each of changes) titles.push(each.title);
  await changes.return?.();
  const [one, other] = await client.batch((batch) => {
    const collected = batch.collection("tasks");
    return [collected.get(task.id), collected.delete(task.id, { ifMatch: task.etag })];
  });
  return [...titles, one.result().id, other.result().id];
}

export async function copy(): Promise<number> {
  const phone: LocalCollection = await tasks.local("phone", { memory: true });
  const merge = ({ local, remote, base }: Found) => local && { ...remote, ...local, was: base?.title };
  const result: Result = await phone.sync({ strategy: merge });
  const kept = await phone.get("1");
  return result.conflicts.length + result.refused[0].error.status + (kept?.timestamp ?? 0);
}

export function read(error: unknown): string {
  if (error instanceof Conflict) return error.existing?.id ?? "";
  return error instanceof ProtocolError ? `${error.errno}` : "";
}

// What it must refuse.
// @ts-expect-error -- no such strategy
copy.call(null).then(() => tasks.local().then((phone) => phone.sync({ strategy: "newest" })));
// @ts-expect-error -- a list is no promise
tasks.list().then(() => {});
// @ts-expect-error -- a name and a password
new Client("https://example.org/v1", { auth: "alice:secret" });
// @ts-expect-error -- it may not be there
tasks.local().then(async (phone) => (await phone.get("1")).title);
