import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerId, ContainerStatus, PodSandboxStatus, SandboxId } from "../../runtime/runtime.ts"
import type { PodFacts } from "../pod/facts.ts"
import { backoffAnnotation } from "../pod/restart.ts"

/** Short forms of what decisions are made from. Times are in seconds since the test began. */

type Spec = Pick<Pod["spec"], "containers"> & Partial<Pod["spec"]>

export function podOf(spec: object, metadata: object = {}, status: object = {}): Pod {
  const full: Spec = { containers: [], restartPolicy: "Always", terminationGracePeriodSeconds: 30, ...spec }
  const identity = { name: "p", namespace: "default", uid: "u", resourceVersion: "1", creationTimestamp: "" }
  return { apiVersion: "v1", kind: "Pod", metadata: { ...identity, ...metadata }, spec: full, status } as unknown as Pod
}

export function containerOf(name: string, more: object = {}): Container {
  const defaults = { terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" }
  return { name, image: "app:1", resources: {}, ...defaults, ...more } as Container
}

export const startMs = 1_000_000

export function sandbox(state: "READY" | "NOTREADY", attempt = 0): PodSandboxStatus {
  return {
    id: `sandbox-${attempt}` as SandboxId,
    metadata: { name: "p", namespace: "default", uid: "u", attempt },
    state,
    createdAtNs: 0n,
    labels: {},
    annotations: {},
    runtimeHandler: "",
    ips: ["10.0.0.1"],
    namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" },
    netnsPath: "",
  }
}

export interface InstanceFacts {
  readonly attempt?: number
  /** Absent: it runs. */
  readonly exit?: number
  readonly created?: boolean
  readonly fromS?: number
  readonly toS?: number
  /** The pause that is due after it, in seconds. */
  readonly pauseS?: number
  readonly image?: string
}

export function instance(name: string, facts: InstanceFacts = {}): ContainerStatus {
  const { attempt = 0, created = false, exit, fromS = 0, image = "app:1", pauseS, toS = 0 } = facts
  const ns = (seconds: number) => BigInt(startMs + seconds * 1000) * 1_000_000n
  const state = created ? "CREATED" : exit === undefined ? "RUNNING" : "EXITED"
  return {
    id: `${name}-${attempt}` as ContainerId,
    sandboxId: "sandbox-0" as SandboxId,
    metadata: { name, attempt },
    image: { image: "id", userSpecifiedImage: image },
    imageRef: "id",
    imageId: "id",
    state,
    createdAtNs: ns(fromS),
    labels: {},
    annotations: pauseS === undefined ? {} : { [backoffAnnotation]: String(pauseS * 1000) },
    startedAtNs: ns(fromS),
    finishedAtNs: exit === undefined ? 0n : ns(toS),
    exitCode: exit ?? 0,
    reason: exit === undefined ? "" : exit === 0 ? "Completed" : "Error",
    message: "",
    logPath: "",
    mounts: [],
    resources: {},
    pid: 0,
    warnings: [],
    stopSignal: "SIGTERM",
  }
}

/** Everything is ready and nothing has failed, unless said otherwise. */
export function factsOf(
  pod: Pod,
  containers: readonly ContainerStatus[],
  more: Partial<PodFacts> & { atS?: number } = {},
): PodFacts {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])]
  const present = { state: "present", imageId: "id", user: { uid: null, username: "" } } as const
  const healthy = { startup: "success", readiness: "success", liveness: "success" } as const
  const { atS = 0, ...rest } = more
  return {
    pod,
    runtime: { sandboxes: [sandbox("READY")], containers },
    volumesMounted: true,
    images: new Map(all.map(({ name }) => [name, present])),
    probes: new Map(containers.map(({ id }) => [id, healthy])),
    actuated: new Map(),
    busy: new Set(),
    failures: new Map(),
    nowMs: startMs + atS * 1000,
    monotonicMs: startMs + atS * 1000,
    ...rest,
  }
}
