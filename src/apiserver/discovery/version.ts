import type { CallHandler } from "../call.ts"
import { onlyGet } from "./discovery.ts"

export interface ServerVersion {
  /** The Kubernetes API that is spoken, such as `v1.36.0`. */
  readonly kubernetes: string
  /** Of this program. */
  readonly program: string
}

/** `v1.36.0+gantry-0.1.0`: what follows the plus sign takes no part in clients' comparisons. */
export function gitVersion({ kubernetes, program }: ServerVersion): string {
  return `${kubernetes}+gantry-${program}`
}

/** `/version` */
export function createVersionHandler(version: ServerVersion): CallHandler {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(version.kubernetes) ?? []
  const architecture = ARCHITECTURE.get(process.arch) ?? process.arch
  const value = {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: gitVersion(version),
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: `node${process.versions.node}`,
    compiler: "v8",
    platform: `${process.platform}/${architecture}`,
  }
  return onlyGet(() => ({ type: "value", code: 200, value }))
}

/** Node's names → Go's, which clients know. */
const ARCHITECTURE = new Map([
  ["x64", "amd64"],
  ["ia32", "386"],
])
