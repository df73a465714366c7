import { readArguments } from "../../cli/arguments.ts"
import { UserError } from "../../cli/user-error.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { failureOf, report } from "../cluster/component-process.ts"
import { agentComponent } from "../cluster/components.ts"
import { markReady, writePidFile } from "../cluster/pid-file.ts"
import { DEFAULT_CLUSTER, needRecord } from "../cluster/record.ts"
import { saveCompiled } from "../save-compiled.ts"
import { untilStopped } from "../until-stopped.ts"
import { startAgent } from "./agent.ts"

export async function agent(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, {
    name: { type: "string", default: DEFAULT_CLUSTER },
    node: { type: "string" },
    config: { type: "string" },
  })
  const record = needRecord(values.name)
  const nodeName = values.node ?? record.nodes[0]?.name ?? ""
  const { config } = values
  const platform = createNodePlatform()
  const { pidFile } = agentComponent(record, nodeName)
  try {
    writePidFile(pidFile)
    const running = await startAgent(
      record,
      nodeName,
      platform,
      config === undefined ? undefined : (await import("./settings.ts")).readKubeletConfig(config),
      new Map(Object.entries({ name: values.name, node: nodeName, config: config ?? "" })),
    )
    markReady(pidFile)
    report({ ready: true })
    saveCompiled(platform.clock)
    await untilStopped()
    await running.shutDown()
    await running.close()
    // What is under way, such as the time that a container has to end, is the next agent's: nothing here waits for it.
    process.exit(0)
  } catch (error) {
    report(failureOf(error))
    if (!(error instanceof UserError)) platform.log.error("agent failed", { error })
    throw error
  }
}
