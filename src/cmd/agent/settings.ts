import { readFileSync } from "node:fs"
import { UserError } from "../../cli/user-error.ts"
import { parseConfiguration } from "../../kubelet/settings/parse-configuration.ts"
import type { KubeletSettings } from "../../kubelet/settings/settings.ts"

/** The settings in a file with a KubeletConfiguration. Throws `UserError`. */
export function readKubeletConfig(file: string): KubeletSettings {
  try {
    return parseConfiguration(readFileSync(file, "utf8"))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(`--kubelet-config: ${file}: ${why}`, { exitCode: 2, cause })
  }
}
