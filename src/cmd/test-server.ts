import { rmSync } from "node:fs"
import { resolve } from "node:path"
import { startCluster } from "../../testing/start-cluster.ts"
import { readArguments, readNumber } from "../cli/arguments.ts"
import type { Clock } from "../platform/clock.ts"
import { writeAtomically } from "../platform/linux/files.ts"
import { realClock } from "../platform/node/clock.ts"
import { untilStopped } from "./until-stopped.ts"

const NODES_MAX = 5000
/** How often it is looked whether whoever started this is still there. */
const PARENT_LOOK_MS = 500

const options = {
  nodes: { type: "string", default: "1" },
  kubeconfig: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "0" },
} as const

/** A cluster for tests in any language: on real time, in memory, with fake nodes. Ends with its parent. */
export async function testServer(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, options)
  const nodes = readNumber(values.nodes, "--nodes", 0, NODES_MAX)
  const port = readNumber(values.port, "--port", 0, 65_535)
  const stopped = untilStopped()
  const abandoned = untilAbandoned(realClock)
  const cluster = await startCluster({ clock: "real", nodes, listen: { host: values.host, port }, logLevel: "warn" })
  const text = await cluster.kubeconfig()
  const file = values.kubeconfig === undefined ? undefined : resolve(values.kubeconfig)
  try {
    if (file !== undefined) writeAtomically(file, text)
    // Whoever waits for the cluster reads until this line, or to the end of the document.
    process.stdout.write(file === undefined ? `${text}---\n` : `ready: ${file}\n`)
    await Promise.race([stopped, abandoned])
  } finally {
    if (file !== undefined) rmSync(file, { force: true })
    await cluster.close()
  }
  return 0
}

/** Resolves when the process that started this one is gone. */
function untilAbandoned(clock: Clock): Promise<void> {
  const parent = process.ppid
  return new Promise((done) => {
    const look = () => {
      if (process.ppid === parent) clock.after(PARENT_LOOK_MS, look)
      else done()
    }
    look()
  })
}
