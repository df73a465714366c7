/** What a reader wants to know about an object, by kind: few words for few things. */

/** As stored: JSON of any kind, read with care. */
export interface Stored {
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly generateName?: string
    readonly deletionTimestamp?: string
  }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly status?: Readonly<Record<string, unknown>>
}

export type Facts = ReadonlyMap<string, string>
type Pairs = readonly (readonly [name: string, value: unknown])[]

const KINDS = new Map<string, (object: Stored) => Pairs>([
  ["Pod", podFacts],
  ["Node", nodeFacts],
  ["Deployment", (object) => [...replicas(object), ...conditions(object, "Available", "Progressing")]],
  ["ReplicaSet", replicas],
  ["ReplicationController", replicas],
  ["StatefulSet", replicas],
  ["DaemonSet", ({ status = {} }) => shares(status["numberReady"], status["desiredNumberScheduled"], "ready")],
  ["Job", jobFacts],
  [
    "CronJob",
    ({ spec = {}, status = {} }) => [["active", countOf(status["active"])], flag("suspended", spec["suspend"])],
  ],
  [
    "HorizontalPodAutoscaler",
    ({ status = {} }) => [
      ["now", status["currentReplicas"]],
      ["wants", status["desiredReplicas"]],
    ],
  ],
  ["PodDisruptionBudget", ({ status = {} }) => [["may go", status["disruptionsAllowed"]]]],
  ["ResourceQuota", ({ status = {} }) => [["used", inline(status["used"])]]],
  [
    "PersistentVolumeClaim",
    ({ spec = {}, status = {} }) => [
      ["phase", status["phase"]],
      ["volume", spec["volumeName"]],
    ],
  ],
  ["PersistentVolume", ({ status = {} }) => [["phase", status["phase"]]]],
  ["ResourceClaim", claimFacts],
  ["Namespace", ({ status = {} }) => [["phase", status["phase"]]]],
  ["ControllerRevision", () => []],
  ["Service", () => []],
  ["ConfigMap", () => []],
  ["Secret", () => []],
])

/** Undefined for kinds that no scenario is about. */
export function factsOf(kind: string, object: Stored): Facts | undefined {
  const pairs = KINDS.get(kind)?.(object)
  if (pairs === undefined) return undefined
  const isGoing = object.metadata.deletionTimestamp !== undefined
  const all: Pairs = isGoing ? [...pairs, ["terminating", true]] : pairs
  return new Map(all.flatMap(([name, value]) => (isSaid(value) ? [[name, String(value)]] : [])))
}

const isSaid = (value: unknown) => value !== undefined && value !== "" && value !== false
const flag = (name: string, value: unknown) => [name, value === true] as const

function replicas({ spec = {}, status = {} }: Stored): Pairs {
  return [["replicas", spec["replicas"]], ["ready", status["readyReplicas"] ?? 0], flag("paused", spec["paused"])]
}

function shares(part: unknown, whole: unknown, name: string): Pairs {
  return whole === undefined ? [] : [[name, `${String(part ?? 0)}/${String(whole)}`]]
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

const listOf = <T>(value: unknown) => (Array.isArray(value) ? (value as readonly T[]) : [])
const countOf = (value: unknown) => listOf(value).length || undefined
const inline = (value: unknown) =>
  typeof value === "object" && value !== null
    ? Object.entries(value)
        .map(([key, each]) => `${key} ${String(each)}`)
        .join(" ")
    : undefined

function conditions({ status = {} }: Stored, ...types: readonly string[]): Pairs {
  const found = listOf<Condition>(status["conditions"]).filter(({ type }) => types.includes(type))
  return found.map(({ reason = "", status: is, type }) => [type, reason === "" ? is : `${is} (${reason})`])
}

interface ContainerStatus {
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: {
    readonly waiting?: { readonly reason?: string }
    readonly terminated?: { readonly reason?: string }
  }
}

function podFacts({ spec = {}, status = {} }: Stored): Pairs {
  const containers = [
    ...listOf<ContainerStatus>(status["initContainerStatuses"]),
    ...listOf<ContainerStatus>(status["containerStatuses"]),
  ]
  const isReady = listOf<Condition>(status["conditions"]).some(
    ({ status: is, type }) => type === "Ready" && is === "True",
  )
  const restarts = containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const waits = containers.map(({ state }) => state?.waiting?.reason).find((reason) => reason !== "PodInitializing")
  return [
    ["node", spec["nodeName"]],
    ["phase", status["phase"]],
    ["reason", status["reason"] ?? (waits === "ContainerCreating" ? undefined : waits)],
    flag("ready", isReady),
    ["restarts", restarts || undefined],
    ...podConditions(status),
  ]
}

function podConditions(status: Readonly<Record<string, unknown>>): Pairs {
  const found = listOf<Condition>(status["conditions"])
  const target = found.find(({ status: is, type }) => type === "DisruptionTarget" && is === "True")
  const unscheduled = found.find(({ status: is, type }) => type === "PodScheduled" && is === "False")
  return [
    ["disruption", target?.reason],
    ["not scheduled", unscheduled?.reason],
  ]
}

function nodeFacts({ spec = {}, status = {} }: Stored): Pairs {
  const ready = listOf<Condition>(status["conditions"]).find(({ type }) => type === "Ready")
  const taints = listOf<{ readonly key: string; readonly effect: string }>(spec["taints"])
  return [
    ["Ready", ready?.status],
    ["taints", taints.map(({ effect, key }) => `${key}:${effect}`).join(" ")],
    flag("cordoned", spec["unschedulable"]),
  ]
}

interface Device {
  readonly request: string
  readonly pool: string
  readonly device: string
}

function claimFacts({ status = {} }: Stored): Pairs {
  const { devices } = (status["allocation"] ?? {}) as { readonly devices?: { readonly results?: readonly Device[] } }
  const users = listOf<{ readonly name: string }>(status["reservedFor"])
  return [
    ["devices", (devices?.results ?? []).map(({ request, pool, device }) => `${request}=${pool}/${device}`).join(" ")],
    ["used by", users.map(({ name }) => name).join(" ")],
  ]
}

function jobFacts({ spec = {}, status = {} }: Stored): Pairs {
  const ended = listOf<Condition>(status["conditions"]).filter(({ status: is }) => is === "True")
  return [
    ["active", status["active"]],
    ["succeeded", status["succeeded"]],
    ["failed", status["failed"]],
    flag("suspended", spec["suspend"]),
    ...ended.map(({ reason = "", type }) => [type, reason || "True"] as const),
  ]
}
