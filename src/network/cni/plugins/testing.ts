/** For tests of this folder: a network of plugins whose configuration and state are the test's own. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cannotRun, platform, type TestBed } from "../../testing/namespaces.ts"
import { createPluginNetwork, type PluginNetworkOptions } from "./plugin-network.ts"

/** Debian's package containernetworking-plugins. */
export const REFERENCE_PLUGINS = "/usr/lib/cni"
export const withoutPlugins =
  cannotRun || (existsSync(join(REFERENCE_PLUGINS, "bridge")) ? false : "needs the package containernetworking-plugins")

export function networkIn(bed: TestBed, configuration: object, more: Partial<PluginNetworkOptions> = {}) {
  const [confDir, binDir] = [join(bed.dir, "net.d"), join(bed.dir, "bin")]
  for (const dir of [confDir, binDir]) mkdirSync(dir, { recursive: true })
  writeFileSync(join(confDir, "10-test.conflist"), JSON.stringify(configuration))
  const own = {
    confDir,
    binDirs: [binDir],
    env: process.env,
    podCidrs: ["10.244.0.0/24"],
    stateDir: join(bed.dir, "state"),
  }
  return { network: createPluginNetwork({ ...own, platform, ...more }), confDir, binDir }
}
