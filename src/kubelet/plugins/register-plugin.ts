import { openChannel } from "../../machinery/grpc/client.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import type { PluginHandler, PluginRegistration } from "./plugin-handler.ts"
import { Registration } from "./registration.ts"

export interface RegisteredPlugin extends PluginRegistration {
  readonly handler: PluginHandler
}

// As Kubernetes' kubelet has them.
const INFO_TIMEOUT_MS = 1000
const NOTIFY_TIMEOUT_MS = 5000

/** Asks the plugin at a socket who it is, hands it to whoever uses its type, and tells it how that went. */
export async function registerPlugin(
  socketPath: string,
  handlers: readonly PluginHandler[],
  clock: Pick<Clock, "nowMs">,
): Promise<RegisteredPlugin> {
  const channel = openChannel(socketPath, clock)
  const client = channel.client(Registration)
  const refuse = async (error: string): Promise<never> => {
    await client.NotifyRegistrationStatus({ pluginRegistered: false, error }, { timeoutMs: NOTIFY_TIMEOUT_MS })
    throw new Error(error)
  }
  try {
    const info = await client.GetInfo({}, { timeoutMs: INFO_TIMEOUT_MS })
    const { type = "", name = "", supportedVersions = [] } = info
    const handler = handlers.find((each) => each.type === type)
    if (handler === undefined) {
      return await refuse(
        `RegisterPlugin error -- no handler registered for plugin type: ${type} at socket ${socketPath}`,
      )
    }
    const plugin = { name, endpoint: info.endpoint || socketPath, versions: supportedVersions }
    try {
      handler.validate(plugin)
    } catch (error) {
      return await refuse(`RegisterPlugin error -- plugin validation failed with err: ${messageOf(error)}`)
    }
    try {
      await handler.register(plugin)
    } catch (error) {
      return await refuse(`RegisterPlugin error -- plugin registration failed with err: ${messageOf(error)}`)
    }
    try {
      await client.NotifyRegistrationStatus({ pluginRegistered: true }, { timeoutMs: NOTIFY_TIMEOUT_MS })
    } catch (error) {
      await handler.deregister(plugin)
      throw new Error(
        `RegisterPlugin error -- failed to send registration status at socket ${socketPath}, err: ${messageOf(error)}`,
        { cause: error },
      )
    }
    return { ...plugin, handler }
  } finally {
    channel.close()
  }
}
