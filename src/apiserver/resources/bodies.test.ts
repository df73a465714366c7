import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Lease } from "../../api/coordination/v1/lease.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { DeleteOptions } from "../../machinery/meta/options.ts"
import { encodeMessage, encodeObject } from "../../machinery/protobuf/envelope.ts"
import type { ApiCall, ApiResult, CallBody } from "../call.ts"
import { parseRequestInfo } from "../request/request-info.ts"
import { startTestBack, TEST_RESOURCES, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack({ resources: [...TEST_RESOURCES, Endpoints, Lease] })
})
after(() => back.close())

const path = "/api/v1/namespaces/default/configmaps"
const bytes = (contentType: string, data: string | Uint8Array): CallBody => ({
  type: "bytes",
  bytes: Buffer.from(data),
  contentType,
})

async function send(method: string, target: string, body: CallBody = { type: "none" }) {
  const url = new URL(target, "http://x")
  const warnings: string[] = []
  const call: ApiCall = {
    user: { name: "tester", groups: [], extra: new Map() },
    info: parseRequestInfo(method, url.pathname, url.searchParams),
    query: url.searchParams,
    body,
    userAgent: "test/1.0",
    signal: new AbortController().signal,
    warn: (text) => warnings.push(text),
    annotate: () => undefined,
  }
  return { result: await back.server.handle(call), warnings }
}

function served(result: ApiResult) {
  assert(result.type === "object")
  return {
    object: result.served.object as unknown as ConfigMap,
    json: JSON.parse(Buffer.from(result.served.json()).toString()),
  }
}

test("reads JSON, YAML and protobuf", async () => {
  const json = await send(
    "POST",
    path,
    bytes("application/json; charset=utf-8", '{"metadata":{"name":"j"},"data":{"a":"1"}}'),
  )
  const yaml = await send("POST", path, bytes("application/yaml", "metadata:\n  name: yam\ndata:\n  a: '1'\n"))
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "p" }, data: { a: "1" } }
  const protobuf = await send(
    "POST",
    path,
    bytes("application/vnd.kubernetes.protobuf", encodeObject(ConfigMap.struct, object)),
  )
  for (const { result } of [json, yaml, protobuf]) {
    const { object: stored, json: shown } = served(result)
    assert.deepEqual({ ...stored.data }, { a: "1" })
    assert.equal(stored.metadata.namespace, "default")
    assert.deepEqual(shown, JSON.parse(JSON.stringify(stored)))
    assert.deepEqual(Object.keys(shown).slice(0, 3), ["kind", "apiVersion", "metadata"])
  }
})

test("names that are members of every object are data", async () => {
  const text = '{"metadata":{"name":"odd"},"data":{"__proto__":"1","constructor":"2"}}'
  const { result } = await send("POST", path, bytes("application/json", text))
  assert.deepEqual(Object.entries(served(result).json.data), [
    ["__proto__", "1"],
    ["constructor", "2"],
  ])
  const again = await startTestBack({ store: back.store })
  const read = await again.client.of(ConfigMap).get({ namespace: "default", name: "odd" })
  assert.equal(Object.getPrototypeOf(read.data), null)
  assert.equal(Object.entries(read.data ?? {}).length, 2)
  again.server.close()
})

const UNKNOWN = "the object provided is unrecognized (must be of type ConfigMap): "

test("says what is wrong with a body", async () => {
  const cases = [
    [
      bytes("application/json", "{"),
      `${UNKNOWN}couldn't get version/kind; json parse error: unexpected end of JSON input ({)`,
    ],
    [
      bytes("application/json", ""),
      `${UNKNOWN}couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    ],
    [
      bytes("application/json", '{"apiVersion":1,"kind":"ConfigMap"}'),
      `${UNKNOWN}couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string ({"apiVersion":1,"kind":"Config ...)`,
    ],
    [
      bytes("application/yaml", "a: &x [*x]"),
      `${UNKNOWN}yaml: anchor 'x' value contains itself (613a202678205b2a785d)`,
    ],
    [
      bytes("application/json", '{"kind":"Pod","apiVersion":"v1"}'),
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      bytes("application/json", '{"kind":"ConfigMap","apiVersion":"apps/v1"}'),
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      bytes("application/json", '{"metadata":{"name":1}}'),
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    ],
    [
      bytes("application/json", '{"kind":"ConfigMap","apiVersion":"v1","data":{"a":1}}'),
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field/,
    ],
  ] as const
  for (const [body, message] of cases) await assert.rejects(send("POST", path, body), { code: 400, message })
  await assert.rejects(send("POST", path, bytes("text/plain", "x")), { code: 415 })
})

test("repeated fields warn", async () => {
  const text = '{"metadata":{"name":"twice"},"data":{"a":"1"},"data":{"a":"2"}}'
  const { warnings } = await send("POST", path, bytes("application/json", text))
  assert.deepEqual(warnings, ['duplicate field "data"'])
})

test("options of a deletion come in the body or in the query", async () => {
  const create = (name: string) => send("POST", path, bytes("application/json", JSON.stringify({ metadata: { name } })))
  await create("one")
  await assert.rejects(
    send("DELETE", `${path}/one`, bytes("application/json", '{"preconditions":{"uid":"other"}}')),
    /the UID in the precondition \(other\) does not match the UID in record/,
  )
  const dry = await send("DELETE", `${path}/one?dryRun=All`)
  assert.equal(dry.result.type, "value")
  assert.equal((await send("GET", `${path}/one`)).result.type, "object")
  const envelope = encodeObject(DeleteOptions, { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Orphan" })
  assert(envelope.length > encodeMessage(DeleteOptions, { propagationPolicy: "Orphan" }).length)
  const orphaning = await send("DELETE", `${path}/one`, bytes("application/vnd.kubernetes.protobuf", envelope))
  assert.deepEqual(served(orphaning.result).object.metadata.finalizers, ["orphan"])
  await assert.rejects(send("DELETE", `${path}/one?propagationPolicy=Never`), {
    code: 422,
    message:
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Never": supported values: "Foreground", "Background", "Orphan", "nil"',
  })
})

test("some kinds are created by an update", async () => {
  const target = "/api/v1/namespaces/default/endpoints/made"
  const body = bytes("application/json", '{"metadata":{"name":"made"}}')
  const { result } = await send("PUT", target, body)
  assert.equal(result.type === "object" && result.code, 201)
  await assert.rejects(send("PUT", `${path}/unmade`, bytes("application/json", '{"metadata":{"name":"unmade"}}')), {
    code: 404,
  })
  await assert.rejects(send("PUT", `${path}/a`, bytes("application/json", '{"metadata":{"name":"b"}}')), {
    message: "the name of the object (b) does not match the name on the URL (a)",
  })
})

test("some kinds are only updated at a known version", async () => {
  const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
  const json = (metadata: object) =>
    bytes("application/json", JSON.stringify({ metadata, spec: { holderIdentity: "x" } }))
  await send("POST", leases, json({ name: "l" }))
  await assert.rejects(send("PUT", `${leases}/l`, json({ name: "l" })), {
    code: 422,
    message:
      'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  })
  const { object } = served((await send("GET", `${leases}/l`)).result)
  const { resourceVersion } = object.metadata
  await send("PUT", `${leases}/l`, json({ name: "l", resourceVersion }))
})

test("versions of reads", async () => {
  const first = served((await send("POST", path, bytes("application/json", '{"metadata":{"name":"v1"}}'))).result)
  const at = first.object.metadata.resourceVersion
  await send("POST", path, bytes("application/json", '{"metadata":{"name":"v2"}}'))
  const names = async (query: string) => {
    const { result } = await send("GET", `${path}?${query}`)
    assert(result.type === "list")
    return result.items.map(({ object }) => object.metadata.name).filter((name) => /^v\d$/.test(name))
  }
  assert.deepEqual(await names(""), ["v1", "v2"])
  assert.deepEqual(await names("resourceVersion=0"), ["v1", "v2"])
  assert.deepEqual(await names(`resourceVersion=${at}&resourceVersionMatch=NotOlderThan`), ["v1", "v2"])
  assert.deepEqual(await names(`resourceVersion=${at}&resourceVersionMatch=Exact`), ["v1"])
  assert.deepEqual(await names("fieldSelector=metadata.name%3Dv2"), ["v2"])
  await assert.rejects(send("GET", `${path}?resourceVersionMatch=Exact`), { code: 422 })
  await assert.rejects(send("GET", `${path}?resourceVersion=x`), {
    code: 400,
    message:
      'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  })
  const leaving = Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"../b"}').toString("base64url")
  await assert.rejects(send("GET", `${path}?continue=${leaving}`), { code: 400 })
  const future = assert.rejects(send("GET", `${path}?resourceVersion=999999`), {
    code: 504,
    message: /^Timeout: Too large resource version: 999999, current: \d+$/,
  })
  await back.platform.advance(4000)
  await future
})

test("one name in all namespaces", async () => {
  const { result } = await send("GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Dj")
  assert(result.type === "list")
  assert.equal(result.items.length, 1)
})

test("what cannot be done is refused by its path", async () => {
  await assert.rejects(send("POST", "/api/v1/configmaps", bytes("application/json", "{}")), { code: 405 })
  await assert.rejects(send("GET", "/api/v1/namespaces/default/nodes"), { code: 404 })
  await assert.rejects(send("GET", `${path}/j/status`), { code: 404 })
  const { result } = await send("GET", "/apis/apps/v2/deployments")
  assert(result.type === "raw")
  assert.equal(result.code, 404)
})
