import { readFileSync } from "node:fs"
import { UserError } from "../../cli/user-error.ts"
import type { KubeletSettings } from "../../kubelet/settings/settings.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"

const parser = onFirstUse<typeof import("../../kubelet/settings/parse-configuration.ts")>(
  "../../kubelet/settings/parse-configuration.ts",
  import.meta.url,
)

/** The settings in a file with a KubeletConfiguration. Throws `UserError`. */
export function readKubeletConfig(file: string): KubeletSettings {
  try {
    return parser().parseConfiguration(readFileSync(file, "utf8"))
  } catch (cause) {
    const why = messageOf(cause)
    throw new UserError(`--kubelet-config: ${file}: ${why}`, { exitCode: 2, cause })
  }
}
