import { Node } from "../api/core/v1/node.ts"
import { Pod } from "../api/core/v1/pod.ts"
import { readArguments } from "../cli/arguments.ts"
import { textTable } from "../cli/text-table.ts"
import { messageOf } from "../machinery/status/message-of.ts"
import { humanDuration } from "../machinery/time/human.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { adminClient } from "./cluster/admin-client.ts"
import { agentComponent, serverComponent } from "./cluster/components.ts"
import { layoutOf, serverLogFile } from "./cluster/layout.ts"
import { findRunning } from "./cluster/pid-file.ts"
import { type ClusterRecord, DEFAULT_CLUSTER, needRecord } from "./cluster/record.ts"

export async function status(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { name: { type: "string", default: DEFAULT_CLUSTER } })
  const record = needRecord(values.name)
  const problems: string[] = []
  const rows = processRows(record, problems)
  console.log(`Cluster "${record.name}" in ${record.dataDir}\n`)
  console.log(textTable(["COMPONENT", "STATE", "PROCESS", "LOG"], rows))
  if (findRunning(serverComponent(record).pidFile) !== undefined) await showObjects(record, problems)
  if (problems.length === 0) return 0
  console.log(`\n${problems.map((problem) => `! ${problem}`).join("\n")}`)
  return 1
}

function processRows(record: ClusterRecord, problems: string[]): string[][] {
  const layout = layoutOf(record)
  const components = [
    { name: "server", spec: serverComponent(record), log: serverLogFile(layout) },
    ...record.nodes.map(({ name }) => ({
      name: `agent ${name}`,
      spec: agentComponent(record, name),
      log: layout.node(name).logFile,
    })),
  ]
  return components.map(({ name, spec, log }) => {
    const running = findRunning(spec.pidFile)
    if (running === undefined)
      problems.push(`${name} does not run. Bring it back with: ./gantry up --name ${record.name}`)
    return [name, running === undefined ? "stopped" : "running", String(running?.pid ?? ""), log]
  })
}

async function showObjects(record: ClusterRecord, problems: string[]): Promise<void> {
  const admin = adminClient(record, createNodePlatform({ logLevel: "error" }))
  try {
    const nodes = (await admin.client.of(Node).list()).items
    const nowMs = createNodePlatform().clock.nowMs()
    const nodeRows = nodes.map((node) => {
      const ready = node.status.conditions?.find(({ type }) => type === "Ready")
      const { name, creationTimestamp } = node.metadata
      if (ready?.status !== "True") problems.push(`node ${name} is not ready: ${ready?.message ?? "it never reported"}`)
      const address = node.status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? ""
      const age = humanDuration(nowMs - Date.parse(creationTimestamp))
      return [name, ready?.status === "True" ? "Ready" : "NotReady", address, age]
    })
    console.log(`\n${textTable(["NODE", "STATE", "ADDRESS", "AGE"], nodeRows)}`)
    const pods = (await admin.client.of(Pod).list()).items
    const phases = Map.groupBy(pods, ({ status }) => status.phase ?? "Pending")
    const counted = [...phases].map(([phase, list]) => `${list.length} ${phase}`).join(", ")
    console.log(`\nPods: ${counted === "" ? "none" : counted}`)
  } catch (error) {
    problems.push(`the server does not answer: ${messageOf(error)}`)
  } finally {
    await admin.close()
  }
}
