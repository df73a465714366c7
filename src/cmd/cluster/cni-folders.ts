import { existsSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import { NetworkConfigurationError, readNetworkConfiguration } from "../../network/cni/plugins/network-configuration.ts"

/** Where the network of a node is configured: in a folder with the node's name, or else in that of all nodes. */
export function nodeConfDir(confDir: string, nodeName: string): string {
  const own = join(confDir, nodeName)
  return existsSync(own) ? own : confDir
}

/**
 * Throws `UserError` where pods of two nodes would have the same addresses: several nodes have one configuration, and
 * no plugin takes the range that each node has. A folder without a configuration is right, it may come later.
 */
export function checkCniFolders(confDir: string, nodes: readonly { readonly name: string }[]): void {
  if (nodes.filter(({ name }) => nodeConfDir(confDir, name) === confDir).length < 2) return
  try {
    const plugins = readNetworkConfiguration(confDir)?.plugins
    if (plugins === undefined || plugins.some(({ capabilities }) => capabilities?.["ipRanges"] === true)) return
  } catch (error) {
    if (!(error instanceof NetworkConfigurationError)) throw error
    throw new UserError(`--cni-conf-dir: ${error.message}`)
  }
  throw new UserError(
    `--cni-conf-dir: found no plugin in ${confDir} with "capabilities": {"ipRanges": true}, so pods of two nodes would have the same addresses. Add it, or make a folder for each node: ${join(confDir, nodes[1]?.name ?? "NODE")}.`,
  )
}
