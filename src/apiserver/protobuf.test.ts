import assert from "node:assert/strict"
import type { ClientHttp2Session } from "node:http2"
import { after, before, test } from "node:test"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { Status } from "../machinery/meta/status.ts"
import { decodeObject, openEnvelope } from "../machinery/protobuf/envelope.ts"
import { decodeWatchEvent } from "../machinery/protobuf/watch.ts"
import { notFound } from "../machinery/status/errors.ts"
import type { ApiCall, ApiResult, ServedEvent } from "./call.ts"
import { createProtobufEncoder } from "./negotiation/protobuf-encoder.ts"
import { openSession, sendH2, served, startTestServer, type TestServer } from "./testing.ts"

const resource = ConfigMap

async function* events(): AsyncIterable<ServedEvent> {
  yield { type: "ADDED", served: served("a", { data: { k: "v" } }) }
  throw notFound({ group: "", resource: "configmaps" }, "gone")
}
async function back({ info }: ApiCall): Promise<ApiResult> {
  if (info.name === "missing") throw notFound({ group: "", resource: "configmaps" }, info.name)
  if (info.verb === "create")
    return { type: "value", code: 201, value: { kind: "Question", apiVersion: "v1" }, resource }
  if (info.verb === "watch") return { type: "watch", resource, events: events() }
  if (info.verb === "list") {
    return { type: "list", resource, items: [served("a"), served("b")], metadata: { resourceVersion: "9" } }
  }
  return { type: "object", code: 200, resource, served: served("a", { data: { k: "v" } }) }
}

let server: TestServer
let session: ClientHttp2Session
before(async () => {
  server = await startTestServer(back, { protobuf: createProtobufEncoder([ConfigMap]) })
  session = openSession(server)
})
after(async () => {
  session.close()
  await server.close()
})
const path = "/api/v1/namespaces/default/configmaps"
const TYPE = "application/vnd.kubernetes.protobuf"
const get = async (target: string, accept = TYPE) => sendH2(session, { path: target, headers: { accept } })

test("answers objects, lists and refusals in protobuf", async () => {
  const object = await get(`${path}/a`)
  assert.equal(object.headers["content-type"], TYPE)
  const decoded = decodeObject(ConfigMap.struct, object.bytes) as { readonly data?: object }
  assert.deepEqual({ ...decoded.data }, { k: "v" })
  const envelope = openEnvelope((await get(path)).bytes)
  assert.deepEqual([envelope.apiVersion, envelope.kind], ["v1", "ConfigMapList"])
  const refused = await get(`${path}/missing`)
  const status = decodeObject(Status, refused.bytes)
  assert.deepEqual([refused.code, status.reason, status.details?.name], [404, "NotFound", "missing"])
  const partial = await get(path, `${TYPE};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`)
  const list = openEnvelope(partial.bytes)
  assert.deepEqual([list.apiVersion, list.kind], ["meta.k8s.io/v1", "PartialObjectMetadataList"])
})

test("has no table of an answer that is kept nowhere", async () => {
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
  const answer = await sendH2(session, { method: "POST", path, headers: { accept }, body: "{}" })
  assert.equal(answer.code, 406)
  const types = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
  assert.equal(JSON.parse(answer.body).message, `only the following media types are accepted: ${types}`)
})

test("streams events in protobuf, and says JSON when a table is asked for", async () => {
  const answer = await get(`${path}?watch=1`, `${TYPE};stream=watch`)
  assert.equal(answer.headers["content-type"], `${TYPE};stream=watch`)
  const found: string[] = []
  for (let at = 0; at < answer.bytes.length; ) {
    const length = answer.bytes.readUInt32BE(at)
    const event = decodeWatchEvent(answer.bytes.subarray(at + 4, at + 4 + length))
    found.push(`${event.type} ${openEnvelope(event.object).kind}`)
    at += 4 + length
  }
  assert.deepEqual(found, ["ADDED ConfigMap", "ERROR Status"])
  const table = await get(path, `${TYPE};as=Table;g=meta.k8s.io;v=v1,application/json;as=Table;g=meta.k8s.io;v=v1`)
  assert.equal(table.headers["content-type"], "application/json")
})
