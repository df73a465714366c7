import assert from "node:assert/strict"
import { test } from "node:test"
import { defaulted } from "../../testing.ts"
import { Pod } from "./pod.ts"
import { podColumns } from "./pod-columns.ts"

/** What `kubectl get pods` shows, with Kubernetes' texts. */
const now = Date.parse("2026-01-01T01:00:00Z")
const created = "2026-01-01T00:00:00Z"

function row(manifest: { readonly metadata?: object; readonly spec: object; readonly status: object }) {
  const pod = defaulted(Pod, { ...manifest, metadata: { name: "x", creationTimestamp: created, ...manifest.metadata } })
  return podColumns.map((column) => column.value(pod as never, now))
}

const exited = (exitCode: number, reason = "", finishedAt = "2026-01-01T00:55:00Z") => ({
  terminated: { exitCode, reason, finishedAt },
})
const running = { running: { startedAt: created } }
const waiting = (reason: string) => ({ waiting: { reason } })
const status = (name: string, state: object, more: object = {}) => ({
  name,
  state,
  lastState: {},
  restartCount: 0,
  ready: false,
  image: "",
  imageID: "",
  ...more,
})
const twoContainers = { containers: [{ name: "a" }, { name: "b" }] }
const withInit = { containers: [{ name: "a" }], initContainers: [{ name: "i" }, { name: "j" }] }
const withSidecar = { containers: [{ name: "a" }], initContainers: [{ name: "s", restartPolicy: "Always" }] }
const readyCondition = { type: "Ready", status: "True" }

interface PodCase {
  readonly name: string
  readonly metadata?: object
  readonly spec: object
  readonly status: object
  /** Ready, Status, Restarts. */
  readonly shows: readonly [string, string, string]
}
const pods: readonly PodCase[] = [
  { name: "pending", spec: twoContainers, status: { phase: "Pending" }, shows: ["0/2", "Pending", "0"] },
  {
    name: "running",
    spec: twoContainers,
    status: { phase: "Running", containerStatuses: [status("a", running, { ready: true }), status("b", running)] },
    shows: ["1/2", "Running", "0"],
  },
  {
    name: "waiting after crashes",
    spec: twoContainers,
    status: {
      phase: "Running",
      containerStatuses: [
        status("a", waiting("CrashLoopBackOff"), { restartCount: 2, lastState: exited(1, "Error") }),
        status("b", running, { ready: true, restartCount: 1, lastState: exited(1, "Error", "2026-01-01T00:59:30Z") }),
      ],
    },
    shows: ["1/2", "CrashLoopBackOff", "3 (30s ago)"],
  },
  {
    name: "completed",
    spec: twoContainers,
    status: {
      phase: "Succeeded",
      containerStatuses: [status("a", exited(0, "Completed")), status("b", exited(0, "Completed"))],
    },
    shows: ["0/2", "Completed", "0"],
  },
  {
    name: "one completed, one running and ready",
    spec: twoContainers,
    status: {
      phase: "Running",
      conditions: [readyCondition],
      containerStatuses: [status("a", exited(0, "Completed")), status("b", running, { ready: true })],
    },
    shows: ["1/2", "Running", "0"],
  },
  {
    name: "one completed, one running, not ready as a whole",
    spec: twoContainers,
    status: {
      phase: "Running",
      containerStatuses: [status("a", exited(0, "Completed")), status("b", running, { ready: true })],
    },
    shows: ["1/2", "NotReady", "0"],
  },
  {
    name: "one completed, one failed",
    spec: twoContainers,
    status: {
      phase: "Failed",
      containerStatuses: [status("a", exited(0, "Completed")), status("b", exited(137, "OOMKilled"))],
    },
    shows: ["0/2", "OOMKilled", "0"],
  },
  {
    name: "exited without a reason",
    spec: twoContainers,
    status: { phase: "Running", containerStatuses: [status("a", { terminated: { exitCode: 3 } })] },
    shows: ["0/2", "ExitCode:3", "0"],
  },
  {
    name: "first of two init containers",
    spec: withInit,
    status: {
      phase: "Pending",
      initContainerStatuses: [status("i", running), status("j", waiting("PodInitializing"))],
      containerStatuses: [status("a", waiting("PodInitializing"))],
    },
    shows: ["0/1", "Init:0/2", "0"],
  },
  {
    name: "second of two init containers, after a restart of the first",
    spec: withInit,
    status: {
      phase: "Pending",
      initContainerStatuses: [status("i", exited(0), { restartCount: 1 }), status("j", waiting("PodInitializing"))],
    },
    shows: ["0/1", "Init:1/2", "1"],
  },
  {
    name: "init container fails",
    spec: withInit,
    status: { phase: "Pending", initContainerStatuses: [status("i", exited(1, "Error"), { restartCount: 4 })] },
    shows: ["0/1", "Init:Error", "4"],
  },
  {
    name: "init container waits to be tried again",
    spec: withInit,
    status: { phase: "Pending", initContainerStatuses: [status("i", waiting("CrashLoopBackOff"))] },
    shows: ["0/1", "Init:CrashLoopBackOff", "0"],
  },
  {
    name: "init container killed by a signal",
    spec: withInit,
    status: { phase: "Pending", initContainerStatuses: [status("i", { terminated: { exitCode: 137, signal: 9 } })] },
    shows: ["0/1", "Init:Signal:9", "0"],
  },
  {
    name: "with a sidecar",
    spec: withSidecar,
    status: {
      phase: "Running",
      initContainerStatuses: [status("s", running, { started: true, ready: true, restartCount: 2 })],
      containerStatuses: [status("a", running, { ready: true })],
    },
    shows: ["2/2", "Running", "2"],
  },
  {
    name: "being deleted",
    metadata: { deletionTimestamp: created },
    spec: twoContainers,
    status: { phase: "Running", containerStatuses: [status("a", running, { ready: true })] },
    shows: ["1/2", "Terminating", "0"],
  },
  {
    name: "being deleted after it completed",
    metadata: { deletionTimestamp: created },
    spec: twoContainers,
    status: { phase: "Succeeded", containerStatuses: [status("a", exited(0, "Completed"))] },
    shows: ["0/2", "Completed", "0"],
  },
  {
    name: "deleted on a lost node",
    metadata: { deletionTimestamp: created },
    spec: twoContainers,
    status: { phase: "Running", reason: "NodeLost" },
    shows: ["0/2", "Unknown", "0"],
  },
  {
    name: "evicted",
    spec: twoContainers,
    status: { phase: "Failed", reason: "Evicted" },
    shows: ["0/2", "Evicted", "0"],
  },
  {
    name: "kept from scheduling",
    spec: twoContainers,
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] },
    shows: ["0/2", "SchedulingGated", "0"],
  },
]
for (const { name, shows, ...manifest } of pods) {
  test(`a pod: ${name}`, () => assert.deepEqual(row(manifest).slice(0, 3), shows))
}
