import { readArguments } from "../cli/arguments.ts"
import { UserError } from "../cli/user-error.ts"
import { humanDuration } from "../machinery/time/human.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import type { Platform } from "../platform/platform.ts"
import { adminClient } from "./cluster/admin-client.ts"
import { lockCluster } from "./cluster/cluster-lock.ts"
import { serverComponent } from "./cluster/components.ts"
import { layoutOf } from "./cluster/layout.ts"
import { findRunning } from "./cluster/pid-file.ts"
import { type ClusterRecord, DEFAULT_CLUSTER, needRecord } from "./cluster/record.ts"
import { openStore } from "./server/open-store.ts"
import { ROTATION_PATH, type RotationStatus } from "./server/rotation-path.ts"
import { secretEncryption } from "./server/secret-encryption.ts"
import { readSecretKeys } from "./server/secret-keys.ts"

const POLL_MS = 100

/** Shows with which key the secrets of a cluster are encrypted, or puts another in its place. */
export async function secrets(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(
    args,
    { name: { type: "string", default: DEFAULT_CLUSTER } },
    { min: 0, max: 1, what: "rotate-key" },
  )
  const record = needRecord(values.name)
  const [action] = positionals
  const platform = createNodePlatform({ logLevel: "error" })
  if (action !== undefined && action !== "rotate-key") {
    throw new UserError(`found "${action}", expected nothing or rotate-key`, { exitCode: 2 })
  }
  if (action === "rotate-key") {
    const isRunning = findRunning(serverComponent(record).pidFile) !== undefined
    const written = await (isRunning ? rotateInServer(record, platform) : rotateStopped(record, platform))
    console.log(`${written} secrets are written anew; earlier revisions of the store are forgotten.`)
  }
  show(record, platform)
  return 0
}

function show(record: ClusterRecord, { clock }: Platform): void {
  const [current, ...former] = readSecretKeys(layoutOf(record).pkiDir)
  console.log(`Secrets are encrypted with ${current.name}, made ${humanDuration(clock.nowMs() - current.madeMs)} ago.`)
  if (former.length === 0) return
  const names = former.map(({ name }) => name).join(", ")
  console.log(`Some still need ${names}. To go on: ./gantry secrets rotate-key --name ${record.name}`)
}

async function rotateInServer(record: ClusterRecord, platform: Platform): Promise<number> {
  const { client, close } = adminClient(record, platform)
  try {
    let status = (await client.raw.post(ROTATION_PATH, {})) as RotationStatus
    while (status.rotating) {
      await platform.clock.sleep(POLL_MS)
      status = (await client.raw.get(ROTATION_PATH)) as RotationStatus
    }
    if (status.problem !== undefined) {
      throw new UserError(`the key is not replaced yet: ${status.problem}. Both keys are kept; try again.`)
    }
    return status.written
  } finally {
    await close()
  }
}

/** The server is down, so its store is free. */
async function rotateStopped(record: ClusterRecord, platform: Platform): Promise<number> {
  const lock = lockCluster(record.name)
  try {
    const { store, isNew } = await openStore(record, platform)
    try {
      return await secretEncryption(layoutOf(record).pkiDir, store, platform, isNew).rotate(async () => undefined)
    } finally {
      await store.close()
    }
  } finally {
    lock.release()
  }
}
