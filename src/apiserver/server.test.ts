import assert from "node:assert/strict"
import type { ClientHttp2Session } from "node:http2"
import { after, before, test } from "node:test"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { expired, notFound } from "../machinery/status/errors.ts"
import type { ApiCall, ApiResult, ServedEvent } from "./call.ts"
import { openSession, sendH1, sendH2, served, startTestServer, type TestServer } from "./testing.ts"

async function* twoEvents(): AsyncIterable<ServedEvent> {
  yield { type: "ADDED", served: served("a") }
  yield { type: "MODIFIED", served: served("a") }
  throw expired("too old resource version: 1 (2)")
}

/** A tiny back: one kind, enough to exercise every kind of answer. */
async function resources(call: ApiCall): Promise<ApiResult> {
  const { verb, name } = call.info
  const resource = ConfigMap
  if (name === "missing") throw notFound({ group: "", resource: "configmaps" }, name)
  if (name === "broken") throw new Error("a bug")
  if (verb === "watch") return { type: "watch", resource, events: twoEvents() }
  if (verb === "list") {
    const items = name === "" ? ["a", "b"].map((each) => served(each)) : []
    return { type: "list", resource, items, metadata: { resourceVersion: "9" } }
  }
  call.warn('unknown field "x"')
  return { type: "object", code: verb === "create" ? 201 : 200, resource, served: served(name || "new") }
}

let server: TestServer
let session: ClientHttp2Session
before(async () => {
  server = await startTestServer(resources)
  session = openSession(server)
})
after(async () => {
  session.close()
  await server.close()
})
const path = "/api/v1/namespaces/default/configmaps"

test("answers over HTTP/2 and HTTP/1.1 with the object's own bytes", async () => {
  for (const answer of [await sendH2(session, { path: `${path}/a` }), await sendH1(server, { path: `${path}/a` })]) {
    assert.equal(answer.code, 200)
    assert.equal(answer.headers["content-type"], "application/json")
    assert.equal(answer.headers["cache-control"], "no-cache, private")
    assert.match(String(answer.headers["audit-id"]), /^[0-9a-f-]{36}$/)
    assert.deepEqual([answer.headers["warning"]].flat(), ['299 - "unknown field \\"x\\""'])
    assert.deepEqual(JSON.parse(answer.body), served("a").object)
  }
  const user = server.calls.at(-1)?.user
  assert.equal(user?.name, "test-admin")
  assert.deepEqual(user?.groups, ["system:masters", "system:authenticated"])
})

test("hands the body over, and refuses what is too long or of an unknown type", async () => {
  const headers = { "content-type": "application/json" }
  const answer = await sendH2(session, { method: "POST", path, headers, body: '{"a":1}' })
  assert.equal(answer.code, 201)
  const body = server.calls.at(-1)?.body
  assert.equal(body?.type === "bytes" && Buffer.from(body.bytes).toString(), '{"a":1}')
  const long = Buffer.alloc((3 << 20) + 1, 0x20)
  for (const send of [
    (sent: object) => sendH2(session, { path, ...sent }),
    (sent: object) => sendH1(server, { path, ...sent }),
  ]) {
    const refused = await send({ method: "POST", headers, body: long })
    assert.equal(refused.code, 413)
    assert.match(refused.body, /Request entity too large: limit is 3145728/)
    const unknown = await send({ method: "POST", headers: { "content-type": "text/plain" }, body: "x" })
    assert.equal(unknown.code, 415)
  }
})

test("refuses with a Status in the encoding that was asked for", async () => {
  const missing = await sendH2(session, { path: `${path}/missing` })
  assert.equal(missing.code, 404)
  assert.equal(JSON.parse(missing.body).message, 'configmaps "missing" not found')
  const yaml = await sendH2(session, { path: `${path}/missing`, headers: { accept: "application/yaml" } })
  assert.equal(yaml.headers["content-type"], "application/yaml")
  assert.match(yaml.body, /reason: NotFound/)
  assert.equal((await sendH2(session, { path, headers: { accept: "text/html" } })).code, 406)
  assert.equal((await sendH2(session, { path: "/nowhere" })).code, 404)
})

test("lists as JSON, YAML, table and metadata", async () => {
  const list = JSON.parse((await sendH1(server, { path })).body)
  assert.equal(list.kind, "ConfigMapList")
  assert.deepEqual(list.metadata, { resourceVersion: "9" })
  // The list says what its items are.
  const items = [served("a").object, served("b").object].map(({ kind: _kind, apiVersion: _version, ...rest }) => rest)
  assert.deepEqual(list.items, items)
  const yaml = await sendH2(session, { path, headers: { accept: "application/yaml" } })
  assert.match(
    yaml.body,
    /^apiVersion: v1\nitems:\n- metadata:\n    creationTimestamp: "2026-01-01T00:00:00Z"\n    name: a\n/,
  )
  const empty = JSON.parse((await sendH2(session, { path: `${path}?fieldSelector=metadata.name%3Dnone` })).body)
  assert.deepEqual(empty.items, [])
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
  const table = JSON.parse((await sendH2(session, { path, headers: { accept } })).body)
  assert.equal(table.kind, "Table")
  assert.equal(table.rows[0].cells[0], "a")
  assert.equal(table.rows[0].object.kind, "PartialObjectMetadata")
  const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
  const metadata = JSON.parse((await sendH2(session, { path, headers: { accept: partial } })).body)
  assert.deepEqual(Object.keys(metadata.items[0]), ["kind", "apiVersion", "metadata"])
  const none = await sendH2(session, {
    path: `${path}?fieldSelector=metadata.name%3Dnone`,
    headers: { accept: partial },
  })
  assert.equal(JSON.parse(none.body).items, null)
})

test("streams watch events and ends with the error", async () => {
  const lines = async (headers: Readonly<Record<string, string>>) =>
    (await sendH2(session, { path: `${path}?watch=true`, headers })).body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  const events = await lines({})
  assert.deepEqual(
    events.map((event) => event.type),
    ["ADDED", "MODIFIED", "ERROR"],
  )
  assert.equal(events[2].object.reason, "Expired")
  const [first, second] = await lines({ accept: "application/json;as=Table;v=v1;g=meta.k8s.io" })
  assert.equal(first.object.columnDefinitions[0].name, "Name")
  assert.equal(second.object.columnDefinitions, null)
})

test("knows nobody without a certificate, but lets everybody see health", async () => {
  const stranger = openSession(server, "none")
  const refused = await sendH2(stranger, { path })
  assert.equal(refused.code, 401)
  assert.deepEqual(JSON.parse(refused.body), {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Unauthorized",
    reason: "Unauthorized",
    code: 401,
  })
  // A stranger's connection is for one request.
  const ask = async (target: string) => (await sendH2(openSession(server, "none"), { path: target })).body
  assert.equal(await ask("/readyz"), "ok")
  assert.match(await ask("/livez?verbose"), /^\[\+\]ping ok\nlivez check passed\n$/)
})

test("counts what it answers", async () => {
  const { body } = await sendH2(session, { path: "/metrics" })
  assert.match(
    body,
    /apiserver_request_total\{verb="LIST",group="",version="v1",resource="configmaps",subresource="",code="200"\} \d/,
  )
  assert.match(body, /process_resident_memory_bytes \d{6,}/)
})
