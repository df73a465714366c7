import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { createClient } from "../client/typed-client.ts"
import { nodeName, startTestNode, type TestNode } from "./testing/test-node.ts"

const HOUR_MS = 3_600_000
const container = (name: string, more: object = {}) => ({ name, image: "app:1", ...more })
const count = (pod: Pod) => pod.status.containerStatuses?.[0]?.restartCount
const running = ({ status }: Pod) => status.phase === "Running"

/** Attempts of the containers that run, by name. */
async function attempts(node: TestNode): Promise<Record<string, number>> {
  const containers = await node.runtime.listContainers({ state: "RUNNING" })
  return Object.fromEntries(containers.map(({ metadata }) => [metadata.name, metadata.attempt]))
}

test("while the API server is away for two hours a node cares for its pods, and tells of it afterwards", async () => {
  const node = await startTestNode()
  const sick = new Set<string>()
  node.command = ({ metadata }) => (sick.has(metadata.name) ? { exitCode: 1 } : {})
  node.programs.set("crashing", { runMs: 60_000, exitCode: 1 })
  const livenessProbe = { exec: { command: ["check"] }, periodSeconds: 10, failureThreshold: 3 }
  const token = { name: "api", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }
  const mounted = { volumeMounts: [{ name: "api", mountPath: "/api" }] }
  node.run("steady", { containers: [container("steady", mounted)], volumes: [token] })
  node.run("probed", { containers: [container("probed", { livenessProbe, readinessProbe: livenessProbe })] })
  node.run("crashing", { containers: [container("crashing")] })
  for (const name of ["steady", "probed", "crashing"]) await node.until(name, running)
  await node.platform.advance(20_000)
  const noted = node.pod("steady").metadata.resourceVersion
  const written = () =>
    readFileSync(join(node.dataDir, "pods/uid-steady/volumes/kubernetes.io~projected/api/token"), "utf8")
  const before = written()

  node.api.reachable = false
  await node.platform.advance(HOUR_MS / 2)
  sick.add("probed")
  await node.platform.advance(40_000)
  sick.delete("probed")
  await node.platform.advance(1.5 * HOUR_MS)
  const during = await attempts(node)
  assert.equal(during["steady"], 0)
  assert.equal(during["probed"], 1)
  // Each instance runs for a minute and waits for at most five.
  const crashes = (await node.runtime.listContainers()).find(({ metadata }) => metadata.name === "crashing")
  assert.ok((crashes?.metadata.attempt ?? 0) > 15, `attempt ${crashes?.metadata.attempt}`)
  // As with every kubelet: a token that ends cannot be replaced, and what holds it goes on.
  assert.equal(written(), before)

  const calls = node.runtime.calls.length
  node.api.reachable = true
  await node.until("probed", (pod) => count(pod) === 1)
  await node.platform.advance(30_000)
  const client = createClient(node.api, { fieldManager: "test" })
  const { status } = await client.of(Node).get({ name: nodeName })
  const ready = status?.conditions?.find(({ type }) => type === "Ready")
  assert.equal(ready?.status, "True")
  assert.equal(count(node.pod("crashing")), (await latest(node, "crashing")) ?? 0)
  assert.equal(node.pod("steady").metadata.resourceVersion, noted)
  const stopped = node.runtime.calls.slice(calls).filter((call) => /^(stop|remove).* (steady|probed)/.test(call))
  assert.deepEqual(stopped, [])
  assert.deepEqual({ ...(await attempts(node)), crashing: 0 }, { steady: 0, probed: 1, crashing: 0 })
  await node.platform.advance(70_000)
  assert.notEqual(written(), before)
})

/** The newest attempt of a container. */
async function latest(node: TestNode, name: string): Promise<number | undefined> {
  const all = (await node.runtime.listContainers()).filter(({ metadata }) => metadata.name === name)
  return all.map(({ metadata }) => metadata.attempt).sort((a, b) => b - a)[0]
}
