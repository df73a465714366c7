import { join } from "node:path"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { ComponentSpec } from "./component-process.ts"
import { layoutOf, serverLogFile } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

const { serverArguments } = onFirstCall<typeof import("../server/flags.ts")>("../server/flags.ts", import.meta.url)

/** How the processes of a cluster are started and found. */

/**
 * What is young on an agent's heap may grow to so many MB, then it is looked through. Node's own choice, 16, costs 30 MB
 * of memory once many pods have started, and gains nothing that can be measured.
 */
const AGENT_FLAGS = ["--max-semi-space-size=2"]

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
    nodeFlags: AGENT_FLAGS,
    ...(inNamespace && { netns: netnsPathOf(record, nodeName) }),
  }
}

const configArguments = ({ kubeletConfig }: ClusterRecord): string[] =>
  kubeletConfig === undefined ? [] : ["--config", kubeletConfig]

export const netnsPathOf = (record: ClusterRecord, nodeName: string): string =>
  join(layoutOf(record).runDir, "netns", nodeName)
