import { readFileSync } from "node:fs"
import { UserError } from "../../cli/user-error.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Logger } from "../../platform/log.ts"
import { parseConfiguration } from "../../scheduler/config/parse-configuration.ts"
import type { SchedulerConfig } from "../../scheduler/config/scheduler-config.ts"

/** The settings in a file with a KubeSchedulerConfiguration. Throws `UserError`. */
export function readSchedulerConfig(file: string, log: Logger): SchedulerConfig {
  try {
    const { config, warnings } = parseConfiguration(readFileSync(file, "utf8"))
    for (const warning of warnings) log.warn("part of the scheduler's configuration is ignored", { file, warning })
    return config
  } catch (cause) {
    const why = messageOf(cause)
    throw new UserError(`--scheduler-config: ${file}: ${why}`, { exitCode: 2, cause })
  }
}
