import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { type ClientHttp2Session, connect } from "node:http2"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { after, before, test } from "node:test"
import { builtinResources, resourceMetrics } from "../../api/all.ts"
import { APIService } from "../../api/apiregistration/v1/api-service.ts"
import { Service } from "../../api/core/v1/service.ts"
import { type Informer, startInformer } from "../../client/informer.ts"
import type { Pki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import { createInProcessTransport } from "../in-process.ts"
import type { KubeApiServer } from "../kube-apiserver.ts"
import { startTestKubeApiServer, testPki } from "../testing/kube-apiserver.ts"
import { startTestExtension, type TestExtension, V2 } from "./testing.ts"

/** A whole server with another one behind it, over real TLS. */

const platform = createNodePlatform({ logLevel: "error" })
const dir = mkdtempSync(join(tmpdir(), `gantry-aggregation-${process.pid}-`))
const store = createMemoryStore({ platform })
const stop = new AbortController()
let pki: Pki
let server: KubeApiServer
let toys: TestExtension
let services: Informer<APIService>
let session: ClientHttp2Session
const extension = (port = 0) =>
  startTestExtension({ platform, frontProxyCa: pki.frontProxyCa.cert, host: "toys.default.svc", port })

before(async () => {
  pki = testPki(dir, platform)
  toys = await extension()
  server = await startTestKubeApiServer({
    store,
    platform,
    resources: [...builtinResources, ...resourceMetrics],
    pki,
  })
  const { client } = server
  services = startInformer(client, APIService, { platform, signal: stop.signal })
  const { cert, key } = pki.admin
  session = connect(`https://127.0.0.1:${server.port}`, { ca: pki.ca.cert, cert, key })
  const metadata = { name: "toys", namespace: "default" }
  await client.of(Service).create({ metadata, spec: { type: "ExternalName", externalName: "localhost" } })
  await client.of(APIService).create(apiService("v1", { caBundle: toys.caBundle }))
  await available("v1", "True Passed")
})
after(async () => {
  stop.abort()
  session.close()
  await server.close(100)
  await toys.close()
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

function apiService(version: string, more: object) {
  const service = { namespace: "default", name: "toys", port: toys.port }
  const spec = { group: "toys.example.com", version, groupPriorityMinimum: 1500, versionPriority: 10, service, ...more }
  return { metadata: { name: `${version}.toys.example.com` }, spec }
}

/** Resolves when the condition says so. */
function available(version: string, wanted: string): Promise<void> {
  return services.until(() => {
    const [condition] = services.get(`${version}.toys.example.com`)?.status.conditions ?? []
    return condition !== undefined && `${condition.status} ${condition.reason ?? ""}` === wanted
  })
}

async function get(path: string, accept = "application/json") {
  const stream = session.request({ ":path": path, accept })
  const [headers] = (await once(stream, "response")) as [Readonly<Record<string, unknown>>]
  const text = Buffer.concat(await stream.toArray()).toString()
  return { code: headers[":status"], headers, text, json: (): unknown => JSON.parse(text) }
}

const DOLLS = "/apis/toys.example.com/v1/dolls"

test("passes requests on in the name of whoever asked, and nobody else's", async () => {
  const name = "/apis/toys.example.com/v1/namespaces/default/dolls"
  const { cert, key } = pki.admin
  const headers = { "content-type": "application/json", "x-remote-user": "mallory", "x-remote-extra-a": "b" }
  const options = { host: "127.0.0.1", port: server.port, path: name, method: "POST", headers, agent: false as const }
  const sent = request({ ...options, ca: pki.ca.cert, cert, key })
  sent.end(`{"kind":"Doll"}`)
  const [response] = (await once(sent, "response")) as [IncomingMessage]
  const body = JSON.parse(Buffer.concat(await response.toArray()).toString()) as unknown
  assert.deepEqual([response.statusCode, body], [201, { kind: "Doll", got: { kind: "Doll" } }])
  const seen = toys.requests.findLast(({ method }) => method === "POST")
  assert.equal(seen?.headers["x-remote-user"], "test-admin")
  assert.deepEqual(seen?.groups, ["system:masters", "system:authenticated"])
  assert.match(String(seen?.headers["x-remote-extra-authentication.kubernetes.io%2fcredential-id"]), /^X509SHA256=/)
  assert.deepEqual([seen?.headers["x-remote-extra-a"], seen?.headers["authorization"]], [undefined, undefined])
})

test("streams watches while they last", async () => {
  const stream = session.request({ ":path": `${DOLLS}?watch=true` })
  const [line] = (await once(stream, "data")) as [Buffer]
  assert.match(line.toString(), /"type":"ADDED"/)
  stream.close()
  await once(stream, "close")
})

test("joins connections that leave HTTP", async () => {
  const { cert, key } = pki.admin
  const headers = { connection: "Upgrade", upgrade: "echo" }
  const path = "/apis/toys.example.com/v1/namespaces/default/dolls/a/exec"
  const options = { host: "127.0.0.1", port: server.port, path, headers, agent: false as const }
  const sent = request({ ...options, ca: pki.ca.cert, cert, key }).end()
  const [response, socket] = (await once(sent, "upgrade")) as [IncomingMessage, Duplex]
  assert.equal(response.statusCode, 101)
  socket.write("hello")
  assert.equal(String((await once(socket, "data"))[0]), "hello")
  socket.destroy()
  const seen = toys.requests.find(({ url }) => url === path)
  assert.equal(seen?.headers["x-remote-user"], "test-admin")
})

test("does not let a server behind lead clients elsewhere", async () => {
  const { code, text, headers } = await get("/apis/toys.example.com/v1/namespaces/default/dolls/moved")
  assert.deepEqual([code, headers["location"]], [502, undefined])
  assert.equal(text, "the backend attempted to redirect this request, which is not permitted")
})

test("does not wait for ever for a server behind, and tells it how it was reached", async () => {
  const path = "/apis/toys.example.com/v1/namespaces/default/dolls/slow"
  const { code, json } = await get(`${path}?timeout=50ms`)
  const { message } = json() as { readonly message: string }
  assert.deepEqual([code, message], [504, "Timeout: request did not complete within the allotted timeout"])
  const seen = toys.requests.find(({ url }) => url.startsWith(path))
  const host = `localhost:${toys.port}`
  const told = ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-uri"].map((each) => seen?.headers[each])
  assert.deepEqual(told, [host, host, "https", path])
})

test("says how long a body is, also where bodies are rare", async () => {
  const path = "/apis/toys.example.com/v1/namespaces/default/dolls"
  const body = { kind: "DeleteOptions", gracePeriodSeconds: 0 }
  const user = { name: "system:test", groups: ["system:masters"], extra: new Map() }
  const transport = createInProcessTransport(server.call, user)
  // Twice: what was not read of one request would be taken for the next.
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await transport.send({ method: "DELETE", path, body }), { kind: "Doll", got: body })
    const stream = session.request({ ":method": "DELETE", ":path": path }, { endStream: false })
    stream.end(JSON.stringify(body))
    assert.deepEqual(JSON.parse(Buffer.concat(await stream.toArray()).toString()), { kind: "Doll", got: body })
  }
})

test("answers the controllers of this process with values and errors", async () => {
  const user = { name: "system:test", groups: ["system:masters"], extra: new Map() }
  const transport = createInProcessTransport(server.call, user)
  assert.deepEqual(await transport.send({ method: "GET", path: DOLLS }), { kind: "DollList", items: [] })
  await assert.rejects(transport.send({ method: "GET", path: `${DOLLS}/none/none/none` }), /no such toy/)
  const events = transport.watch({ method: "GET", path: DOLLS, query: new Map([["watch", "true"]]) })
  for await (const { type, object } of events) {
    assert.deepEqual([type, object], ["ADDED", { kind: "Doll", metadata: { name: "a" } }])
    break
  }
})

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
interface Discovery {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly versions: readonly object[] }[]
}

async function toysIn(): Promise<readonly object[] | undefined> {
  const { items } = (await get("/apis", AGGREGATED)).json() as Discovery
  return items.find(({ metadata }) => metadata.name === "toys.example.com")?.versions
}

/** Discovery follows the condition a moment later. */
async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read()
    if (holds(value)) return value
  }
}

test("lists what the server behind has among its own, by priority", async () => {
  const versions = await eventually(toysIn, (found) => JSON.stringify(found).includes("Current"))
  const doll = { group: "", version: "", kind: "Doll" }
  assert.deepEqual(versions, [
    {
      version: "v1",
      resources: [
        {
          resource: "dolls",
          singularResource: "doll",
          responseKind: doll,
          scope: "Namespaced",
          verbs: ["get", "list"],
          shortNames: ["dl"],
          subresources: [{ subresource: "status", responseKind: doll, verbs: ["get"] }],
        },
      ],
      freshness: "Current",
    },
  ])
  const { groups } = (await get("/apis")).json() as { readonly groups: readonly { readonly name: string }[] }
  assert.deepEqual([groups[0]?.name, groups.at(-2)?.name], ["apiregistration.k8s.io", "toys.example.com"])
  assert.equal((await get("/apis/toys.example.com/v1")).headers["x-from"], "toys")
})

test("publishes the form of its objects, but nothing that is not its own", async () => {
  type Paths = { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> }
  const index = await eventually(
    async () => ((await get("/openapi/v3")).json() as Paths).paths,
    (paths) => "apis/toys.example.com/v1" in paths,
  )
  assert.equal(index["apis/toys.example.com/v1"]?.serverRelativeURL, "/openapi/v3/apis/toys.example.com/v1?hash=ABC")
  assert.match(index["apis/apps/v1"]?.serverRelativeURL ?? "", /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/)
  const document = await get("/openapi/v3/apis/toys.example.com/v1?hash=ABC")
  assert.deepEqual(document.json(), { openapi: "3.0.0" })
  const moved = await get("/openapi/v3/apis/toys.example.com/v1?hash=OLD")
  assert.deepEqual([moved.code, moved.headers["location"]], [301, "/openapi/v3/apis/toys.example.com/v1?hash=ABC"])
  const swagger = (await get("/openapi/v2")).json() as typeof V2
  assert.deepEqual(swagger.paths[DOLLS as keyof typeof V2.paths], V2.paths[DOLLS as keyof typeof V2.paths])
  assert.deepEqual(swagger.definitions.doll, V2.definitions.doll)
})

test("a server that cannot be trusted is not used", async () => {
  await server.client.of(APIService).create(apiService("v2", { caBundle: Buffer.from(pki.ca.cert).toString("base64") }))
  await available("v2", "False FailedDiscoveryCheck")
  const [condition] = services.get("v2.toys.example.com")?.status.conditions ?? []
  const url = `https://localhost:${toys.port}/apis/toys.example.com/v2`
  const why = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
  assert.equal(condition?.message, `failing or missing response from ${url}: Get "${url}": ${why}`)
  const { code, text } = await get("/apis/toys.example.com/v2")
  assert.deepEqual([code, text], [503, "service unavailable\n"])
  await server.client.of(APIService).delete({ name: "v2.toys.example.com" })
  assert.equal(
    (
      await eventually(
        () => get("/apis/toys.example.com/v2"),
        ({ code: now }) => now !== 503,
      )
    ).code,
    404,
  )
})

test("what a server behind had is known while it is away, and it is used again when it is back", async () => {
  const { port } = toys
  await toys.close()
  // Any change has it looked at at once.
  await server.client.of(APIService).patch({ name: "v1.toys.example.com" }, label("1"), { type: "merge" })
  await available("v1", "False FailedDiscoveryCheck")
  const stale = await eventually(toysIn, (found) => JSON.stringify(found).includes("Stale"))
  assert.match(JSON.stringify(stale), /"resource":"dolls"/)
  assert.equal((await get(DOLLS)).code, 503)
  toys = await extension(port)
  await server.client.of(APIService).patch({ name: "v1.toys.example.com" }, bundle(), { type: "merge" })
  await available("v1", "True Passed")
  assert.equal(
    (
      await eventually(
        () => get(DOLLS),
        ({ code }) => code !== 503,
      )
    ).code,
    200,
  )
})

const label = (value: string) => ({ metadata: { labels: { touched: value } } })
const bundle = () => ({ spec: { caBundle: toys.caBundle } })

test("keeps an APIService for every version of its own", async () => {
  await services.until(() => services.get("v1.apps") !== undefined)
  const names = new Set(services.list().map(({ metadata }) => metadata.name))
  assert.deepEqual(
    [names.has("v1."), names.has("v2.autoscaling"), names.has("v1.apiregistration.k8s.io")],
    [true, true, false],
  )
  const { metadata, spec, status } = await server.client.of(APIService).get({ name: "v1.apps" })
  assert.deepEqual(metadata.labels?.["kube-aggregator.kubernetes.io/automanaged"], "onstart")
  assert.deepEqual([spec.groupPriorityMinimum, spec.versionPriority], [17800, 15])
  assert.equal(status.conditions?.[0]?.reason, "Local")
})

test("leaves what pods use to another server as long as one is named", async () => {
  const name = "v1beta1.metrics.k8s.io"
  const all = server.client.of(APIService)
  const state = () => {
    const { metadata, spec, status } = services.get(name) ?? {}
    const label = metadata?.labels?.["kube-aggregator.kubernetes.io/automanaged"]
    return `${label} ${spec?.service?.name} ${status?.conditions?.[0]?.reason}`
  }
  const resources = async () => {
    const { code, text } = await get("/apis/metrics.k8s.io/v1beta1")
    return `${code} ${text.match(/"kind":"\w+Metrics"/g)?.length ?? 0}`
  }
  await services.until(() => state() === "true undefined Local")
  assert.equal(await resources(), "200 2")
  const found = await all.get({ name })
  // As `kubectl apply` of what metrics-server brings: our label stays.
  const service = { namespace: "kube-system", name: "metrics-server" }
  await all.update({ ...found, spec: { ...found.spec, insecureSkipTLSVerify: true, service } })
  await services.until(() => state() === "true metrics-server ServiceNotFound")
  assert.equal(await resources(), "503 0")
  await all.delete({ name })
  await services.until(() => state() === "true undefined Local")
  assert.equal(await resources(), "200 2")
})
