import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import type { ClientHttp2Session } from "node:http2"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Access, createAccount, type Server, send, startServer } from "../api/start-server.ts"
import { cpuSeconds } from "../cpu-seconds.ts"
import { inParallel } from "../in-parallel.ts"
import { type Measurement, measurement } from "../measurement.ts"

/**
 * Pods created over HTTPS until all are bound, with the API server, its store on disk and the scheduler. The peer is
 * kube-scheduler against the same API server, where GANTRY_BENCH_KUBE_SCHEDULER names its binary.
 */
const NODES = 1000
const PODS = 5000
const AT_ONCE = 64
const CPU_BUDGET_MS = 2.2

export async function run(): Promise<readonly Measurement[]> {
  const ours = await measure("scheduled")
  const binary = process.env["GANTRY_BENCH_KUBE_SCHEDULER"]
  const peer = binary === undefined ? undefined : await measure("full", binary)
  const what = `${PODS} pods through the API over ${NODES} nodes`
  return [
    measurement("scheduler", `${what} (goal 730)`, ours.perSecond, "1/s", peer?.perSecond ?? null),
    measurement("scheduler", `${what}, CPU`, ours.cpuMs, "ms each", peer?.cpuMs ?? null, CPU_BUDGET_MS),
  ]
}

interface Outcome {
  readonly perSecond: number
  /** Of server, scheduler and load generator together, for each pod. */
  readonly cpuMs: number
}

async function measure(kind: "full" | "scheduled", binary?: string): Promise<Outcome> {
  const server = await startServer(kind)
  const peer = binary === undefined ? undefined : await startPeer(binary, server.access)
  try {
    await prepare(server)
    const before = await cpuMs(server, peer?.child)
    const beganMs = performance.now()
    const bound = allBound(server.sessions[0] as ClientHttp2Session)
    await inParallel(AT_ONCE, PODS, (index) =>
      send(sessionOf(server, index), { method: "POST", path: POD_PATH, body: pod(index) }),
    )
    await bound
    const seconds = (performance.now() - beganMs) / 1000
    return { perSecond: PODS / seconds, cpuMs: ((await cpuMs(server, peer?.child)) - before) / PODS }
  } finally {
    await peer?.stop()
    server.stop()
  }
}

const POD_PATH = "/api/v1/namespaces/default/pods"
const sessionOf = ({ sessions }: Server, index: number) => sessions[index % sessions.length] as ClientHttp2Session

async function prepare(server: Server): Promise<void> {
  await createAccount(sessionOf(server, 0), "default")
  await inParallel(AT_ONCE, NODES, async (index) => {
    const name = `node-${index}`
    const amounts = { cpu: "4", memory: "32Gi", pods: "110" }
    const metadata = { name, labels: { "kubernetes.io/hostname": name } }
    const status = { capacity: amounts, allocatable: amounts, conditions: [{ type: "Ready", status: "True" }] }
    const body = JSON.stringify({ apiVersion: "v1", kind: "Node", metadata, status })
    await send(sessionOf(server, index), { method: "POST", path: "/api/v1/nodes", body })
    // New nodes are kept free until a controller has seen that they are ready.
    const contentType = "application/merge-patch+json"
    const ready = JSON.stringify({ spec: { taints: null } })
    await send(sessionOf(server, index), { method: "PATCH", path: `/api/v1/nodes/${name}`, body: ready, contentType })
  })
}

function pod(index: number): string {
  const container = {
    name: "pause",
    image: "registry.k8s.io/pause:3.10.2",
    resources: { requests: { cpu: "100m", memory: "500Mi" } },
  }
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${index}` },
    spec: { containers: [container], automountServiceAccountToken: false },
  })
}

/** Resolves when a watch has shown every pod with a node. */
function allBound(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const names = new Set<string>()
  const stream = session.request({ ":path": `${POD_PATH}?watch=1&resourceVersion=0` })
  stream.setEncoding("utf8")
  let rest = ""
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const name = /"name":"(pod-\d+)"/.exec(line)?.[1]
      if (name !== undefined && line.includes('"nodeName":')) names.add(name)
    }
    if (names.size < PODS) return
    stream.close()
    resolve()
  })
  stream.on("error", reject)
  return promise
}

async function cpuMs(server: Server, peer: ChildProcess | undefined): Promise<number> {
  const { user, system } = process.cpuUsage()
  const { cpuMs: ofServer } = await server.usage()
  return (user + system) / 1000 + ofServer + (peer === undefined ? 0 : cpuSeconds(peer.pid ?? 0) * 1000)
}

async function startPeer(binary: string, { port, ca, cert, key }: Access) {
  const folder = await mkdtemp(join(tmpdir(), "gantry-bench-scheduler-"))
  const base64 = (text: string) => Buffer.from(text).toString("base64")
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "c", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": base64(ca) } },
    ],
    users: [{ name: "u", user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  }
  const config = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    leaderElection: { leaderElect: false },
    // Its own limit of calls per second would be what is measured.
    clientConnection: { kubeconfig: join(folder, "kubeconfig"), qps: 5000, burst: 5000 },
  }
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(kubeconfig))
  await writeFile(join(folder, "config"), JSON.stringify(config))
  const child = spawn(binary, ["--config", join(folder, "config"), "--secure-port=0"], { stdio: "ignore" })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  return {
    child,
    stop: async () => {
      child.kill()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}
