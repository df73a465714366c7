import type { Platform } from "../../platform/platform.ts"
import type { ClusterRecord } from "./record.ts"

/** Makes the network namespaces of a cluster's further nodes, and the bridge between them. May be repeated. */
export async function createNodeNetwork(record: ClusterRecord, _platform: Platform): Promise<void> {
  throw new Error(`cluster ${record.name}: several nodes are not wired yet`)
}

/** Removes them with everything in them. */
export async function removeNodeNetwork(_record: ClusterRecord, _platform: Platform): Promise<void> {}
