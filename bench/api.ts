import type { ClientHttp2Session } from "node:http2"
import { createAccount, type Sent, type Server, send, startServer } from "./api/start-server.ts"
import { type Measurement, measurement, percentile } from "./measurement.ts"

/**
 * The API server under load, from another process over HTTP/2 and TLS, with SQLite on disk. The floor beside it serves
 * the same requests from the same store without being a Kubernetes API: see `api/server.ts`.
 */

const AT_ONCE = 64
const RUN_MS = 4000
const LISTED_PODS = 10_000
const LISTS = 5
const WATCHERS = 1000
const CHANGES = 40
/** Changes before those that are measured, while the code is still being compiled. */
const FIRST_CHANGES = 10

export async function run(): Promise<readonly Measurement[]> {
  const [full, bare] = [await startServer("full"), await startServer("bare")]
  try {
    return [...(await throughput(full, bare)), ...(await lists(full)), ...(await fanOut(full))]
  } finally {
    full.stop()
    bare.stop()
  }
}

interface Rate {
  readonly perSecond: number
  /** Of the server, for each request. */
  readonly cpuMs: number
}

/** As many requests as `AT_ONCE` clients get through. */
async function rate(server: Server, request: (index: number) => Sent): Promise<Rate> {
  const before = await server.usage()
  const beganMs = performance.now()
  let done = 0
  const client = async (number: number): Promise<void> => {
    const session = server.sessions[number % server.sessions.length] as ClientHttp2Session
    while (performance.now() - beganMs < RUN_MS) await send(session, request(done++))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => client(number)))
  const seconds = (performance.now() - beganMs) / 1000
  const { cpuMs } = await server.usage()
  return { perSecond: done / seconds, cpuMs: (cpuMs - before.cpuMs) / done }
}

const PODS = "/api/v1/namespaces/default/pods"

/** Of an ordinary pod: about 1.5 kB of JSON. */
function pod(name: string): string {
  const container = {
    name: "web",
    image: "registry.example.com/team/web:1.2.3",
    env: Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-${index}` })),
    ports: [{ containerPort: 8080 }],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    readinessProbe: { httpGet: { path: "/readyz", port: 8080 }, periodSeconds: 5 },
  }
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "web", tier: "front", "pod-template-hash": "6d4cf56db6" } },
    spec: { containers: [container], nodeName: `node-${name.length}`, automountServiceAccountToken: false },
  })
}

async function throughput(full: Server, bare: Server): Promise<Measurement[]> {
  const first = full.sessions[0] as ClientHttp2Session
  await createAccount(first, "default")
  await send(first, { method: "POST", path: PODS, body: pod("subject") })
  let count = 0
  const create = (): Sent => ({ method: "POST", path: PODS, body: pod(`pod-${count++}`) })
  const get = (): Sent => ({ method: "GET", path: `${PODS}/subject` })
  const patch = (index: number): Sent => ({
    method: "PATCH",
    path: `${PODS}/pod-${index % 500}`,
    contentType: "application/merge-patch+json",
    body: JSON.stringify({ metadata: { annotations: { count: String(index) } } }),
  })
  const results: Measurement[] = []
  for (const [metric, request] of [
    // While the code is still being compiled, which takes a server some thousand requests.
    ["first durable creates", create],
    ["durable creates", create],
    ["GETs of a pod", get],
    ["merge patches", patch],
  ] as const) {
    const ours = await rate(full, request)
    const floor = await rate(bare, request)
    results.push(
      measurement("api", `${metric}, ${AT_ONCE} at a time`, ours.perSecond, "1/s", floor.perSecond),
      measurement("api", `${metric}, server CPU`, ours.cpuMs, "ms each", floor.cpuMs),
    )
  }
  return results
}

async function lists(server: Server): Promise<Measurement[]> {
  const [session] = server.sessions as readonly [ClientHttp2Session]
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "many" } }
  await send(session, { method: "POST", path: "/api/v1/namespaces", body: JSON.stringify(namespace) })
  await createAccount(session, "many")
  const base = "/api/v1/namespaces/many"
  for (let from = 0; from < LISTED_PODS; from += 250) {
    const batch = Array.from({ length: 250 }, (_, index) => `listed-${from + index}`)
    await Promise.all(batch.map((name) => send(session, { method: "POST", path: `${base}/pods`, body: pod(name) })))
  }
  const request: Sent = { method: "GET", path: `${base}/pods` }
  const bytes = await send(session, request)
  const before = await server.usage()
  const times: number[] = []
  let peak = before.rss
  for (let round = 0; round < LISTS; round++) {
    const beganMs = performance.now()
    await send(session, request)
    times.push(performance.now() - beganMs)
    peak = Math.max(peak, (await server.usage()).rss)
  }
  const { cpuMs } = await server.usage()
  return [
    measurement(
      "api",
      `LIST of ${LISTED_PODS} pods (${Math.round(bytes / 1e6)} MB)`,
      percentile(times, 0.5),
      "ms",
      null,
      135,
    ),
    measurement("api", "LIST, server CPU", (cpuMs - before.cpuMs) / LISTS, "ms each", null),
    measurement("api", "LIST, growth of memory by the response", (peak - before.rss) / bytes, "×", null, 1.2),
  ]
}

async function fanOut(server: Server): Promise<Measurement[]> {
  const delays: number[] = []
  const sentAt = new Map<string, number>()
  const streams = Array.from({ length: WATCHERS }, (_, index) => {
    const session = server.sessions[index % server.sessions.length] as ClientHttp2Session
    const stream = session.request({ ":path": "/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0" })
    stream.setEncoding("utf8")
    let rest = ""
    stream.on("data", (text: string) => {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) {
        const name = /"name":"(fan-\d+)"/.exec(line)?.[1]
        const began = name === undefined ? undefined : sentAt.get(name)
        if (began !== undefined) delays.push(performance.now() - began)
      }
    })
    stream.on("error", () => undefined)
    return { stream, opened: new Promise((resolve) => stream.once("response", resolve)) }
  })
  await Promise.all(streams.map(({ opened }) => opened))
  let before = await server.usage()
  for (let change = 0; change < FIRST_CHANGES + CHANGES; change++) {
    if (change === FIRST_CHANGES) {
      delays.length = 0
      before = await server.usage()
    }
    const name = `fan-${change}`
    const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { some: "data" } })
    sentAt.set(name, performance.now())
    const session = server.sessions[change % server.sessions.length] as ClientHttp2Session
    await send(session, { method: "POST", path: "/api/v1/namespaces/default/configmaps", body })
    const wanted = (change < FIRST_CHANGES ? change + 1 : change + 1 - FIRST_CHANGES) * WATCHERS
    while (delays.length < wanted) await new Promise((resolve) => setImmediate(resolve))
  }
  const { cpuMs } = await server.usage()
  for (const { stream } of streams) stream.close()
  return [
    measurement("api", `change to ${WATCHERS} watchers, p50`, percentile(delays, 0.5), "ms", null),
    measurement("api", `change to ${WATCHERS} watchers, p99`, percentile(delays, 0.99), "ms", null, 25),
    measurement("api", "watch delivery, server CPU", ((cpuMs - before.cpuMs) / delays.length) * 1000, "µs each", null),
  ]
}
