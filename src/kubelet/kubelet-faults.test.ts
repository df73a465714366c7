import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import type { Pod } from "../api/core/v1/pod.ts"
import type { Secret } from "../api/core/v1/secret.ts"
import { ImageError } from "../images/images.ts"
import { startTestNode, type TestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1", terminationMessagePath: "/dev/termination-log" }
const first = (pod: Pod) => pod.status.containerStatuses?.[0]
const running = ({ status }: Pod) => status.phase === "Running"
const isGone = (node: TestNode, name: string) => () =>
  node.api.get(`/api/v1/namespaces/default/pods/${name}`) === undefined

test("a container that fails its liveness probe is restarted", async () => {
  const node = await startTestNode()
  let healthy = true
  node.command = () => (healthy ? {} : { exitCode: 1, stdout: "sick" })
  const livenessProbe = { exec: { command: ["check"] }, periodSeconds: 2, failureThreshold: 2 }
  node.run("web", { containers: [{ ...web, livenessProbe }] })
  await node.until("web", running)
  await node.platform.advance(10_000)
  assert.equal(first(node.pod("web"))?.restartCount, 0)
  healthy = false
  await node.until("web", (pod) => first(pod)?.restartCount === 1)
  const events = node.events("web")
  assert.ok(events.includes("Unhealthy: Liveness probe failed: sick"))
  assert.ok(events.includes("Killing: Container web failed liveness probe, will be restarted"))
  const failed = node.kubelet.probeResults().find(({ result }) => result === "failed")
  assert.deepEqual([failed?.type, failed?.container, failed?.count], ["Liveness", "web", 2])
  const started = node.kubelet.metrics().find(({ name }) => name === "kubelet_started_containers_total")
  assert.deepEqual(started?.samples, [{ labels: { container_type: "container" }, value: 2 }])
})

test("readiness and liveness wait for the startup probe", async () => {
  const node = await startTestNode()
  let started = false
  const asked: string[] = []
  node.command = (_, [command = ""]) => {
    asked.push(command)
    return command === "startup" && !started ? { exitCode: 1 } : {}
  }
  const probe = (command: string) => ({ exec: { command: [command] }, periodSeconds: 1, failureThreshold: 30 })
  node.run("web", {
    containers: [
      { ...web, startupProbe: probe("startup"), readinessProbe: probe("ready"), livenessProbe: probe("alive") },
    ],
  })
  await node.until("web", running)
  await node.platform.advance(5000)
  assert.deepEqual([...new Set(asked)], ["startup"])
  assert.deepEqual([first(node.pod("web"))?.started, first(node.pod("web"))?.ready], [false, false])
  started = true
  await node.until("web", (pod) => first(pod)?.ready === true)
  assert.equal(first(node.pod("web"))?.started, true)
})

test("a preStop hook runs first and its time counts against the grace period", async () => {
  const node = await startTestNode()
  node.command = () => ({ runMs: 4000 })
  node.programs.set("web", { stopMs: "never" })
  node.run("web", { containers: [{ ...web, lifecycle: { preStop: { exec: { command: ["drain"] } } } }] })
  await node.until("web", running)
  node.delete("web", 10)
  await node.platform.advanceUntil(isGone(node, "web"))
  const calls = node.runtime.calls.filter((call) => /^(execSync|stopContainer)/.test(call))
  assert.deepEqual(calls, ["execSync web#0 drain", "stopContainer web#0 6000"])
})

test("a second deletion can shorten the time that a container has", async () => {
  const node = await startTestNode()
  node.programs.set("web", { stopMs: "never" })
  node.run("web", { containers: [web] })
  await node.until("web", running)
  node.delete("web", 3600)
  await node.platform.advance(1000)
  const stops = () => node.runtime.calls.filter((call) => call.startsWith("stopContainer"))
  assert.deepEqual(stops(), ["stopContainer web#0 3600000"])
  node.delete("web", 5)
  await node.platform.advance(6000)
  assert.deepEqual(stops(), ["stopContainer web#0 3600000", "stopContainer web#0 5000"])
  await node.platform.advanceUntil(isGone(node, "web"))
})

test("a container whose postStart hook fails is killed and started again", async () => {
  const node = await startTestNode()
  let broken = true
  node.command = () => (broken ? { exitCode: 1, stdout: "no" } : {})
  node.run("web", { containers: [{ ...web, lifecycle: { postStart: { exec: { command: ["warm-up"] } } } }] })
  await node.until("web", (pod) => first(pod)?.state?.waiting?.reason === "PostStartHookError")
  assert.ok(node.events("web").includes("FailedPostStartHook: PostStartHook failed"))
  broken = false
  await node.until("web", (pod) => first(pod)?.ready === true)
})

test("a pod past its deadline fails and its containers end", async () => {
  const node = await startTestNode()
  node.run("web", { activeDeadlineSeconds: 60, containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Failed")
  const { message, reason } = node.pod("web").status
  assert.deepEqual(
    [reason, message],
    ["DeadlineExceeded", "Pod was active on the node longer than the specified deadline"],
  )
  await node.until("web", (pod) => first(pod)?.state?.terminated !== undefined)
})

test("a dead sandbox is replaced and its containers start again", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", running)
  const [sandbox] = await node.runtime.listPodSandboxes()
  assert.ok(sandbox)
  node.runtime.breakSandbox(sandbox.id)
  await node.until("web", (pod) => first(pod)?.restartCount === 1 && first(pod)?.ready === true)
  assert.ok(node.events("web").includes("SandboxChanged: Pod sandbox changed, it will be killed and re-created."))
})

test("a pod that does not fit is rejected", async () => {
  const node = await startTestNode()
  node.run("big", { containers: [{ ...web, resources: { requests: { cpu: "10000" } } }] })
  node.run("else", { nodeSelector: { disk: "ssd" }, containers: [web] })
  await node.until("big", ({ status }) => status.phase === "Failed")
  await node.until("else", ({ status }) => status.phase === "Failed")
  assert.equal(node.pod("big").status.reason, "OutOfcpu")
  assert.match(
    node.pod("big").status.message ?? "",
    /^Pod was rejected: Node didn't have enough resource: cpu, requested: 10000000, used: 0, capacity: \d+$/,
  )
  assert.equal(
    node.pod("else").status.message,
    "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  )
  assert.deepEqual(node.runtime.calls, [])
})

test("an ephemeral container joins a running pod and is never restarted", async () => {
  const node = await startTestNode()
  node.programs.set("debug", { runMs: 1000, exitCode: 1 })
  node.run("web", { containers: [web] })
  await node.until("web", running)
  const { spec } = node.pod("web")
  const debug = { name: "debug", image: "app:1", targetContainerName: "web", resources: {} }
  node.change("web", { spec: { ...spec, ephemeralContainers: [debug] } })
  await node.until("web", ({ status }) => status.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode === 1)
  await node.platform.advance(60_000)
  assert.equal(node.runtime.calls.filter((call) => call === "startContainer debug#0").length, 1)
  assert.equal(node.pod("web").status.phase, "Running")
})

test("a new image restarts the container at once", async () => {
  const node = await startTestNode()
  node.images.present.add("app:2")
  node.run("web", { containers: [web] })
  await node.until("web", running)
  const { spec } = node.pod("web")
  node.change("web", { spec: { ...spec, containers: [{ ...web, resources: {}, image: "app:2" }] } })
  await node.until("web", (pod) => first(pod)?.image === "app:2")
  assert.equal(first(node.pod("web"))?.restartCount, 1)
  assert.ok(node.events("web").includes("Killing: Container web definition changed, will be restarted"))
})

test("a container waits for the config map it needs", async () => {
  const node = await startTestNode()
  const env = [{ name: "MODE", valueFrom: { configMapKeyRef: { name: "settings", key: "mode" } } }]
  node.run("web", { containers: [{ ...web, env }] })
  await node.until("web", (pod) => first(pod)?.state?.waiting?.reason === "CreateContainerConfigError")
  assert.equal(first(node.pod("web"))?.state?.waiting?.message, 'configmap "settings" not found')
  node.api.put("/api/v1/namespaces/default/configmaps/settings", {
    metadata: { namespace: "default" },
    data: { mode: "x" },
  })
  await node.until("web", running)
})

test("a pod that is deleted by force is ended though the API has forgotten it", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", running)
  node.api.remove("/api/v1/namespaces/default/pods/web")
  await node.platform.advanceUntil(() => node.runtime.calls.includes("removePodSandbox default/web"))
  assert.deepEqual(await node.runtime.listContainers(), [])
})

test("the place of a pod that is deleted by force is free at once", async () => {
  const node = await startTestNode()
  node.programs.set("web", { stopMs: "never" })
  const whole = { ...web, resources: { requests: { cpu: String(availableParallelism()) } } }
  node.run("web", { containers: [whole] })
  await node.until("web", running)
  node.run("early", { containers: [whole] })
  await node.until("early", ({ status }) => status.reason === "OutOfcpu")
  node.api.remove("/api/v1/namespaces/default/pods/web")
  node.run("next", { containers: [whole] })
  await node.until("next", running)
  assert.equal((await node.runtime.listContainers({ state: "RUNNING" })).length, 2)
})

test("a readiness gate holds back the pod, not its containers", async () => {
  const node = await startTestNode()
  node.run("web", { readinessGates: [{ conditionType: "example.com/gate" }], containers: [web] })
  const condition = (type: string) => node.pod("web").status.conditions?.find((each) => each.type === type)
  await node.until("web", running)
  assert.equal(condition("ContainersReady")?.status, "True")
  assert.equal(
    condition("Ready")?.message,
    'corresponding condition of pod readiness gate "example.com/gate" does not exist.',
  )
  const { status } = node.pod("web")
  const gate = { type: "example.com/gate", status: "True" }
  node.change("web", { status: { ...status, conditions: [...(status.conditions ?? []), gate] } })
  await node.until("web", () => condition("Ready")?.status === "True")
})

test("a pod whose finalizer keeps it is deleted once and then left alone", async () => {
  const node = await startTestNode()
  node.api.keepsDeleted = true
  node.run("web", { containers: [web] })
  await node.until("web", running)
  node.delete("web", 5)
  await node.platform.advanceUntil(() => node.api.writes.some((write) => write.startsWith("DELETE")))
  const { metadata } = node.pod("web")
  node.change("web", { metadata: { ...metadata, labels: { touched: "yes" } } })
  await node.platform.advance(60_000)
  assert.equal(node.api.writes.filter((write) => write.startsWith("DELETE")).length, 1)
})

test("a rule restarts all containers in their sandbox", async () => {
  const node = await startTestNode()
  const rules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }]
  node.programs.set("setup", { runMs: 10 })
  node.programs.set("source", { runMs: 60_000, exitCode: 42 })
  node.run("web", {
    restartPolicy: "Never",
    initContainers: [{ ...web, name: "setup" }],
    containers: [web, { ...web, name: "source", restartPolicy: "Never", restartPolicyRules: rules }],
  })
  await node.until("web", running)
  const condition = () => node.pod("web").status.conditions?.find(({ type }) => type === "AllContainersRestarting")
  assert.equal(condition()?.status, "False")
  await node.until("web", ({ status }) => status.containerStatuses?.[1]?.restartCount === 1)
  await node.until("web", running)
  await node.until("web", () => condition()?.status === "False")
  const { containerStatuses = [], initContainerStatuses = [] } = node.pod("web").status
  assert.deepEqual(
    [...initContainerStatuses, ...containerStatuses].map(({ lastState, name, restartCount }) => {
      return `${name} ${restartCount} ${lastState?.terminated?.reason}`
    }),
    ["setup", "web", "source"].map((name) => `${name} 1 RestartingAllContainers`),
  )
  assert.equal(node.runtime.calls.filter((call) => call.startsWith("runPodSandbox")).length, 1)
  assert.ok(node.events("web").includes("Killing: killing"))
})

test("a rule of a sidecar restarts all containers too", async () => {
  const node = await startTestNode()
  const restartPolicyRules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }]
  node.programs.set("setup", { runMs: 10 })
  node.programs.set("source", { runMs: 60_000, exitCode: 42 })
  node.run("web", {
    restartPolicy: "Never",
    initContainers: [
      { ...web, name: "setup" },
      { ...web, name: "side", restartPolicy: "Always" },
      { ...web, name: "source", restartPolicy: "Always", restartPolicyRules },
    ],
    containers: [web],
  })
  await node.until("web", running)
  await node.until("web", ({ status }) => status.containerStatuses?.[0]?.restartCount === 1)
  await node.until("web", running)
  const { containerStatuses = [], initContainerStatuses = [] } = node.pod("web").status
  assert.deepEqual(
    [...initContainerStatuses, ...containerStatuses].map(({ lastState, name, restartCount }) => {
      return `${name} ${restartCount} ${lastState?.terminated?.reason}`
    }),
    ["setup", "side", "source", "web"].map((name) => `${name} 1 RestartingAllContainers`),
  )
})

test("a container is stopped with the signal that it asks for", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [{ ...web, lifecycle: { stopSignal: "SIGUSR1" } }] })
  await node.until("web", running)
  const [container] = await node.runtime.listContainers()
  assert.ok(container)
  assert.equal((await node.runtime.containerStatus(container.id)).stopSignal, "SIGUSR1")
  assert.equal(first(node.pod("web"))?.stopSignal, "SIGUSR1")
})

test("an image that was pulled with a secret is not for pods without it", async () => {
  const password = (secrets: readonly Secret[]) => secrets.map(({ metadata }) => ({ username: metadata.name }))
  const node = await startTestNode({ credentialsFor: (_, secrets) => password(secrets) })
  node.api.put("/api/v1/namespaces/default/secrets/key", { metadata: { name: "key", namespace: "default" } })
  const secretly = { containers: [{ ...web, image: "private:1" }], imagePullSecrets: [{ name: "key" }] }
  node.run("owner", secretly)
  await node.until("owner", running)
  node.run("other", secretly)
  await node.until("other", running)
  assert.deepEqual(node.images.pulls, ["private:1"])
  node.images.broken.set("private:1", new ImageError("Unauthorized", "private:1: pull access denied"))
  node.run("thief", { containers: [{ ...web, image: "private:1" }] })
  node.run("silent", { containers: [{ ...web, image: "private:1", imagePullPolicy: "Never" }] })
  const waiting = (pod: Pod) => first(pod)?.state?.waiting?.reason
  await node.until("thief", (pod) => waiting(pod) === "ErrImagePull")
  await node.until("silent", (pod) => waiting(pod) === "ErrImageNeverPull")
})
