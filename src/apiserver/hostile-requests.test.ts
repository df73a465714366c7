import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import type { ClientHttp2Session } from "node:http2"
import { connect } from "node:http2"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Writable } from "node:stream"
import { after, afterEach, before, test } from "node:test"
import fc from "fast-check"
import { createNodePlatform } from "../platform/node/platform.ts"
import { createMemoryStore } from "../store/memory/memory-store.ts"
import type { Store } from "../store/store.ts"
import type { KubeApiServer } from "./kube-apiserver.ts"
import { startTestKubeApiServer, testPki } from "./testing/kube-apiserver.ts"
import { sendH2 } from "./testing.ts"

/**
 * Whatever is sent, the whole server answers with a Status that is the client's fault, and logs no error of its own.
 * HOSTILE_SEED and HOSTILE_RUNS vary and lengthen the search.
 */
const seed = Number(process.env["HOSTILE_SEED"] ?? 5)
const numRuns = Number(process.env["HOSTILE_RUNS"] ?? 60)

const logged: string[] = []
const logTo = new Writable({
  write: (chunk, _encoding, done) => {
    logged.push(String(chunk))
    done()
  },
})
const platform = createNodePlatform({ logLevel: "error", logTo })
const dir = mkdtempSync(join(tmpdir(), `gantry-hostile-${process.pid}-`))
let store: Store
let server: KubeApiServer
let session: ClientHttp2Session
before(async () => {
  store = createMemoryStore({ platform })
  const pki = testPki(dir, platform)
  server = await startTestKubeApiServer({
    store,
    platform,
    pki,
  })
  session = connect(`https://127.0.0.1:${server.port}`, { ca: pki.ca.cert, ...pki.admin })
  await send("POST", MAPS, JSON.stringify(configMap("kept", { data: { a: "b" } })))
})
after(async () => {
  session.close()
  await server.close(100)
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})
afterEach(() => {
  assert.deepEqual(logged.splice(0), [])
})

const MAPS = "/api/v1/namespaces/default/configmaps"
const PROTOBUF_MAGIC = Buffer.from("6b387300", "hex")
type Headers = Readonly<Record<string, string>>

const configMap = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  ...more,
})

function send(method: string, path: string, body?: string | Buffer, headers: Headers = {}) {
  return sendH2(session, { method, path, headers, ...(body !== undefined && { body }) })
}

/** Some refusals of Kubernetes are a 500 without a reason; failures of the server have this one. */
async function isHandled(answer: Promise<{ readonly code: number; readonly body: string }>): Promise<number> {
  const { code, body } = await answer
  assert.ok(code < 500 || !body.includes('"InternalError"'), `${code} ${body.slice(0, 400)}`)
  return code
}

const deep = (open: string, close: string, times = 20_000) => open.repeat(times) + close.repeat(times)
const inMap = (data: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":${data}}`

const bodies: readonly (readonly [name: string, type: string, body: string | Buffer])[] = [
  ["nothing", "application/json", ""],
  ["no object", "application/json", "[]"],
  ["null", "application/json", "null"],
  ["deep lists", "application/json", deep("[", "]")],
  ["deep objects", "application/json", `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`],
  ["deep data", "application/json", inMap(deep("[", "]"))],
  ["a huge exponent", "application/json", inMap("1e999999999")],
  ["a huge number", "application/json", inMap("9".repeat(100_000))],
  ["numbers for names", "application/json", inMap('{"a":1e400}')],
  ["invalid UTF-8", "application/json", Buffer.from(inMap('{"a":"\xff\xfe"}'), "latin1")],
  ["lone surrogates", "application/json", inMap('{"a":"\\ud83d"}').replace('"x"', '"\\udc00"')],
  ["a byte order mark", "application/json", `\ufeff${inMap("{}")}`],
  ["null bytes", "application/json", `${inMap("{}")}\0\0`],
  ["two values", "application/json", "{}{}"],
  ["deep YAML", "application/yaml", deep("[", "]")],
  ["deep YAML blocks", "application/yaml", Array.from({ length: 2_000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n")],
  [
    "a YAML alias bomb",
    "application/yaml",
    ["a: &a [x,x,x,x,x,x,x,x,x]"]
      .concat(
        Array.from(
          { length: 9 },
          (_, at) => `${"bcdefghij"[at]}: &${"bcdefghij"[at]} [${Array(9).fill(`*${"abcdefghi"[at]}`)}]`,
        ),
      )
      .join("\n"),
  ],
  ["a YAML alias of itself", "application/yaml", "a: &a [*a]"],
  ["YAML merge keys", "application/yaml", "a: &a {x: 1}\nb: {<<: [*a, *a]}\n<<: 1\n"],
  ["YAML tags", "application/yaml", "!!js/function 'x'\n"],
  ["YAML of many documents", "application/yaml", "---\n".repeat(10_000)],
  ["YAML keys of all kinds", "application/yaml", "? [a]\n: 1\n? {b: 1}\n: 2\nnull: 3\n"],
  ["protobuf without an envelope", "application/vnd.kubernetes.protobuf", Buffer.from([0x0a, 0xff])],
  ["an empty protobuf envelope", "application/vnd.kubernetes.protobuf", PROTOBUF_MAGIC],
  [
    "a protobuf length beyond its end",
    "application/vnd.kubernetes.protobuf",
    Buffer.concat([PROTOBUF_MAGIC, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])]),
  ],
  [
    "a protobuf group",
    "application/vnd.kubernetes.protobuf",
    Buffer.concat([PROTOBUF_MAGIC, Buffer.alloc(100_000, 0x0b)]),
  ],
]
for (const [name, type, body] of bodies) {
  test(`a body: ${name}`, async () => {
    for (const [method, path] of [
      ["POST", MAPS],
      ["PUT", `${MAPS}/kept`],
      ["DELETE", `${MAPS}/none`],
    ] as const) {
      assert.ok((await isHandled(send(method, path, body, { "content-type": type }))) >= 400)
    }
  })
}

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
]
const patches: readonly (readonly [name: string, body: string])[] = [
  ["deep lists", deep("[", "]")],
  ["deep objects", `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`],
  ["a path through a prototype", '[{"op":"add","path":"/__proto__/polluted","value":1}]'],
  ["a path through a constructor", '[{"op":"add","path":"/metadata/constructor/prototype/polluted","value":1}]'],
  [
    "a copy that doubles",
    JSON.stringify(Array.from({ length: 40 }, () => ({ op: "copy", from: "/data", path: "/data/x" }))),
  ],
  ["an index beyond numbers", '[{"op":"remove","path":"/metadata/finalizers/99999999999999999999"}]'],
  ["operations of no kind", '[{"op":"__proto__","path":""},{"op":"constructor","path":""}]'],
  [
    "directives of all kinds",
    '{"$patch":"constructor","$retainKeys":1,"$setElementOrder/x":{},"metadata":{"$patch":[]}}',
  ],
  ["prototype members", '{"__proto__":{"polluted":1},"metadata":{"constructor":{"prototype":{"polluted":1}}}}'],
  ["no JSON", "{"],
]
for (const [name, body] of patches) {
  test(`a patch: ${name}`, async () => {
    for (const type of patchTypes) {
      const path = `${MAPS}/kept?fieldManager=test&dryRun=All`
      await isHandled(send("PATCH", path, body, { "content-type": type }))
    }
    assert.equal(Reflect.get({}, "polluted"), undefined)
  })
}

test("prototype names are ordinary keys in every encoding", async () => {
  const keys = ["__proto__", "constructor", "toString", "hasOwnProperty"]
  const members = Object.fromEntries(keys.map((key) => [key, "v"]))
  const data = JSON.parse(`{${keys.map((key) => `${JSON.stringify(key)}:"v"`).join(",")}}`)
  // A label's name begins with a letter or digit.
  const labels = Object.fromEntries(keys.slice(1).map((key) => [key, "v"]))
  const object = configMap("proto", { metadata: { name: "proto", labels, annotations: labels }, data })
  assert.equal(await isHandled(send("POST", MAPS, JSON.stringify(object))), 201)
  for (const accept of ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]) {
    const { bytes } = await send("GET", `${MAPS}/proto`, undefined, { accept })
    for (const key of keys) assert.ok(bytes.includes(key), `${key} in ${accept}`)
  }
  const selected = await send("GET", `${MAPS}?labelSelector=constructor%3Dv,toString,!valueOf`)
  assert.deepEqual(
    JSON.parse(selected.body).items.map((item: { data: object }) => Object.keys(item.data).sort()),
    [Object.keys({ ...members, ...data }).sort()],
  )
  const merge = '{"data":{"__proto__":null,"constructor":"w"}}'
  const patched = await send("PATCH", `${MAPS}/proto`, merge, { "content-type": "application/merge-patch+json" })
  assert.deepEqual(Object.keys(JSON.parse(patched.body).data).sort(), ["constructor", "hasOwnProperty", "toString"])
})

const word = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "%2F",
    "..",
    "//",
    "%00",
    "%",
    "*",
    ",",
    "=",
    "!=",
    " in ",
    "(",
    ")",
    "__proto__",
    "a",
    "9".repeat(40),
    "\\",
  ),
)
const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(""))
const NAMES =
  "watch limit continue resourceVersion resourceVersionMatch labelSelector fieldSelector timeoutSeconds timeout dryRun fieldManager fieldValidation force pretty allowWatchBookmarks sendInitialEvents propagationPolicy gracePeriodSeconds".split(
    " ",
  )

test("any query is handled", async () => {
  const query = fc.array(fc.tuple(fc.constantFrom(...NAMES), text), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(query, fc.constantFrom("GET", "POST", "DELETE", "PATCH"), async (pairs, method) => {
      // A watch has no end.
      const asked = [...pairs.filter(([name]) => name !== "watch"), ["dryRun", "All"] as const]
      const encoded = asked.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join("&")
      await isHandled(send(method, `${MAPS}/none?${encoded}`, method === "GET" ? undefined : "{}"))
      await isHandled(send("GET", `${MAPS}?${encoded}`))
    }),
    { seed, numRuns },
  )
})

test("any path is handled", async () => {
  const parts = fc.array(
    fc.oneof(word, fc.constantFrom("api", "apis", "v1", "namespaces", "pods", "watch", "proxy", "log")),
    { maxLength: 8 },
  )
  await fc.assert(
    fc.asyncProperty(parts, async (segments) => {
      const path = `/${segments.map((each) => (each.startsWith("%") ? each : encodeURIComponent(each.toWellFormed()))).join("/")}`
      if (!path.includes("/watch")) await isHandled(send("GET", path))
    }),
    { seed, numRuns },
  )
})

test("any header is handled", async () => {
  const printable = fc
    .array(
      fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(";", ",", "q=", "*/*", "as=Table", "=", "/", '"', "application/json", "é"),
      ),
      { maxLength: 8 },
    )
    .map((each) => each.join("").trim())
  const names = [
    "accept",
    "content-type",
    "accept-encoding",
    "user-agent",
    "audit-id",
    "impersonate-user",
    "impersonate-group",
    "impersonate-uid",
    "if-none-match",
    "x-forwarded-for",
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), printable, async (name, value) => {
      await isHandled(send("GET", MAPS, undefined, { [name]: value }))
      await isHandled(send("POST", `${MAPS}?dryRun=All`, "{}", { [name]: value }))
    }),
    { seed, numRuns },
  )
})

test("any bytes are handled in every encoding", async () => {
  const types = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", ...patchTypes]
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.concat([PROTOBUF_MAGIC, each])),
    fc.json().map((each) => Buffer.from(each)),
    fc.jsonValue().map((metadata) => Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata }))),
    fc.jsonValue().map((each) => Buffer.from(JSON.stringify([{ op: "add", path: "/data", value: each }]))),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...types), bytes, async (type, body) => {
      const headers = { "content-type": type }
      await isHandled(send("POST", `${MAPS}?dryRun=All`, body, headers))
      await isHandled(send("PATCH", `${MAPS}/kept?dryRun=All&fieldManager=x`, body, headers))
    }),
    { seed, numRuns },
  )
})
