import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:http2"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { createHttpsTransport } from "../../client/https/https-transport.ts"
import { createClient } from "../../client/typed-client.ts"
import type { Pki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import { SELF } from "../back.ts"
import { createInProcessTransport } from "../in-process.ts"
import type { KubeApiServer } from "../kube-apiserver.ts"
import { startTestKubeApiServer, testPki } from "../testing/kube-apiserver.ts"
import { sendH2 } from "../testing.ts"
import { startTestWebhook, type TestWebhook } from "../webhook/testing.ts"
import { AuditSettingsError } from "./audit.ts"

/** A whole server keeps a record, in a file and with a webhook. */

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: Metadata, resources: [{resources: [secrets]}]}
- {level: RequestResponse, omitManagedFields: true, resources: [{resources: [configmaps]}]}
- {level: Request, omitStages: [RequestReceived], resources: [{resources: [namespaces]}]}
- {level: Metadata, nonResourceURLs: ["/version"]}
`
const platform = createNodePlatform({ logLevel: "error" })
const dir = mkdtempSync(join(tmpdir(), `gantry-audit-${process.pid}-`))
const logFile = join(dir, "audit.log")

interface Event {
  readonly auditID: string
  readonly level: string
  readonly stage: string
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username?: string; readonly groups?: readonly string[] }
  readonly impersonatedUser?: { readonly username: string }
  readonly authenticationMetadata?: { readonly impersonationConstraint: string }
  readonly sourceIPs: readonly string[]
  readonly userAgent: string
  readonly objectRef: Readonly<Record<string, string>>
  readonly responseStatus: { readonly code: number; readonly reason?: string; readonly message?: string }
  readonly requestObject?: { readonly data?: object }
  readonly responseObject?: { readonly metadata: object; readonly data?: object; readonly items?: readonly object[] }
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations: Readonly<Record<string, string>>
}

let pki: Pki
let webhook: TestWebhook
let server: KubeApiServer
const store = createMemoryStore({ platform })

const start = (policyFile: string) =>
  startTestKubeApiServer({
    store,
    platform,
    pki,
    audit: {
      policyFile,
      log: { path: logFile, sizeMax: 100, backupsMax: 0, ageMaxDays: 0 },
      webhook: { configFile: join(dir, "webhook.yaml"), batch: { waitMs: 3_600_000, eventsMax: 100_000 } },
    },
  })

before(async () => {
  pki = testPki(dir, platform)
  webhook = await startTestWebhook((_, response) => {
    response.end()
    return undefined
  })
  writeFileSync(
    join(dir, "webhook.yaml"),
    `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "${webhook.url}/events", certificate-authority-data: ${webhook.caBundle}}}]
users: [{name: u, user: {token: abc}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`,
  )
  writeFileSync(join(dir, "policy.yaml"), POLICY)
  server = await start(join(dir, "policy.yaml"))
})
after(async () => {
  await server.close(100)
  await webhook.close()
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

function clientOf(identity: { readonly cert: string; readonly key: string } | { readonly token: string }) {
  const url = `https://127.0.0.1:${server.port}`
  const transport = createHttpsTransport({ server: url, ca: pki.ca.cert, platform, userAgent: "test", ...identity })
  return { client: createClient(transport, { fieldManager: "test" }), transport }
}

function eventsOf(match: (event: Event) => boolean): Event[] {
  const lines = readFileSync(logFile, "utf8").trimEnd().split("\n")
  return lines.map((line) => JSON.parse(line) as Event).filter(match)
}

const MICROS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

test("a record tells who did what, with both objects and without managed fields", async () => {
  const { client, transport } = clientOf({ cert: pki.admin.cert, key: pki.admin.key })
  await client.of(ConfigMap).create({ metadata: { name: "one", namespace: "default" }, data: { a: "1" } })
  transport.close()
  const [done, ...more] = eventsOf(({ objectRef }) => objectRef?.["name"] === "one")
  assert.ok(done)
  assert.equal(more.length, 0)
  // What is created has no name yet when it is received.
  assert.deepEqual(
    eventsOf(({ auditID }) => auditID === done.auditID).map(({ stage }) => stage),
    ["RequestReceived", "ResponseComplete"],
  )
  assert.deepEqual([done.level, done.verb, done.responseStatus.code], ["RequestResponse", "create", 201])
  assert.ok(done.user.groups?.includes("system:masters"))
  assert.deepEqual(done.sourceIPs, ["127.0.0.1"])
  assert.deepEqual(done.objectRef, {
    resource: "configmaps",
    namespace: "default",
    name: "one",
    apiVersion: "v1",
  })
  assert.deepEqual(done.requestObject?.data, { a: "1" })
  assert.deepEqual(done.responseObject?.data, { a: "1" })
  assert.ok(!("managedFields" in (done.responseObject?.metadata ?? {})))
  assert.match(done.requestReceivedTimestamp, MICROS)
  assert.match(done.stageTimestamp, MICROS)
  assert.ok(done.stageTimestamp > done.requestReceivedTimestamp)
  assert.equal(done.annotations["authorization.k8s.io/decision"], "allow")
})

test("secrets stay out of a record of metadata", async () => {
  const { client, transport } = clientOf({ cert: pki.admin.cert, key: pki.admin.key })
  await client.of(Secret).create({ metadata: { name: "s", namespace: "default" }, stringData: { password: "hunter2" } })
  transport.close()
  const [event] = eventsOf(({ objectRef, stage }) => objectRef?.["name"] === "s" && stage === "ResponseComplete")
  assert.equal(event?.responseStatus.code, 201)
  assert.ok(!readFileSync(logFile, "utf8").includes("hunter2"))
})

test("stages that are left out, patches, and lists at the level of requests", async () => {
  const { client, transport } = clientOf({ cert: pki.admin.cert, key: pki.admin.key })
  await client.of(Namespace).patch({ name: "default" }, { metadata: { labels: { a: "b" } } }, { type: "merge" })
  transport.close()
  const events = eventsOf(({ verb, objectRef }) => verb === "patch" && objectRef["name"] === "default")
  assert.deepEqual(
    events.map(({ stage }) => stage),
    ["ResponseComplete"],
  )
  assert.deepEqual(events[0]?.requestObject, { metadata: { labels: { a: "b" } } })
  assert.equal(events[0]?.responseObject, undefined)
})

test("a refusal tells why, and who was meant", async () => {
  const { cert, key } = pki.admin
  const session = connect(`https://127.0.0.1:${server.port}`, { ca: pki.ca.cert, cert, key })
  const headers = { "impersonate-user": "eve" }
  const { code } = await sendH2(session, { path: "/api/v1/namespaces/default/configmaps/one", headers })
  session.close()
  assert.equal(code, 403)
  const [event, ...more] = eventsOf(({ impersonatedUser }) => impersonatedUser?.username === "eve")
  assert.equal(more.length, 0)
  assert.ok(event?.user.groups?.includes("system:masters"))
  assert.deepEqual(event?.authenticationMetadata, { impersonationConstraint: "impersonate:user-info" })
  assert.equal(event?.responseStatus.reason, "Forbidden")
  assert.equal(event?.annotations["authorization.k8s.io/decision"], "forbid")
})

test("whoever cannot say who it is is recorded with the answer", async () => {
  const { client, transport } = clientOf({ token: "wrong" })
  await assert.rejects(client.of(ConfigMap).get({ name: "nobody", namespace: "default" }))
  transport.close()
  const [event, ...more] = eventsOf(({ objectRef }) => objectRef?.["name"] === "nobody")
  assert.equal(more.length, 0)
  assert.deepEqual([event?.stage, event?.user, event?.responseStatus.code], ["ResponseStarted", {}, 401])
})

test("callers in the same process are recorded too, and watches at their beginning and end", async () => {
  const stop = new AbortController()
  const query = new Map([["watch", "true"]])
  const transport = createInProcessTransport(server.call, SELF)
  const watched = transport.watch({ path: "/api/v1/configmaps", method: "GET", query, signal: stop.signal })
  const events = watched[Symbol.asyncIterator]()
  await events.next()
  await events.return?.()
  stop.abort()
  const recorded = eventsOf(
    ({ verb, requestURI }) => verb === "watch" && requestURI === "/api/v1/configmaps?watch=true",
  )
  assert.deepEqual(
    recorded.map(({ stage, user }) => `${stage} ${user.username}`),
    ["RequestReceived", "ResponseStarted", "ResponseComplete"].map((stage) => `${stage} system:apiserver`),
  )
})

test("a policy that is not valid keeps the server from starting", async () => {
  const file = join(dir, "wrong.yaml")
  writeFileSync(file, POLICY.replace("level: Metadata", "level: Much"))
  await assert.rejects(start(file), (error) => error instanceof AuditSettingsError && error.setting === "policyFile")
})

test("at the end the webhook has the same events as the file", async () => {
  await server.close(100)
  const sent = webhook.calls.flatMap(({ body }) => (body as { items: Event[] }).items)
  const key = ({ auditID, stage }: Event) => `${auditID} ${stage}`
  assert.deepEqual(sent.map(key), eventsOf(() => true).map(key))
  assert.ok(sent.length > 10)
  assert.equal(webhook.calls[0]?.path, "/events?timeout=30s")
  assert.equal(webhook.calls[0]?.headers.authorization, "Bearer abc")
  server = await start(join(dir, "policy.yaml"))
})
