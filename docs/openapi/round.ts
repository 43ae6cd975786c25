import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const client = createClient<paths>({
  baseUrl: "http://127.0.0.1:8888/v1",
  headers: { Authorization: `Basic ${btoa("alice:secret")}` },
});

const created = await client.POST("/mushrooms", {
  body: { data: { name: "Morel", rating: 3 } },
});
if (!created.data) throw new Error(created.error.message);
const path = { id: created.data.data.id };
const etag = created.response.headers.get("ETag") ?? "";

const listed = await client.GET("/mushrooms", {
  params: { query: { min_rating: 2, _sort: ["-rating"] } },
});
console.log(listed.data?.data.map((each) => ("name" in each ? each.name : "")));

// Two write the same record: the second one is told what is there now.
for (const name of ["Black morel", "White morel"]) {
  const { response, error } = await client.PUT("/mushrooms/{id}", {
    params: { path, header: { "If-Match": etag } },
    body: { data: { name } },
  });
  console.log(`${response.status}`, ...(error ? [`${error.errno}`] : []));
}
