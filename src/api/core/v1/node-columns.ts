import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import type { NodeSpec } from "./node.ts"
import type { NodeStatus } from "./node-status.ts"

interface NodeObject {
  readonly metadata: StoredMeta
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

const ROLE_PREFIX = "node-role.kubernetes.io/"
const ROLE_LABEL = "kubernetes.io/role"

function statusCell({ spec, status }: NodeObject): string {
  const ready = status.conditions?.findLast(({ type }) => type === "Ready")
  const state = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"
  return spec.unschedulable ? `${state},SchedulingDisabled` : state
}

function rolesCell({ metadata }: NodeObject): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key !== ROLE_PREFIX) roles.add(key.slice(ROLE_PREFIX.length))
    else if (key === ROLE_LABEL && value !== "") roles.add(value)
  }
  return [...roles].toSorted().join(",") || "<none>"
}

function addressCell({ status }: NodeObject, wanted: "InternalIP" | "ExternalIP"): string {
  return status.addresses?.find(({ type }) => type === wanted)?.address ?? "<none>"
}

function kernelCell({ kernelVersion, architecture }: NodeStatus["nodeInfo"]): string {
  const kernel = kernelVersion || "<unknown>"
  return architecture ? `${kernel} (${architecture})` : kernel
}

export const nodeColumns: readonly Column<NodeObject>[] = [
  { name: "Status", type: "string", doc: "Whether the node is ready and takes new pods.", value: statusCell },
  { name: "Roles", type: "string", doc: "The roles that the node's labels give it.", value: rolesCell },
  age,
  {
    name: "Version",
    type: "string",
    doc: "The version of the node's kubelet.",
    value: ({ status }) => status.nodeInfo.kubeletVersion,
  },
  {
    name: "Internal-IP",
    type: "string",
    priority: 1,
    doc: "The node's address inside the cluster.",
    value: (node) => addressCell(node, "InternalIP"),
  },
  {
    name: "External-IP",
    type: "string",
    priority: 1,
    doc: "The node's address outside the cluster.",
    value: (node) => addressCell(node, "ExternalIP"),
  },
  {
    name: "OS-Image",
    type: "string",
    priority: 1,
    doc: "The node's operating system.",
    value: ({ status }) => status.nodeInfo.osImage || "<unknown>",
  },
  {
    name: "Kernel-Version",
    type: "string",
    priority: 1,
    doc: "The node's kernel and architecture.",
    value: ({ status }) => kernelCell(status.nodeInfo),
  },
  {
    name: "Container-Runtime",
    type: "string",
    priority: 1,
    doc: "The runtime of the node's containers.",
    value: ({ status }) => status.nodeInfo.containerRuntimeVersion || "<unknown>",
  },
]
