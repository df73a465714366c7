import { accessSync, constants, existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import { createCredentialProviders } from "../../images/credential-providers/credential-providers.ts"
import { type ProviderConfig, readProviderConfig } from "../../images/credential-providers/provider-config.ts"
import { runProvider } from "../../images/credential-providers/run-provider.ts"
import type { AccountFor, CredentialProviders } from "../../images/images.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { CredentialProviderPaths } from "../cluster/record.ts"

/** Throws `UserError` for a configuration that cannot be followed. */
export function readCredentialProviders({ binDir, config }: CredentialProviderPaths): ProviderConfig {
  if (!existsSync(binDir)) {
    throw new UserError(`--image-credential-provider-bin-dir: plugin binary directory ${binDir} did not exist`)
  }
  let read: ProviderConfig
  try {
    read = readProviderConfig(config)
  } catch (cause) {
    throw new UserError(`--image-credential-provider-config: ${messageOf(cause)}`, { exitCode: 2, cause })
  }
  for (const { name } of read.providers) {
    const program = join(binDir, name)
    if (!isProgram(program)) {
      throw new UserError(`--image-credential-provider-bin-dir: plugin binary executable ${program} did not exist`)
    }
  }
  return read
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The plugins of a node, which it is told how often they fail and how long they take. */
export function openCredentialProviders(
  paths: CredentialProviderPaths,
  { clock, log, processes }: Platform,
  registry: MetricsRegistry,
): (account: AccountFor) => CredentialProviders {
  const { hash, providers } = readCredentialProviders(paths)
  const about = "[ALPHA] Information about the last applied credential provider configuration with hash as label"
  registry.gaugesFrom("kubelet_credential_provider_config_info", about, () => [[{ hash }, 1]])
  const failed = "[ALPHA] Number of errors from credential provider plugin"
  const errors = registry.counter("kubelet_credential_provider_plugin_errors_total", failed)
  const took = "[ALPHA] Duration of execution in seconds for credential provider plugin"
  const duration = registry.histogram("kubelet_credential_provider_plugin_duration", took, durationBuckets)
  const machine = { binDir: paths.binDir, env: process.env, clock, processes }
  return (account) =>
    createCredentialProviders({
      providers,
      platform: { clock, log },
      account,
      async run(provider, request) {
        const labels = { plugin_name: provider.name }
        const beganMs = clock.monotonicMs()
        try {
          return await runProvider(provider, request, machine)
        } catch (error) {
          errors.add(1, labels)
          throw error
        } finally {
          duration.observe((clock.monotonicMs() - beganMs) / 1000, labels)
        }
      },
    })
}
