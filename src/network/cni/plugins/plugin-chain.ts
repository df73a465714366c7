import { messageOf } from "../../../machinery/status/message-of.ts"
import type { NetworkConfiguration, PluginConfiguration } from "./network-configuration.ts"
import { isAtLeast } from "./network-configuration.ts"
import type { PluginCommand, PluginParameters, PluginRunner } from "./plugin-process.ts"

/** What plugins may ask for by `capabilities`. https://www.cni.dev/docs/conventions/#dynamic-plugin-specific-fields-capabilities--runtime-configuration */
export type CapabilityArgs = Readonly<Record<string, unknown>>

/** One interface of one pod, as the network was told to make it. */
export interface Attachment {
  readonly configuration: NetworkConfiguration
  readonly parameters: Required<Omit<PluginParameters, "heldFile">>
  readonly capabilityArgs: CapabilityArgs
  /** Of the last plugin; absent while nobody knows how far the chain came. */
  readonly result?: unknown
}

/** Runs the plugins of a network one after another, as the specification says. */
export interface PluginChain {
  /** Returns the result of the last plugin. `heldFile`: locked for as long as a program runs that does it. */
  add(attachment: Attachment, heldFile: string): Promise<unknown>
  /** The last plugin first. May be repeated. */
  remove(attachment: Attachment): Promise<void>
  /** Throws when an interface is not what it was made to be. Does nothing where that cannot be asked. */
  check(attachment: Attachment): Promise<void>
  /** Has plugins free what belongs to none of these attachments. */
  collectGarbage(configuration: NetworkConfiguration, valid: readonly Attachment[]): Promise<void>
  /** Throws when the network cannot take pods now. */
  status(configuration: NetworkConfiguration): Promise<void>
}

export function createPluginChain(runner: PluginRunner): PluginChain {
  const run =
    (
      command: PluginCommand,
      { configuration, parameters, capabilityArgs }: Attachment,
      prevResult: unknown,
      heldFile?: string,
    ) =>
    (plugin: PluginConfiguration) =>
      runner.run(
        command,
        plugin.type,
        { ...parameters, ...(heldFile !== undefined && { heldFile }) },
        render(configuration, plugin, { capabilityArgs, prevResult }),
      )

  return {
    async add(attachment, heldFile) {
      let result: unknown
      for (const plugin of attachment.configuration.plugins)
        result = await run("ADD", attachment, result, heldFile)(plugin)
      return result
    },
    async remove(attachment) {
      const { configuration, result } = attachment
      const told = isAtLeast(configuration.cniVersion, "0.4.0") ? result : undefined
      for (const plugin of configuration.plugins.toReversed()) await run("DEL", attachment, told)(plugin)
    },
    async check(attachment) {
      const { configuration, result } = attachment
      if (configuration.disableCheck || result === undefined || !isAtLeast(configuration.cniVersion, "0.4.0")) return
      for (const plugin of configuration.plugins) await run("CHECK", attachment, result)(plugin)
    },
    async collectGarbage(configuration, valid) {
      if (configuration.disableGC || !isAtLeast(configuration.cniVersion, "1.1.0")) return
      const attachments = valid
        .filter((attachment) => attachment.configuration.name === configuration.name)
        .map(({ parameters: { containerId, interfaceName } }) => ({ containerID: containerId, ifname: interfaceName }))
      const more = { "cni.dev/valid-attachments": attachments, "cni.dev/attachments": attachments }
      await forAll(configuration, (plugin) =>
        runner.run("GC", plugin.type, {}, { ...render(configuration, plugin), ...more }),
      )
    },
    async status(configuration) {
      // Of plugins that cannot tell, it is known at least whether they are there.
      for (const { type } of configuration.plugins) runner.locate(type)
      if (!isAtLeast(configuration.cniVersion, "1.1.0")) return
      await forAll(configuration, (plugin) => runner.run("STATUS", plugin.type, {}, render(configuration, plugin)))
    },
  }
}

/** Every plugin is asked, also when one before has failed. */
async function forAll(
  { plugins }: NetworkConfiguration,
  ask: (plugin: PluginConfiguration) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = []
  for (const plugin of plugins) await ask(plugin).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join("; "))
}

/** https://www.cni.dev/docs/spec/#deriving-execution-configuration-from-plugin-configuration */
function render(
  { cniVersion, name }: NetworkConfiguration,
  plugin: PluginConfiguration,
  { capabilityArgs = {}, prevResult }: { readonly capabilityArgs?: CapabilityArgs; readonly prevResult?: unknown } = {},
): object {
  const wanted = Object.entries(plugin.capabilities ?? {}).filter(([, isWanted]) => isWanted === true)
  const runtimeConfig = wanted.flatMap(([capability]) =>
    Object.hasOwn(capabilityArgs, capability) ? [[capability, capabilityArgs[capability]] as const] : [],
  )
  return {
    ...plugin,
    cniVersion,
    name,
    ...(runtimeConfig.length > 0 && { runtimeConfig: Object.fromEntries(runtimeConfig) }),
    ...(prevResult !== undefined && { prevResult }),
  }
}
