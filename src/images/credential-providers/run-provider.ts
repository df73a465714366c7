import { join } from "node:path"
import type { Clock } from "../../platform/clock.ts"
import type { Processes } from "../../platform/processes.ts"
import type { CredentialProvider } from "./provider-config.ts"
import { type ProviderRequest, type ProviderResponse, parseResponse, requestText } from "./provider-messages.ts"

/** As the kubelet's: room for a plugin to try again. */
const TIMEOUT_MS = 60_000

/** Asks a plugin: the request goes to its standard input, the answer comes from its standard output. */
export async function runProvider(
  { apiVersion, args = [], env = [], name }: CredentialProvider,
  request: ProviderRequest,
  machine: {
    readonly binDir: string
    readonly env: Readonly<Record<string, string | undefined>>
    readonly clock: Clock
    readonly processes: Pick<Processes, "run">
  },
): Promise<ProviderResponse> {
  const failed = `error execing credential provider plugin ${name} for image ${request.image}`
  const late = new AbortController()
  const timer = machine.clock.after(TIMEOUT_MS, () => late.abort(new Error(`${failed}: context deadline exceeded: `)))
  const own = Object.entries(machine.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  try {
    const result = await machine.processes.run(join(machine.binDir, name), args, {
      env: Object.fromEntries([...own, ...env.map((each): [string, string] => [each.name, each.value])]),
      input: requestText(apiVersion, request),
      signal: late.signal,
    })
    if (result.code !== 0) {
      const status = result.code === null ? `signal: ${result.signal}` : `exit status ${result.code}`
      throw new Error(`${failed}: ${status}: ${result.stderr}`)
    }
    return parseResponse(result.stdout, apiVersion)
  } finally {
    timer.cancel()
  }
}
