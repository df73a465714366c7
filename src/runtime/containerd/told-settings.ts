import type { RuntimeConfig } from "../runtime.ts"
import type { StringMap } from "../sandbox.ts"

/** How a runtime is configured, as far as it tells. */
export interface ToldSettings extends RuntimeConfig {
  /** Where it looks for the configuration of pods' networks, and for CNI plugins. */
  readonly cni: { readonly confDir: string; readonly binDir: string }
  /** Of what holds the namespaces of its pods; empty: it is not told. */
  readonly sandboxImage: string
}

interface ContainerdConfig {
  readonly sandboxImage?: string
  readonly systemdCgroup?: boolean
  readonly cni?: { readonly binDir?: string; readonly binDirs?: readonly string[]; readonly confDir?: string }
  readonly containerd?: {
    readonly defaultRuntimeName?: string
    readonly runtimes?: Readonly<Record<string, { readonly options?: { readonly SystemdCgroup?: boolean } | null }>>
  }
}

/** Where containerd and CRI-O look when nothing is said. */
const CNI_CONF_DIR = "/etc/cni/net.d"
const CNI_BIN_DIR = "/opt/cni/bin"

/** Reads the `info` of a verbose status. Containerd gives its whole configuration there; CRI-O its own, in other words. */
export function readSettings({ config = "{}" }: StringMap = {}): ToldSettings {
  const { cni = {}, containerd = {}, sandboxImage = "", systemdCgroup = false } = parse(config)
  const { binDir, binDirs = [], confDir = CNI_CONF_DIR } = cni
  const runtimes = new Map(Object.entries(containerd.runtimes ?? {}))
  const usesSystemd = runtimes.get(containerd.defaultRuntimeName ?? "")?.options?.SystemdCgroup ?? systemdCgroup
  return {
    cgroupDriver: usesSystemd ? "systemd" : "cgroupfs",
    cni: { confDir, binDir: binDir || binDirs[0] || CNI_BIN_DIR },
    sandboxImage,
  }
}

function parse(text: string): ContainerdConfig {
  try {
    return (JSON.parse(text) ?? {}) as ContainerdConfig
  } catch {
    // CRI-O writes TOML.
    return {}
  }
}
