import { existsSync } from "node:fs"
import { readArguments } from "../cli/arguments.ts"
import { listCertificates } from "../pki/list-certificates.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { defaultDataDir, layoutOf } from "./cluster/layout.ts"
import { machineRoutes } from "./cluster/machine-address.ts"
import { type ClusterRecord, DEFAULT_CLUSTER, readRecord } from "./cluster/record.ts"
import { examineMachine, type Finding, findProgram } from "./doctor/checks.ts"
import { examineCluster } from "./doctor/cluster-checks.ts"
import { examineRanges } from "./doctor/network-checks.ts"
import { examineRules } from "./doctor/rule-checks.ts"
import { readSecretKeys } from "./server/secret-keys.ts"

const marks: Readonly<Record<Finding["state"], string>> = { good: "ok     ", limited: "limited", missing: "MISSING" }

export async function doctor(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { name: { type: "string", default: DEFAULT_CLUSTER } })
  const record = readRecord(values.name)
  const machine = examineMachine(record?.dataDir ?? defaultDataDir(values.name), record?.nodes.length)
  const findings = [...machine, ...(await ruleFindings()), ...clusterFindings(record)]
  const width = Math.max(...findings.map(({ about }) => about.length))
  for (const { state, about, text, fix } of findings) {
    console.log(`${marks[state]}  ${about.padEnd(width)}  ${text}`)
    if (fix !== undefined) console.log(`${" ".repeat(9 + width)}  → ${fix}`)
  }
  const missing = findings.filter(({ state }) => state === "missing").length
  const limited = findings.filter(({ state }) => state === "limited").length
  if (missing > 0) console.log(`\nNo cluster can run here yet: ${missing} of ${findings.length} checks failed.`)
  else if (limited > 0) console.log(`\nClusters can run here, with ${limited} limits.`)
  else console.log("\nClusters can run here.")
  return missing > 0 ? 1 : 0
}

/** Only root may ask the kernel; without nft there is nobody to ask, which is told already. */
async function ruleFindings(): Promise<Finding[]> {
  if (process.getuid?.() !== 0 || findProgram("nft") === undefined) return []
  return examineRules(createNodePlatform().processes)
}

/** Only root may look at keys. A cluster that was never up has none. */
function clusterFindings(record: ClusterRecord | undefined): Finding[] {
  if (record === undefined || process.getuid?.() !== 0) return []
  const layout = layoutOf(record)
  const { pkiDir, storeFile } = layout
  const ranges = examineRanges(layout, machineRoutes())
  if (!existsSync(pkiDir) || !existsSync(storeFile)) return ranges
  const nowMs = createNodePlatform().clock.nowMs()
  return [...ranges, ...examineCluster(listCertificates(pkiDir), readSecretKeys(pkiDir), nowMs)]
}
