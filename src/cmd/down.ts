import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { readArguments } from "../cli/arguments.ts"
import { changeKubeconfig, removeFromKubeconfig } from "../cli/kubeconfig.ts"
import { Progress } from "../cli/progress.ts"
import { hasCode } from "../platform/linux/system-error.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { inRegistry, lockCluster } from "./cluster/cluster-lock.ts"
import { defaultDataDir, LOST_AND_FOUND, RUN_DIR } from "./cluster/layout.ts"
import { DEFAULT_CLUSTER, needRecord, removeRecord } from "./cluster/record.ts"
import { tearDown } from "./cluster/tear-down.ts"

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
      removeData(record.dataDir)
      removeRecord(record.name)
      if (existsSync(record.kubeconfig)) {
        const remove = (text: string) => removeFromKubeconfig(text, record.name)
        await inRegistry(platform.clock, () => changeKubeconfig(record.kubeconfig, remove))
      }
    }
    progress.say(
      values.purge
        ? `Cluster "${record.name}" is gone after ${progress.elapsed}.`
        : `Cluster "${record.name}" is down after ${progress.elapsed}. Its data stays in ${record.dataDir}; ./gantry up brings it back.`,
    )
    return 0
  } finally {
    lock.release()
    removeIfEmpty(RUN_DIR)
  }
}

/** The folder itself may be where a disk is mounted: then it stays, empty but for what the file system has there. */
function removeData(dataDir: string): void {
  if (!existsSync(dataDir)) return
  for (const entry of readdirSync(dataDir)) {
    if (entry !== LOST_AND_FOUND) rmSync(join(dataDir, entry), { recursive: true, force: true })
  }
  removeIfEmpty(dataDir)
  if (dataDir === defaultDataDir(basename(dataDir))) removeIfEmpty(dirname(dataDir))
}

function removeIfEmpty(folder: string): void {
  try {
    if (existsSync(folder)) rmdirSync(folder)
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY", "EBUSY")) throw error
  }
}
