import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { ImageError } from "../images/images.ts"
import { startTestNode } from "./testing/test-node.ts"

const web = { name: "web", image: "app:1", terminationMessagePath: "/dev/termination-log" }
/** Longer than a pod's latest form waits to be written. */
const NOTED_MS = 2000

test("a simple pod runs, is reported and is deleted", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Running")
  const { status } = node.pod("web")
  assert.deepEqual(node.runtime.calls.slice(0, 3), [
    "runPodSandbox default/web",
    "createContainer web#0",
    "startContainer web#0",
  ])
  assert.match(status.podIP ?? "", /^10\.244\.0\./)
  assert.equal(status.hostIP, "192.168.0.1")
  assert.deepEqual(
    status.conditions?.map(({ status: value, type }) => `${type}=${value}`),
    ["PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True", "PodScheduled=True"],
  )
  assert.equal(status.containerStatuses?.[0]?.ready, true)
  node.delete("web", 30)
  await node.platform.advanceUntil(() => node.api.list("/api/v1/namespaces/default/pods/").length === 0)
  assert.deepEqual(node.events("web"), [
    'Pulled: Container image "app:1" already present on machine and can be accessed by the pod',
    "Created: Container created",
    "Started: Container started",
    "Killing: Stopping container web",
  ])
})

test("no note of a pod stays on disk once it is gone", async () => {
  const node = await startTestNode()
  const notes = () => readdirSync(join(node.dataDir, "checkpoints"))
  node.run("web", { containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Running")
  await node.platform.advance(NOTED_MS)
  assert.deepEqual(notes(), ["uid-web.json"])
  node.delete("web", 0)
  await node.platform.advanceUntil(() => !node.kubelet.pods().some(({ metadata }) => metadata.name === "web"))
  await node.platform.advance(NOTED_MS)
  assert.deepEqual(notes(), [])
})

test("a container knows its addresses from the beginning", async () => {
  const node = await startTestNode()
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  node.run("web", { containers: [{ ...web, env: [field("POD", "status.podIP"), field("HOST", "status.hostIP")] }] })
  await node.until("web", ({ status }) => status.phase === "Running")
  const { podIP } = node.pod("web").status
  const seen = node.configs.map(({ envs }) => Object.fromEntries(envs.map(({ name, value }) => [name, value])))
  assert.deepEqual(seen, [{ POD: podIP, HOST: "192.168.0.1" }])
})

test("a container that keeps failing backs off", async () => {
  const node = await startTestNode()
  node.programs.set("web", { runMs: 1000, exitCode: 3 })
  node.run("web", { containers: [web] })
  const waiting = () => node.pod("web").status.containerStatuses?.[0]?.state?.waiting
  await node.until("web", () => waiting()?.reason === "CrashLoopBackOff")
  const { status } = node.pod("web")
  assert.equal(status.phase, "Running")
  assert.equal(status.containerStatuses?.[0]?.restartCount, 1)
  assert.equal(waiting()?.message, "back-off 10s restarting failed container=web pod=web_default(uid-web)")
  assert.equal(status.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 3)
  await node.until("web", ({ status: { containerStatuses } }) => containerStatuses?.[0]?.restartCount === 2)
  await node.until("web", () => waiting()?.message?.startsWith("back-off 20s") === true)
})

test("images of volumes are pulled as their policies say, and a container that mounts one waits for it", async () => {
  const node = await startTestNode()
  node.images.broken.set("data:1", new ImageError("NotFound", "data:1: not found"))
  const volumes = [
    { name: "data", image: { reference: "data:1", pullPolicy: "Always" } },
    { name: "idle", image: { reference: "idle:1", pullPolicy: "Always" } },
  ]
  const volumeMounts = [{ name: "data", mountPath: "/data" }]
  node.run("web", { volumes, containers: [{ ...web, volumeMounts }] })
  const status = () => node.pod("web").status.containerStatuses?.[0]
  const waiting = () => status()?.state?.waiting
  await node.until("web", () => waiting()?.reason === "ImagePullBackOff")
  assert.equal(waiting()?.message, 'Back-off pulling image "data:1": ErrImagePull: data:1: not found')
  node.images.broken.clear()
  await node.until("web", () => status()?.ready === true)
  assert.deepEqual(
    node.images.pulls.filter((image) => image !== web.image),
    ["data:1", "data:1"],
  )
  const said = node.events("web").filter((event) => /data:1|Error/.test(event))
  assert.deepEqual(said.slice(0, 4), [
    'Pulling: Pulling image "data:1"',
    'Failed: Failed to pull image "data:1": data:1: not found',
    "Failed: Error: ErrImagePull",
    'BackOff: Back-off pulling image "data:1"',
  ])
  const mount = node.configs.at(-1)?.mounts.find(({ containerPath }) => containerPath === "/data")
  assert.equal(mount?.image?.userSpecifiedImage, "data:1")
  assert.notEqual(mount?.image?.image, "data:1")
})

test("an image that cannot be pulled is tried again with back-off", async () => {
  const node = await startTestNode()
  node.images.broken.set("gone:1", new ImageError("NotFound", "gone:1: not found"))
  node.run("web", { containers: [{ ...web, image: "gone:1" }] })
  const waiting = () => node.pod("web").status.containerStatuses?.[0]?.state?.waiting
  await node.until("web", () => waiting()?.reason === "ErrImagePull")
  assert.equal(waiting()?.message, "gone:1: not found")
  await node.until("web", () => waiting()?.reason === "ImagePullBackOff")
  assert.equal(waiting()?.message, 'Back-off pulling image "gone:1": ErrImagePull: gone:1: not found')
  node.images.broken.clear()
  await node.until("web", ({ status }) => status.phase === "Running")
  assert.deepEqual(node.events("web").slice(0, 6), [
    'Pulling: Pulling image "gone:1"',
    'Failed: Failed to pull image "gone:1": gone:1: not found',
    "Failed: Error: ErrImagePull",
    'BackOff: Back-off pulling image "gone:1"',
    "Failed: Error: ImagePullBackOff",
    'Pulled: Successfully pulled image "gone:1" in 0s (0s including waiting). Image size: 1234 bytes.',
  ])
})

test("init containers run in order before the others, sidecars beside them", async () => {
  const node = await startTestNode()
  node.programs.set("first", { runMs: 100 })
  node.programs.set("last", { runMs: 100 })
  node.run("web", {
    initContainers: [
      { name: "first", image: "app:1" },
      { name: "side", image: "app:1", restartPolicy: "Always" },
      { name: "last", image: "app:1" },
    ],
    containers: [web],
  })
  await node.until("web", ({ status }) => status.phase === "Running")
  const starts = node.runtime.calls.filter((call) => call.startsWith("startContainer"))
  assert.deepEqual(starts, [
    "startContainer first#0",
    "startContainer side#0",
    "startContainer last#0",
    "startContainer web#0",
  ])
  node.delete("web", 30)
  await node.platform.advanceUntil(() => node.api.get("/api/v1/namespaces/default/pods/web") === undefined)
  const stops = node.runtime.calls.filter((call) => call.startsWith("stopContainer"))
  assert.deepEqual(
    stops.map((call) => call.split(" ")[1]),
    ["web#0", "side#0"],
  )
})

test("a pod whose containers are done is finished and keeps its containers for their logs", async () => {
  const node = await startTestNode()
  node.programs.set("good", { runMs: 10 })
  node.programs.set("bad", { runMs: 20, exitCode: 1 })
  node.run("job", {
    restartPolicy: "Never",
    containers: [
      { ...web, name: "good" },
      { ...web, name: "bad" },
    ],
  })
  node.run("fine", { restartPolicy: "OnFailure", containers: [{ ...web, name: "good" }] })
  await node.until("job", ({ status }) => status.phase === "Failed")
  await node.until("fine", ({ status }) => status.phase === "Succeeded")
  const ready = node.pod("fine").status.conditions?.find(({ type }) => type === "Ready")
  assert.equal(ready?.reason, "PodCompleted")
  assert.deepEqual(
    (await node.runtime.listContainers()).map(({ state }) => state),
    ["EXITED", "EXITED", "EXITED"],
  )
  assert.deepEqual(await node.runtime.listPodSandboxes({ state: "READY" }), [])
})

test("an agent that comes back adopts what runs and changes nothing", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [{ ...web, readinessProbe: { exec: { command: ["ok"] }, periodSeconds: 5 } }] })
  await node.until("web", ({ status }) => status.containerStatuses?.[0]?.ready === true)
  const before = node.pod("web").metadata.resourceVersion
  const calls = node.runtime.calls.length
  await node.restart()
  await node.platform.advance(30_000)
  assert.equal(node.pod("web").metadata.resourceVersion, before)
  assert.deepEqual(
    node.runtime.calls.slice(calls).filter((call) => !call.startsWith("execSync")),
    [],
  )
})

test("a pod goes on and restarts its container while the API server is away, also after the agent restarts", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Running")
  await node.platform.advance(2000)
  node.api.reachable = false
  await node.restart()
  await node.platform.advance(5000)
  const [container] = await node.runtime.listContainers()
  assert.ok(container)
  node.runtime.exit(container.id, { exitCode: 1 })
  await node.platform.advance(1000)
  assert.deepEqual(
    (await node.runtime.listContainers({ state: "RUNNING" })).map(({ metadata }) => metadata.attempt),
    [1],
  )
  node.api.reachable = true
  await node.until("web", ({ status }) => status.containerStatuses?.[0]?.restartCount === 1)
})

test("a pod that was deleted while the agent was down is ended gracefully", async () => {
  const node = await startTestNode()
  node.run("web", { containers: [web] })
  await node.until("web", ({ status }) => status.phase === "Running")
  await node.platform.advance(2000)
  node.api.remove("/api/v1/namespaces/default/pods/web")
  await node.restart()
  await node.platform.advanceUntil(() => node.runtime.calls.includes("removePodSandbox default/web"))
  assert.deepEqual(await node.runtime.listContainers(), [])
  assert.deepEqual(await node.runtime.listPodSandboxes(), [])
  assert.ok(node.runtime.calls.includes("stopContainer web#0 30000"))
})

test("a container restarts with its secret while the API server is away, also after the agent restarts", async () => {
  const node = await startTestNode()
  const secret = "/api/v1/namespaces/default/secrets/key"
  const data = { password: Buffer.from("open").toString("base64") }
  node.api.put(secret, { metadata: { name: "key", namespace: "default" }, data })
  node.run("web", {
    containers: [
      { ...web, envFrom: [{ secretRef: { name: "key" } }], volumeMounts: [{ name: "api", mountPath: "/api" }] },
    ],
    volumes: [{ name: "api", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }],
  })
  await node.until("web", ({ status }) => status.phase === "Running")
  await node.platform.advance(2000)
  node.api.reachable = false
  await node.restart()
  await node.platform.advance(5000)
  const [container] = await node.runtime.listContainers()
  assert.ok(container)
  node.runtime.exit(container.id, { exitCode: 1 })
  await node.platform.advance(20_000)
  const values = node.configs.map(({ envs }) => envs.find(({ name }) => name === "password")?.value)
  assert.deepEqual(values, ["open", "open"])
  const notes = () => readdirSync(join(node.dataDir, "../run/objects")).length
  assert.equal(notes(), 1)
  node.api.reachable = true
  node.delete("web", 1)
  await node.platform.advanceUntil(() => node.kubelet.pods().length === 0)
  assert.equal(notes(), 0)
})
