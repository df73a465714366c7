import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { makeCertificate } from "../../pki/certificate.ts"
import { MetricsRegistry } from "../../platform/metrics-registry.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { Fixture } from "../../runtime/conformance/fixture.ts"
import { createFakeRuntime } from "../../runtime/fake/fake-runtime.ts"
import { attributesOf, type NodeAttributes } from "./authorization.ts"
import { serveHealthz } from "./healthz.ts"
import { readNodeUsage } from "./stats/node-usage.ts"
import { clientCertificate, runningPod, startTestServer } from "./testing.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-kubelet-server-"))
const logPath = join(dir, "0.log")
writeFileSync(logPath, "2026-11-21T10:00:00.1Z stdout F hello\n")
const platform = createNodePlatform()
const runtime = createFakeRuntime({
  clock: platform.clock,
  commands: (_, [name]) => (name === "ls" ? { stdout: "files" } : { stderr: "oh", exitCode: 2 }),
})
const subject = { runtime, image: "i", cgroupParent: "/p", logDirectory: dir, settle: <T>(p: Promise<T>) => p }
const fixture = new Fixture({ ...subject, close: () => runtime.close() })
const { id, sandbox } = await fixture.started(["main"])
const asked: (readonly [user: string, groups: string, attributes: NodeAttributes])[] = []
const configuration = { kind: "KubeletConfiguration" }
const server = await startTestServer(runtime, [runningPod(id, sandbox, { logPath })], {
  authenticateToken: async (token) => (token === "good" ? { name: "robot", groups: ["robots"] } : undefined),
  authorize: async (user, attributes) => {
    asked.push([user.name, user.groups.join(" "), attributes])
    return user.name !== "mallory" && attributes.subresource !== "pods"
  },
  nodeUsage: () => readNodeUsage(dir),
  configuration: () => configuration,
  registry: new MetricsRegistry(),
  version: "v1.36.0",
  flags: new Map([["node", "node-1"]]),
  metrics: () => [{ name: "more", help: "", type: "gauge", samples: [{ value: 1 }] }],
  volumes: {
    claimUsage: async () => [
      {
        namespace: "default",
        name: "data",
        usedBytes: 30,
        inodesUsed: 2,
        availableBytes: 70,
        capacityBytes: 100,
        inodes: 3,
        inodesFree: 4,
      },
    ],
    usage: async () => [
      {
        name: "data",
        inMemory: false,
        isLocal: true,
        usedBytes: 4096,
        inodesUsed: 2,
        availableBytes: 1,
        capacityBytes: 2,
        inodes: 3,
        inodesFree: 4,
      },
    ],
  },
  probeResults: () => [
    { type: "Liveness", result: "failed", namespace: "default", pod: "web", podUid: "u", container: "main", count: 2 },
  ],
})
after(async () => {
  await server.server.close()
  await runtime.close()
  rmSync(dir, { recursive: true })
})

test("who has no certificate of our CA and no token is not let in", async () => {
  const otherCa = makeCertificate({ commonName: "ca", usage: "ca", validMs: 86_400_000 }, undefined, platform)
  const stranger = clientCertificate("kube-apiserver-kubelet-client", ["system:masters"], otherCa)
  for (const options of [{ as: undefined }, { as: stranger }, { as: undefined, token: "bad" }]) {
    const { status, body } = await server.request("/healthz", options)
    assert.deepEqual([status, body], [401, "Unauthorized"])
  }
  assert.equal((await server.request("/healthz", { as: undefined, token: "good" })).status, 200)
})

test("what is allowed is asked with the user's groups; each fitting subresource is enough", async () => {
  asked.length = 0
  const answer = await server.request("/pods", { as: clientCertificate("jane", ["a", "b"]) })
  assert.equal(answer.status, 200)
  const common = { verb: "get", resource: "nodes", name: "node-1", path: "/pods" }
  assert.deepEqual(asked, [
    ["jane", "a b system:authenticated", { ...common, subresource: "pods" }],
    ["jane", "a b system:authenticated", { ...common, subresource: "proxy" }],
  ])
  const refused = await server.request("/pods", { as: clientCertificate("mallory", []) })
  assert.deepEqual(
    [refused.status, refused.body],
    [403, "Forbidden (user=mallory, verb=get, resource=nodes, subresource(s)=[pods proxy])\n"],
  )
})

const attributes = [
  ["GET", "/stats/summary", "get stats"],
  ["GET", "/metrics/cadvisor", "get metrics"],
  ["GET", "/logs/", "get log"],
  ["POST", "/exec/a/b/c", "create proxy"],
  ["GET", "/containerLogs/a/b/c", "get proxy"],
  ["GET", "/configz", "get configz, get proxy"],
  ["GET", "/healthz", "get healthz, get proxy"],
  ["GET", "/runningpods/", "get pods, get proxy"],
  ["GET", "/podsomething", "get proxy"],
] as const
for (const [method, path, expected] of attributes) {
  test(`${method} ${path} needs ${expected}`, () => {
    const found = attributesOf(method, path, "n").map(({ verb, subresource }) => `${verb} ${subresource}`)
    assert.equal(found.join(", "), expected)
  })
}

const answers: readonly (readonly [path: string, status: number, body: string | RegExp, method?: string])[] = [
  ["/healthz", 200, "ok"],
  ["/nowhere", 404, "404: Page Not Found"],
  ["/pods", 405, "405: Method Not Allowed", "DELETE"],
  ["/logs/", 200, /^<!doctype html>\n<meta [^]*<pre>\n/],
  ["/logs/no-such-log", 404, "404 page not found\n"],
  ["/logs/..%2F..%2Fetc/hostname", 404, "404 page not found\n"],
  [
    "/checkpoint/default/web/main",
    500,
    "checkpointing of default/web/main failed (rpc error: code = Unimplemented desc = this runtime cannot write checkpoints of containers)",
    "POST",
  ],
  ["/checkpoint/default/web/none", 404, "container none does not exist", "POST"],
  ["/checkpoint/default/none/main", 404, "pod does not exist", "POST"],
  ["/configz", 200, '{"kubeletconfig":{"kind":"KubeletConfiguration"}}'],
  ["/pods", 200, /^\{"kind":"PodList","apiVersion":"v1","metadata":\{\},"items":\[\{.*"name":"web"/],
  ["/runningpods/", 200, /"containers":\[\{"name":"main","image":/],
  ["/run/default/web/main?cmd=ls", 200, "files", "POST"],
  ["/run/default/web/main?cmd=rm+x", 500, "command 'rm x' exited with 2: oh", "POST"],
  ["/run/default/web/none?cmd=ls", 500, 'container not found ("none")', "POST"],
  ["/containerLogs/default/web/main", 200, "hello\n"],
  ["/containerLogs/default/none/main", 404, 'pod "none" does not exist'],
  ["/containerLogs/default/web/none", 404, 'container "none" not found in pod "web"'],
  ["/containerLogs/default//main", 400, '{"message": "Missing podID."}'],
  ["/containerLogs/default/web/main?tailLines=x", 400, '{"message": "Unable to decode query."}'],
  ["/containerLogs/default/web/main?limitBytes=0", 422, '{"message": "Invalid request."}'],
  ["/containerLogs/default/web/main?previous=true", 400, 'previous terminated container "main" in pod "web" not found'],
  [
    "/metrics",
    200,
    /^kubelet_node_name\{node="node-1"\} 1$[^]*^kubelet_running_pods 1$[^]*^more 1$[^]*^kubelet_volume_stats_used_bytes\{namespace="default",persistentvolumeclaim="data"\} 30$[^]*^kubelet_http_requests_total\{method="GET",path="metrics",server_type="readwrite",long_running="false"\} \d+$/m,
  ],
  ["/statusz", 200, /^\nkubelet statusz\nWarning: [^]*\nBinary version: 1\.36\.0\n/],
  ["/flagz", 200, /^\nkubelet flagz\nWarning: .*\nnode: node-1\n$/],
  ["/metrics/resource", 200, /^node_cpu_usage_seconds_total [\d.]+ \d+$/m],
  ["/metrics/cadvisor", 200, /^machine_cpu_cores \d+$/m],
  ["/metrics/probes", 200, /^prober_probe_total\{container="main",.*probe_type="Liveness",result="failed"\} 2$/m],
]
for (const [path, status, body, method = "GET"] of answers) {
  test(`${method} ${path} answers ${status}`, async () => {
    const answer = await server.request(path, { method })
    assert.equal(answer.status, status)
    if (typeof body === "string") assert.equal(answer.body, body)
    else assert.match(answer.body, body)
  })
}

test("the summary has the node, its pods and their volumes", async () => {
  const summary = JSON.parse((await server.request("/stats/summary")).body)
  assert.equal(summary.node.nodeName, "node-1")
  assert(summary.node.memory.workingSetBytes > 0 && summary.node.fs.capacityBytes > 0)
  const [pod] = summary.pods
  assert.deepEqual(pod.podRef, { name: "web", namespace: "default", uid: "uid-1" })
  assert.equal(pod.containers[0].name, "main")
  assert.equal(pod.volume[0].name, "data")
  assert(pod["ephemeral-storage"].usedBytes >= 4096)
})

test("a log that is followed ends with its container", async () => {
  const own = await fixture.started(["main"])
  const path = join(dir, "own.log")
  writeFileSync(path, "2026-11-21T10:00:00.1Z stdout F all\n")
  const other = await startTestServer(runtime, [runningPod(own.id, own.sandbox, { logPath: path })])
  const answer = other.request("/containerLogs/default/web/main?follow=true")
  await runtime.stopContainer(own.id, 0)
  assert.equal((await answer).body, "all\n")
  await other.server.close()
})

test("the machine itself may ask whether the agent lives, unless the port is taken", async () => {
  const healthz = await serveHealthz(0)
  assert.ok(healthz)
  const answers = ["/healthz", "/pods"].map((path) => fetch(`http://127.0.0.1:${healthz.port}${path}`))
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 404],
  )
  assert.equal(await serveHealthz(healthz.port), undefined)
  await healthz.close()
})
