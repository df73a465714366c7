import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { ClusterState } from "./cluster-state.ts"

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
