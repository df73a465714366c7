import assert from "node:assert/strict"
import type { ClientHttp2Session } from "node:http2"
import { after, before, test } from "node:test"
import { Endpoints } from "../api/core/v1/endpoints.ts"
import { tooManyRequests } from "../machinery/status/errors.ts"
import { startTestBack, TEST_RESOURCES, type TestBack } from "./resources/testing.ts"
import { openSession, type Sent, sendH2, startTestServer, type TestServer } from "./testing.ts"
import { wantsGzip } from "./transport/answer.ts"
import type { Exchange } from "./transport/exchange.ts"
import { warningHeaders } from "./transport/headers.ts"

/** What stands around objects on the wire: codes, headers and texts that clients compare. */

let back: TestBack
let server: TestServer
let session: ClientHttp2Session
before(async () => {
  back = await startTestBack({ resources: [...TEST_RESOURCES, Endpoints] })
  server = await startTestServer((call) => {
    if (call.info.name === "busy") throw tooManyRequests("the server is busy", 7)
    return back.server.handle(call)
  })
  session = openSession(server)
})
after(async () => {
  session.close()
  await back.close()
  await server.close()
})

const maps = "/api/v1/namespaces/default/configmaps"
const send = (sent: Sent) => sendH2(session, sent)
const json = { "content-type": "application/json" }
const yaml = { "content-type": "application/yaml" }
const create = (name: string, extra: object = {}) =>
  send({ method: "POST", path: maps, headers: json, body: JSON.stringify({ metadata: { name, ...extra } }) })
/** Node joins headers that are repeated. */
const warningsOf = ({ headers }: Awaited<ReturnType<typeof send>>) =>
  [headers["warning"] ?? []].flat().flatMap((value) => value.split(/, (?=299 - )/))

const REPEATED = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\ndata:\n  a: one\n  a: two\nextra: 1\n"
test("repeated keys of YAML are named by line: each a warning, together one refusal", async () => {
  const warned = await send({ method: "POST", path: maps, headers: yaml, body: REPEATED.replace("NAME", "warned") })
  assert.equal(warned.code, 201)
  assert.deepEqual(warningsOf(warned), [
    '299 - "line 7: key \\"a\\" already set in map"',
    '299 - "unknown field \\"extra\\""',
  ])
  const strict = `${maps}?fieldValidation=Strict`
  const refused = await send({ method: "POST", path: strict, headers: yaml, body: REPEATED.replace("NAME", "strict") })
  assert.equal(refused.code, 400)
  assert.equal(
    JSON.parse(refused.body).message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 7: key "a" already set in map, unknown field "extra"',
  )
  const path = `${maps}?fieldValidation=Ignore`
  const ignored = await send({ method: "POST", path, headers: yaml, body: REPEATED.replace("NAME", "ignored") })
  assert.deepEqual([ignored.code, warningsOf(ignored)], [201, []])
})

test("unknown words of fieldValidation and dryRun are refused", async () => {
  const body = '{"metadata":{"name":"x"}}'
  const word = await send({ method: "POST", path: `${maps}?fieldValidation=strict`, headers: json, body })
  assert.equal(word.code, 422)
  assert.equal(
    JSON.parse(word.body).message,
    'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"',
  )
  const dry = await send({ method: "POST", path: `${maps}?dryRun=true`, headers: json, body })
  assert.equal(
    JSON.parse(dry.body).message,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["true"]: supported values: "All"',
  )
})

test("bodies that only serve to exhaust the server are refused", async () => {
  const deep = `{"metadata":{"name":"deep"},"data":${"[".repeat(100_000)}`
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
    .split("")
    .map((name, at) => `${name}: &${name} [${`*${"abcdefg"[at]},`.repeat(10)}]`)
    .join("\n")}\n`
  for (const [headers, body] of [
    [json, deep],
    [yaml, bomb],
    [json, Buffer.from([0x7b, 0xff, 0x7d])],
  ] as const) {
    const refused = await send({ method: "POST", path: maps, headers, body })
    assert.equal(refused.code, 400, refused.body)
    assert.match(
      JSON.parse(refused.body).message,
      /^the object provided is unrecognized \(must be of type ConfigMap\): /,
    )
  }
})

test("a deprecated kind says so on every answer", async () => {
  const path = "/api/v1/namespaces/default/endpoints"
  for (const target of [path, `${path}/none`, `${path}?watch=true&timeoutSeconds=1&resourceVersion=x`]) {
    assert.deepEqual(warningsOf(await send({ path: target })), [
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    ])
  }
  assert.deepEqual(warningsOf(await send({ path: maps })), [])
})

test("many warnings are cut, and texts stay readable", () => {
  assert.deepEqual(warningHeaders(['a "b" \\', "x\ny"]), ['299 - "a \\"b\\" \\\\"', '299 - "x y"'])
  assert.equal(Buffer.from(warningHeaders(["größer 日"])[0] ?? "", "latin1").toString(), '299 - "größer 日"')
  const cut = warningHeaders(Array.from({ length: 20 }, () => "x".repeat(1000)))
  assert.deepEqual(new Set(cut), new Set([`299 - "${"x".repeat(256)}"`]))
  assert.equal(cut.length, 16)
})

const accepting = (accept: string, path = maps) => send({ path, headers: { accept } })
const META = "g=meta.k8s.io"
test("the best form by quality is sent; what cannot be made is passed over or refused", async () => {
  const kinds: readonly (readonly [string, string, string])[] = [
    ["application/yaml;q=0.5,application/json;q=0.9", "application/json", "ConfigMapList"],
    [`application/json;q=0.1,application/json;as=Table;${META};v=v1;q=0.9`, "application/json", "Table"],
    [`application/json;as=Table;${META};v=v2,application/json`, "application/json", "ConfigMapList"],
    [`application/json;as=Table;${META};v=v1beta1`, "application/json", "Table"],
    [
      `application/json;as=PartialObjectMetadataList;${META};v=v1beta1`,
      "application/json",
      "PartialObjectMetadataList",
    ],
    ["text/html,*/*;q=0.1", "application/json", "ConfigMapList"],
  ]
  for (const [accept, type, kind] of kinds) {
    const { code, headers, body } = await accepting(accept)
    assert.deepEqual([code, headers["content-type"], JSON.parse(body).kind], [200, type, kind], accept)
  }
  const versioned = JSON.parse((await accepting(`application/json;as=Table;${META};v=v1beta1`)).body)
  assert.equal(versioned.apiVersion, "meta.k8s.io/v1beta1")
  for (const accept of ["application/json;q=0", `application/json;as=Chart;${META};v=v1`]) {
    const { code, body } = await accepting(accept)
    const { reason, message } = JSON.parse(body)
    assert.deepEqual([code, reason], [406, "NotAcceptable"], accept)
    assert.equal(
      message,
      "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )
  }
})

test("only other machines are sent compressed answers, if they take them", () => {
  const from = (encoding: string, remoteAddress: string) =>
    wantsGzip({
      headers: { "accept-encoding": encoding },
      socket: { remoteAddress, localAddress: "192.0.2.1" },
    } as unknown as Exchange)
  assert.deepEqual(
    ["gzip", "gzip;q=0", "deflate, gzip;q=0.5", "br"].map((encoding) => from(encoding, "192.0.2.2")),
    [true, false, true, false],
  )
  assert.equal(from("gzip", "192.0.2.1"), false)
})

test("people get documents and refusals in lines", async () => {
  const curl = { "user-agent": "curl/8.0" }
  const lines = async (sent: Sent) => (await send(sent)).body.split("\n").length > 1
  assert.equal(await lines({ path: `${maps}/none`, headers: curl }), true)
  assert.equal(await lines({ path: `${maps}/none?pretty=false`, headers: curl }), false)
  assert.equal(await lines({ path: `${maps}/none` }), false)
  assert.equal(await lines({ path: "/?pretty=true" }), true)
  assert.equal(await lines({ path: `${maps}?pretty=1` }), true)
})

test("an audit id is taken from the client, or made", async () => {
  const own = await send({ path: maps, headers: { "audit-id": "a-1" } })
  assert.equal(own.headers["audit-id"], "a-1")
  const bad = await send({ path: maps, headers: { "audit-id": "a b" } })
  assert.match(String(bad.headers["audit-id"]), /^[0-9a-f-]{36}$/)
})

test("who should come again is told when", async () => {
  const { code, headers, body } = await send({ path: `${maps}/busy` })
  assert.deepEqual([code, headers["retry-after"], JSON.parse(body).details], [429, "7", { retryAfterSeconds: 7 }])
})

test("methods that are not served", async () => {
  for (const [method, path] of [
    ["OPTIONS", maps],
    ["TRACE", `${maps}/x`],
    ["PUT", maps],
    ["POST", `${maps}/x`],
    ["PATCH", maps],
  ] as const) {
    const { code, body } = await send({ method, path, headers: json, body: "{}" })
    const { reason, message } = JSON.parse(body)
    assert.deepEqual([code, reason], [405, "MethodNotAllowed"], method)
    assert.equal(message, "the server does not allow this method on the requested resource")
  }
  for (const path of [maps, `${maps}/x`]) {
    const head = await send({ method: "HEAD", path })
    assert.deepEqual([head.code, head.body], [405, ""], path)
  }
})

test("a time that cannot be read is refused", async () => {
  const { code, body } = await send({ path: `${maps}?timeout=soon` })
  const message = 'invalid timeout specified in the request URL - time: invalid duration "soon"'
  assert.deepEqual([code, JSON.parse(body).message], [400, message])
  assert.equal((await send({ path: `${maps}?timeout=5s` })).code, 200)
})

test("deleting a collection takes selectors, pages and dry runs", async () => {
  const path = "/api/v1/namespaces/many/configmaps"
  const of = async (name: string, a: string) =>
    send({
      method: "POST",
      path,
      headers: json,
      body: JSON.stringify({ metadata: { name, labels: { a } } }),
    })
  for (const [name, label] of [
    ["m1", "x"],
    ["m2", "x"],
    ["m3", "x"],
    ["m4", "y"],
  ] as const) {
    assert.equal((await of(name, label)).code, 201)
  }
  const names = async () =>
    JSON.parse((await send({ path })).body).items.map((item: { metadata: { name: string } }) => item.metadata.name)
  const remove = async (query: string) => JSON.parse((await send({ method: "DELETE", path: `${path}?${query}` })).body)
  await remove("dryRun=All")
  assert.deepEqual(await names(), ["m1", "m2", "m3", "m4"])
  const first = await remove("labelSelector=a%3Dx&limit=2")
  assert.deepEqual([first.kind, first.items.length, typeof first.metadata.continue], ["ConfigMapList", 2, "string"])
  assert.deepEqual(await names(), ["m3", "m4"])
  await remove("fieldSelector=metadata.name%3Dm4")
  assert.deepEqual(await names(), ["m3"])
  const both = "orphanDependents=true&propagationPolicy=Orphan"
  assert.equal(
    (await remove(both)).message,
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
  )
  await remove("propagationPolicy=Foreground")
  assert.deepEqual(await names(), ["m3"])
})

test("what cannot be created twice, or with a version", async () => {
  assert.equal((await create("once")).code, 201)
  const again = JSON.parse((await create("once")).body)
  assert.deepEqual(
    [again.code, again.reason, again.message],
    [409, "AlreadyExists", 'configmaps "once" already exists'],
  )
  const versioned = JSON.parse((await create("other", { resourceVersion: "1" })).body)
  assert.deepEqual(
    [versioned.code, versioned.message],
    [500, "resourceVersion should not be set on objects to be created"],
  )
})
