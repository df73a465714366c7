import { join } from "node:path"
import { serverArguments } from "../server/flags.ts"
import type { ComponentSpec } from "./component-process.ts"
import { layoutOf, serverLogFile } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

/** How the processes of a cluster are started and found. */

export function serverComponent(record: ClusterRecord): ComponentSpec {
  const layout = layoutOf(record)
  return {
    title: "the server",
    args: ["server", "--name", record.name, ...serverArguments(record.serverFlags)],
    pidFile: join(layout.runDir, "server.pid"),
    logFile: serverLogFile(layout),
  }
}

export function agentComponent(record: ClusterRecord, nodeName: string): ComponentSpec {
  const layout = layoutOf(record)
  const node = layout.node(nodeName)
  const inNamespace = record.nodes[node.index]?.kind === "namespace"
  return {
    title: `node ${nodeName}`,
    args: ["agent", "--name", record.name, "--node", nodeName, ...configArguments(record)],
    pidFile: join(node.runDir, "agent.pid"),
    logFile: node.logFile,
    ...(inNamespace && { netns: netnsPathOf(record, nodeName) }),
  }
}

const configArguments = ({ kubeletConfig }: ClusterRecord): string[] =>
  kubeletConfig === undefined ? [] : ["--config", kubeletConfig]

export const netnsPathOf = (record: ClusterRecord, nodeName: string): string =>
  join(layoutOf(record).runDir, "netns", nodeName)
