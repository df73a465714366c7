import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { keyOf } from "../../client/informer.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import type { ClusterState } from "../cluster-state.ts"
import type { PluginFactory, PluginHost } from "../framework.ts"
import { placed } from "../node-state.ts"

/** Plugins over objects that never change, for this component's tests. */

export function hostOver(cluster: ClusterState, objects: readonly unknown[] = []): PluginHost {
  const informer = ({ kind }: AnyResource) => {
    const all = (objects as readonly KubeObject[]).filter((object) => object.kind === kind)
    const indexes = new Map<string, (object: KubeObject) => readonly string[]>()
    return {
      list: () => all,
      get: (key: string) => all.find((object) => keyOf(object) === key),
      onChange: () => undefined,
      addIndex: (name: string, values: (object: KubeObject) => readonly string[]) => indexes.set(name, values),
      indexed: (name: string, value: string) => all.filter((object) => indexes.get(name)?.(object).includes(value)),
    }
  }
  return { cluster, informer, platform: createSimPlatform({ seed: 1 }) } as unknown as PluginHost
}

/** What one plugin says of a pod: `n1 n3` for the nodes that fit, or why not, node by node. */
export function judgedBy(
  factory: PluginFactory<never>,
  pod: Pod,
  cluster: ClusterState,
  objects: readonly unknown[] = [],
  without: readonly Pod[] = [],
): string {
  const plugin = factory(hostOver(cluster, objects), undefined as never)
  const plan = plugin.preFilter?.(pod, cluster)
  if (plan === undefined) return "does not care"
  if ("reasons" in plan) return plan.reasons.join(", ")
  const outcomes: string[] = []
  for (const node of cluster.nodes.values()) {
    const leaving = without.filter(({ spec }) => spec.nodeName === node.name).map(placed)
    for (const other of leaving) {
      cluster.take(other, node)
      plan.remove?.(other, node)
    }
    const rejection = plan.filter?.(node)
    outcomes.push(rejection === undefined ? node.name : `${node.name}: ${rejection.reasons.join(", ")}`)
  }
  return outcomes.join("; ")
}

const meta = (name: string, more: object) => ({ name, uid: `uid-${name}`, resourceVersion: "1", ...more })
const BOUND = { "pv.kubernetes.io/bind-completed": "yes" }

interface ClaimParts {
  readonly volumeName?: string
  readonly storageClassName?: string
  readonly accessModes?: readonly string[]
  readonly size?: string
  readonly phase?: string
  readonly metadata?: object
}

/** A claim of 1Gi. It is fully bound when it names a volume. */
export function claim(name: string, parts: ClaimParts = {}): PersistentVolumeClaim {
  const { size = "1Gi", phase, metadata, accessModes = ["ReadWriteOnce"], ...spec } = parts
  const annotations = spec.volumeName === undefined ? {} : { annotations: BOUND }
  return {
    kind: "PersistentVolumeClaim",
    metadata: meta(name, { namespace: "default", ...annotations, ...metadata }),
    spec: { accessModes, resources: { requests: { storage: size } }, ...spec },
    status: { phase: phase ?? (spec.volumeName === undefined ? "Pending" : "Bound") },
  } as unknown as PersistentVolumeClaim
}

interface VolumeParts {
  readonly size?: string
  readonly on?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly spec?: object
}

/** A free volume of 1Gi, which only the node `on` can reach if that is said. */
export function volume(name: string, { size = "1Gi", on, labels, spec }: VolumeParts = {}): PersistentVolume {
  const terms = [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [on] }] }]
  return {
    kind: "PersistentVolume",
    metadata: meta(name, { ...(labels && { labels }) }),
    spec: {
      capacity: { storage: size },
      accessModes: ["ReadWriteOnce"],
      ...(on !== undefined && { nodeAffinity: { required: { nodeSelectorTerms: terms } } }),
      ...spec,
    },
    status: { phase: "Available" },
  } as unknown as PersistentVolume
}

/** A class that waits for the first pod. */
export function storageClass(name: string, more: object = {}) {
  const volumeBindingMode = "WaitForFirstConsumer"
  return { kind: "StorageClass", metadata: meta(name, {}), provisioner: "example.com/disk", volumeBindingMode, ...more }
}

/** An object of a kind that needs no more than its parts. */
export const object = (kind: string, name: string, parts: object) => ({ kind, metadata: meta(name, {}), ...parts })

/** Volumes of a pod's spec: claims by name. */
export const claims = (...names: readonly string[]) =>
  names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) as NonNullable<
    Pod["spec"]["volumes"]
  >
