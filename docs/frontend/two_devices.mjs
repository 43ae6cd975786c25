import { Collection } from "./sync.mjs";

const url = "http://127.0.0.1:8888/v1/tasks";
const headers = { Authorization: "Basic " + btoa("alice:secret") };
const phone = new Collection(url, headers);
const laptop = new Collection(url, headers);

const id = crypto.randomUUID();
phone.change(id, { title: "Buy milk", done: false });
await phone.sync();
await laptop.sync();

// Both are offline, and change the same task.
phone.change(id, { ...phone.records.get(id), title: "Buy oat milk" });
laptop.change(id, { ...laptop.records.get(id), done: true });
await phone.sync();
await laptop.sync(); // 412: it merges, and tries again
await phone.sync();
console.log(phone.records.get(id).title, phone.records.get(id).done);

laptop.change(id, null);
await laptop.sync();
await phone.sync();
console.log(phone.records.size, laptop.records.size);
