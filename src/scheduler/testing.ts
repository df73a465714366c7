import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { Platform } from "../platform/platform.ts"
import { ClusterState } from "./cluster-state.ts"
import { buildProfile } from "./config/build-profile.ts"
import { DEFAULT_ARGS, DEFAULT_SCHEDULER_NAME, defaultPlugins } from "./config/default-config.ts"
import { pick, score, search } from "./cycle.ts"
import type { PluginHost } from "./framework.ts"
import { pluginRegistry } from "./plugins/registry.ts"
import type { Profile } from "./profile.ts"
import { unschedulableMessage } from "./verdicts.ts"

/** Pods and nodes in few words, for this component's tests. */

type Spec = Partial<Pod["spec"]>

export function pod(
  name: string,
  spec: Spec & { readonly labels?: Record<string, string>; readonly requests?: Record<string, string> } = {},
): Pod {
  const { labels, requests, ...rest } = spec
  const container = { name: "main", image: "app", ...(requests && { resources: { requests } }) }
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...(labels && { labels }),
    },
    spec: { containers: [container], schedulerName: "default-scheduler", ...rest },
    status: {},
  } as unknown as Pod
}

export function node(
  name: string,
  options: {
    readonly labels?: Record<string, string>
    readonly allocatable?: Record<string, string>
    readonly taints?: Node["spec"]["taints"]
    readonly unschedulable?: boolean
    readonly images?: Node["status"]["images"]
  } = {},
): Node {
  const { labels = {}, allocatable = {}, taints, unschedulable, images } = options
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "kubernetes.io/hostname": name, ...labels },
    },
    spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110", ...allocatable }, ...(images && { images }) },
  } as unknown as Node
}

export function cluster(nodes: readonly Node[], pods: readonly Pod[] = []): ClusterState {
  const state = new ClusterState()
  for (const one of nodes) state.setNode(one)
  for (const one of pods) state.setPod(one)
  return state
}

/** The default profile over a cluster that nothing watches. */
export function profileOver(state: ClusterState, { args = DEFAULT_ARGS, random = firstOf } = {}): Profile {
  const platform = { random } as unknown as Platform
  const host = {
    platform,
    cluster: state,
    informer: () => ({ list: () => [], get: () => undefined, onChange: () => undefined, addIndex: () => undefined }),
    activate: () => undefined,
    track: () => undefined,
    await: (others: unknown) => others,
  } as unknown as PluginHost
  const config = { schedulerName: DEFAULT_SCHEDULER_NAME, plugins: defaultPlugins(), args }
  return buildProfile(config, pluginRegistry, host)
}

/** Always chooses the first. */
export const firstOf = { int: () => 0 }

/** The node that a pod goes to, or why it fits nowhere. */
export function schedule(pod: Pod, state: ClusterState, profile = profileOver(state)): string {
  const found = search(pod, state, profile, { startAt: 0, percentageOfNodesToScore: 0 })
  const [first] = found.feasible
  if (first === undefined) return unschedulableMessage(found.verdicts)
  return found.feasible.length === 1 ? first.name : pick(found.feasible, score(found, profile), firstOf).name
}
