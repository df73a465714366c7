import { readArguments } from "../cli/arguments.ts"
import { defaultDataDir } from "./cluster/layout.ts"
import { DEFAULT_CLUSTER, readRecord } from "./cluster/record.ts"
import { examineMachine, type Finding } from "./doctor/checks.ts"

const marks: Readonly<Record<Finding["state"], string>> = { good: "ok     ", limited: "limited", missing: "MISSING" }

export async function doctor(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { name: { type: "string", default: DEFAULT_CLUSTER } })
  const findings = examineMachine(readRecord(values.name)?.dataDir ?? defaultDataDir(values.name))
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
