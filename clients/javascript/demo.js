// A list that two tabs edit, offline and online; its defaults are the sample's, `make serve`:
// ?service=URL&user=NAME&collection=PATH&field=NAME
import { Client } from "./src/index.js";

const asked = new URLSearchParams(location.search);
const field = asked.get("field") ?? "name";
const element = (id) => document.getElementById(id);
element("service").value = asked.get("service") ?? "http://127.0.0.1:8888/v1";
element("user").value = asked.get("user") ?? "demo";

// Each tab is a device: its copy has a name that lasts as long as the tab.
const device = (sessionStorage.device ??= crypto.randomUUID());
let copy = null;

async function open() {
  copy?.close();
  const auth = [element("user").value, "secret"];
  const fetchIfOnline = (...request) =>
    element("online").checked ? fetch(...request) : Promise.reject(new TypeError("offline"));
  const client = new Client(element("service").value, { auth, retries: 0, fetch: fetchIfOnline });
  copy = await client.collection(asked.get("collection") ?? "mushrooms").local(`${device} ${auth[0]}`);
  await show();
  await sync();
}

async function show() {
  const pending = await copy.pending();
  element("list").replaceChildren(...(await copy.list()).map(item));
  element("state").textContent = pending ? `${pending} not synchronised` : "";
}

function item(record) {
  const line = document.createElement("li");
  const title = Object.assign(document.createElement("input"), {
    type: "text", value: record[field], ariaLabel: "Name",
  });
  title.addEventListener("change", () => change(copy.put({ ...record, [field]: title.value })));
  const remove = Object.assign(document.createElement("button"), { textContent: "Done" });
  remove.addEventListener("click", () => change(copy.delete(record.id)));
  line.append(title, remove);
  return line;
}

async function change(changed) {
  await changed;
  await show();
}

async function sync() {
  try {
    const { pushed, pulled, conflicts } = await copy.sync({ strategy: "server" });
    await show();
    const lost = conflicts.map(({ local }) => `“${local?.[field] ?? "deleted"}”`).join(", ");
    element("state").textContent =
      `${pushed} sent, ${pulled} received` + (lost && `; changed elsewhere too, yours was ${lost}`);
  } catch (error) {
    await show();
    element("state").textContent = `Not synchronised: ${error.message}`;
  }
}

element("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  await change(copy.put({ [field]: element("title").value }));
  element("title").value = "";
});
element("sync").addEventListener("click", sync);
for (const id of ["service", "user"]) element(id).addEventListener("change", open);
await open();
