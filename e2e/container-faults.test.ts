import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { freePort, startTestCluster, type TestCluster } from "./cluster.ts"
import { containerOf, eventsOf, podOf, podView, stateOf, untilEvent, untilPod } from "./pod-view.ts"

/** What goes wrong with containers looks as it does in Kubernetes: states, reasons, exit codes, messages, events. */
describe("container faults", () => {
  let cluster: TestCluster
  let missingImage: string
  before(async () => {
    cluster = await startTestCluster({ name: "faults" })
    missingImage = `127.0.0.1:${await freePort()}/missing:1`
    // All at once, so that their pauses pass at the same time.
    await cluster.apply(...pods(missingImage))
  })
  after(() => cluster.down())

  it("exits with an error: CrashLoopBackOff", async () => {
    const pod = await untilPod(
      cluster,
      "crash",
      "backs off after a restart",
      (container) => container.restartCount === 1 && stateOf(container) === "waiting CrashLoopBackOff",
    )
    const { containerID, lastState, ready, state } = containerOf(pod)
    const ref = `crash_default(${pod.metadata.uid})`
    assert.equal(ready, false)
    assert.equal(state.waiting?.message, `back-off 10s restarting failed container=c pod=${ref}`)
    assert.deepEqual([lastState.terminated?.exitCode, lastState.terminated?.reason], [3, "Error"])
    assert.equal(lastState.terminated?.containerID, containerID)
    assert.equal(pod.status.phase, "Running")
    await untilEvent(cluster, "crash", "Warning", "BackOff", `Back-off restarting failed container c in pod ${ref}`)
    // The message that the container left is the one that people look for first.
    assert.equal(lastState.terminated?.message, "out of luck\n")
    assert.match(await cluster.kubectl("logs crash --previous"), /^trying$/m)
    assert.match(await cluster.kubectl("get pod crash"), /crash +0\/1 +CrashLoopBackOff +1 \(/)
  })

  it("backs off twice as long after the next failure", async () => {
    const pod = await untilPod(
      cluster,
      "crash",
      "backs off after its second restart",
      (container) => container.restartCount === 2 && stateOf(container) === "waiting CrashLoopBackOff",
    )
    const message = `back-off 20s restarting failed container=c pod=crash_default(${pod.metadata.uid})`
    assert.equal(containerOf(pod).state.waiting?.message, message)
  })

  it("exits and is not restarted: phase and exit code", async () => {
    const failed = await untilPod(cluster, "never", "has failed", (_, { status }) => status.phase === "Failed")
    assert.equal(stateOf(containerOf(failed)), "terminated Error 7")
    const done = await untilPod(cluster, "done", "has succeeded", (_, { status }) => status.phase === "Succeeded")
    assert.equal(stateOf(containerOf(done)), "terminated Completed 0")
    assert.equal(done.status.conditions.find(({ type }) => type === "Ready")?.reason, "PodCompleted")
    const killed = await untilPod(cluster, "signal", "has failed", (_, { status }) => status.phase === "Failed")
    assert.equal(stateOf(containerOf(killed)), "terminated Error 143")
  })

  it("has an image that does not exist: ErrImagePull, then ImagePullBackOff", async () => {
    await untilEvent(cluster, "missing-image", "Normal", "Pulling", `Pulling image "${missingImage}"`)
    const failure = `Failed to pull image "${missingImage}": `
    const { message } = await untilEvent(cluster, "missing-image", "Warning", "Failed", new RegExp(`^${failure}`))
    await untilEvent(cluster, "missing-image", "Warning", "Failed", "Error: ErrImagePull")
    const pod = await untilPod(
      cluster,
      "missing-image",
      "backs off",
      (container) => stateOf(container) === "waiting ImagePullBackOff",
    )
    const cause = message.slice(failure.length)
    assert.match(cause, /connection refused|ECONNREFUSED/)
    const waiting = containerOf(pod).state.waiting?.message
    assert.equal(waiting, `Back-off pulling image "${missingImage}": ErrImagePull: ${cause}`)
    assert.equal(pod.status.phase, "Pending")
    await untilEvent(cluster, "missing-image", "Normal", "BackOff", `Back-off pulling image "${missingImage}"`)
    await untilEvent(cluster, "missing-image", "Warning", "Failed", "Error: ImagePullBackOff")
  })

  it("fails its liveness probe: killed and restarted", async () => {
    const unhealthy = "Liveness probe failed: HTTP probe failed with statuscode: 404"
    await untilEvent(cluster, "unhealthy", "Warning", "Unhealthy", unhealthy)
    await untilEvent(cluster, "unhealthy", "Normal", "Killing", "Container c failed liveness probe, will be restarted")
    const pod = await untilPod(cluster, "unhealthy", "is restarted", ({ restartCount }) => restartCount >= 1)
    assert.deepEqual(containerOf(pod).lastState.terminated?.exitCode, 137)
  })

  it("fails its readiness probe: runs, but gets no traffic", async () => {
    await untilEvent(cluster, "unready", "Warning", "Unhealthy", /^Readiness probe failed: cat: .*: No such file/)
    const pod = await podView(cluster, "unready")
    assert.equal(stateOf(containerOf(pod)), "running")
    const ready = pod.status.conditions.find(({ type }) => type === "Ready")
    assert.deepEqual([ready?.status, ready?.reason], ["False", "ContainersNotReady"])
    assert.equal(ready?.message, "containers with unready status: [c]")
    const conditions = "jsonpath={.items[*].endpoints[*].conditions}"
    const slices = await cluster.kubectl(`get endpointslices -l kubernetes.io/service-name=unready -o ${conditions}`)
    assert.deepEqual(JSON.parse(slices), { ready: false, serving: false, terminating: false })
    const endpoints = await cluster.get<{ subsets: { addresses?: object[]; notReadyAddresses?: object[] }[] }>(
      "endpoints unready",
    )
    assert.deepEqual(
      endpoints.subsets.map(({ addresses, notReadyAddresses }) => [addresses?.length, notReadyAddresses?.length]),
      [[undefined, 1]],
    )
    // Once it is ready the traffic comes, and stops again when it is not.
    await cluster.kubectl("exec unready -- touch /tmp/ready")
    await untilPod(cluster, "unready", "is ready", (container) => container.ready)
  })

  it("passes its memory limit: OOMKilled", async () => {
    const pod = await untilPod(cluster, "greedy", "has failed", (_, { status }) => status.phase === "Failed")
    assert.equal(stateOf(containerOf(pod)), "terminated OOMKilled 137")
  })

  it("has a command that does not exist: RunContainerError, StartError", async () => {
    const pod = await untilPod(
      cluster,
      "no-command",
      "was started",
      ({ lastState }) => lastState.terminated !== undefined,
    )
    const { terminated } = containerOf(pod).lastState
    assert.deepEqual([terminated?.exitCode, terminated?.reason], [128, "StartError"])
    assert.match(terminated?.message ?? "", /no-such-program.*(not found|No such file)/)
    await untilEvent(cluster, "no-command", "Warning", "Failed", /^Error: .*no-such-program/)
  })

  it("refers to a config map that does not exist: CreateContainerConfigError until it does", async () => {
    const pod = await untilPod(
      cluster,
      "no-config",
      "waits",
      (container) => stateOf(container) === "waiting CreateContainerConfigError",
    )
    assert.equal(containerOf(pod).state.waiting?.message, 'configmap "absent" not found')
    await untilEvent(cluster, "no-config", "Warning", "Failed", 'Error: configmap "absent" not found')
    const mount = 'MountVolume.SetUp failed for volume "v" : configmap "absent-too" not found'
    await untilEvent(cluster, "no-volume", "Warning", "FailedMount", mount)
    assert.equal(stateOf(containerOf(await podView(cluster, "no-volume"))), "waiting ContainerCreating")
    await cluster.kubectl("create configmap absent --from-literal=word=found")
    await cluster.kubectl("create configmap absent-too --from-literal=word=found")
    for (const name of ["no-config", "no-volume"]) {
      await untilPod(cluster, name, "runs", (container) => stateOf(container) === "running")
    }
  })

  it("must not run as root but would: says so", async () => {
    for (const [name, cause] of [
      ["as-root", "container has runAsNonRoot and image will run as root"],
      ["as-zero", "container's runAsUser breaks non-root policy"],
    ] as const) {
      const pod = await untilPod(
        cluster,
        name,
        "waits",
        (container) => stateOf(container) === "waiting CreateContainerConfigError",
      )
      const message = `${cause} (pod: "${name}_default(${pod.metadata.uid})", container: c)`
      assert.equal(containerOf(pod).state.waiting?.message, message)
      await untilEvent(cluster, name, "Warning", "Failed", `Error: ${message}`)
    }
  })

  it("fits on no node: FailedScheduling", async () => {
    for (const [name, cause] of [
      ["too-big", "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."],
      ["elsewhere", "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."],
    ] as const) {
      const { message } = await untilEvent(cluster, name, "Warning", "FailedScheduling", /nodes are available/)
      assert.ok(message.startsWith(cause), message)
      const { status } = await podView(cluster, name)
      const condition = status.conditions.find(({ type }) => type === "PodScheduled")
      assert.deepEqual([condition?.status, condition?.reason, condition?.message], ["False", "Unschedulable", message])
      assert.equal(status.phase, "Pending")
    }
  })

  it("runs without a fault: no warnings", async () => {
    await untilPod(cluster, "fine", "is ready", (container) => container.ready)
    const reasons = (await eventsOf(cluster, "fine")).map(({ reason, type }) => `${type} ${reason}`)
    assert.deepEqual(reasons.toSorted(), ["Normal Created", "Normal Pulled", "Normal Scheduled", "Normal Started"])
  })
})

function pods(missingImage: string): object[] {
  const web = ["httpd", "-f", "-p", "8080", "-h", "/www"]
  const sleep = ["sleep", "3600"]
  const shell = (script: string) => ({ command: ["sh", "-c", script] })
  const never = { restartPolicy: "Never" }
  const nonRoot = { runAsNonRoot: true }
  const probe = { periodSeconds: 1, failureThreshold: 2 }
  const fromConfigMap = [{ name: "WORD", valueFrom: { configMapKeyRef: { name: "absent", key: "word" } } }]
  const readiness = { exec: { command: ["cat", "/tmp/ready"] } }
  return [
    podOf("crash", shell("echo trying; echo out of luck > /dev/termination-log; exit 3")),
    podOf("never", shell("exit 7"), never),
    podOf("done", shell("exit 0"), never),
    podOf("signal", shell("kill -TERM $$$$; sleep 3600"), { ...never, shareProcessNamespace: true }),
    podOf("missing-image", { image: missingImage }),
    podOf("unhealthy", { command: web, livenessProbe: { httpGet: { path: "/absent", port: 8080 }, ...probe } }),
    podOf("unready", { command: sleep, readinessProbe: { ...readiness, ...probe } }),
    podOf("greedy", { command: ["tail", "/dev/zero"], resources: { limits: { memory: "16Mi" } } }, never),
    podOf("no-command", { command: ["no-such-program"] }),
    podOf("no-config", { command: sleep, env: fromConfigMap }),
    podOf(
      "no-volume",
      { command: sleep, volumeMounts: [{ name: "v", mountPath: "/v" }] },
      { volumes: [{ name: "v", configMap: { name: "absent-too" } }] },
    ),
    podOf("as-root", { command: sleep, securityContext: nonRoot }),
    podOf("as-zero", { command: sleep, securityContext: { ...nonRoot, runAsUser: 0 } }),
    podOf("too-big", { command: sleep, resources: { requests: { cpu: "1000", memory: "1Ti" } } }),
    podOf("elsewhere", { command: sleep }, { nodeSelector: { disk: "fast" } }),
    podOf("fine", { command: sleep }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "unready" },
      spec: { selector: { app: "unready" }, ports: [{ port: 80 }] },
    },
  ]
}
