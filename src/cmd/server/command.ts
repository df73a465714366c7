import { readArguments } from "../../cli/arguments.ts"
import { UserError } from "../../cli/user-error.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { failureOf, report } from "../cluster/component-process.ts"
import { serverComponent } from "../cluster/components.ts"
import { markReady, writePidFile } from "../cluster/pid-file.ts"
import { DEFAULT_CLUSTER, needRecord } from "../cluster/record.ts"
import { saveCompiled } from "../save-compiled.ts"
import { untilStopped } from "../until-stopped.ts"
import { pickServerFlags, readServerFlags, SERVER_FLAGS } from "./flags.ts"
import { openStore } from "./open-store.ts"

/** How long running requests may take when the server is asked to end. */
const GRACE_MS = 3000

export async function server(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, {
    name: { type: "string", default: DEFAULT_CLUSTER },
    ...SERVER_FLAGS,
  })
  const options = readServerFlags(pickServerFlags(values))
  const record = needRecord(values.name)
  const platform = createNodePlatform()
  const { pidFile } = serverComponent(record)
  try {
    writePidFile(pidFile)
    const [opened, { startServer }] = await Promise.all([openStore(record, platform), import("./server.ts")])
    const running = await startServer(record, opened, platform, options)
    markReady(pidFile)
    report({ ready: true })
    saveCompiled(platform.clock)
    await untilStopped()
    await running.close(GRACE_MS)
    return 0
  } catch (error) {
    report(failureOf(error))
    if (!(error instanceof UserError)) platform.log.error("server failed", { error })
    throw error
  }
}
