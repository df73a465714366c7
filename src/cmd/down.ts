import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { readArguments } from "../cli/arguments.ts"
import { changeKubeconfig, removeFromKubeconfig } from "../cli/kubeconfig.ts"
import { Progress } from "../cli/progress.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { DEFAULT_CLUSTER, needRecord, removeRecord } from "./cluster/record.ts"
import { tearDown } from "./cluster/tear-down.ts"
import { lockCluster } from "./up.ts"

export async function down(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, {
    name: { type: "string", default: DEFAULT_CLUSTER },
    purge: { type: "boolean", default: false },
  })
  const record = needRecord(values.name)
  const platform = createNodePlatform({ logLevel: "error" })
  const progress = new Progress(platform.clock.monotonicMs, console.log)
  const lock = lockCluster(record.name)
  try {
    await tearDown(record, platform, progress)
    if (values.purge) {
      rmSync(record.dataDir, { recursive: true, force: true })
      removeIfEmpty(dirname(record.dataDir))
      if (existsSync(record.kubeconfig)) {
        changeKubeconfig(record.kubeconfig, (text) => removeFromKubeconfig(text, record.name))
      }
      removeRecord(record.name)
    }
    progress.say(
      values.purge
        ? `Cluster "${record.name}" is gone after ${progress.elapsed}.`
        : `Cluster "${record.name}" is down after ${progress.elapsed}. Its data stays in ${record.dataDir}; ./gantry up brings it back.`,
    )
    return 0
  } finally {
    rmSync(`/run/gantry/${record.name}.lock`, { force: true })
    lock.release()
    removeIfEmpty("/run/gantry")
  }
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
}
