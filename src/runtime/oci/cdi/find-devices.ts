import { readdirSync, readFileSync } from "node:fs"
import { extname, join } from "node:path"
import { parseYaml } from "../../../machinery/json/yaml.ts"
import { hasCode } from "../../../platform/linux/system-error.ts"
import { RuntimeError } from "../../errors.ts"
import type { CdiDevice, CdiSpec, ContainerEdits } from "./cdi-spec.ts"

/** Where vendors put their files; what is said in a later folder wins. */
export const CDI_FOLDERS: readonly string[] = ["/etc/cdi", "/var/run/cdi"]

const EXTENSIONS = new Set([".json", ".yaml"])

interface Found {
  readonly device: CdiDevice
  readonly spec: CdiSpec
  readonly folder: string
}

/**
 * The edits that these devices make, in their order: once those of each file, then those of the device. Files are read
 * anew each time, since drivers write them while containers wait. Throws `RuntimeError` for names that nobody, or more
 * than one file of a folder, describes.
 */
export function editsFor(names: readonly string[], folders: readonly string[]): ContainerEdits[] {
  const devices = readDevices(folders)
  const unresolved = names.filter((name) => (devices.get(name) ?? "conflict") === "conflict")
  if (unresolved.length > 0) {
    const which = unresolved.join(", ")
    throw new RuntimeError("InvalidArgument", `CDI device injection failed: unresolvable CDI devices ${which}`)
  }
  const specs = new Set<CdiSpec>()
  return names.flatMap((name) => {
    const found = devices.get(name)
    if (found === undefined || found === "conflict") return []
    const edits = [specs.has(found.spec) ? undefined : found.spec.containerEdits, found.device.containerEdits]
    specs.add(found.spec)
    return edits.filter((edit) => edit !== undefined)
  })
}

const ANNOTATION = "cdi.k8s.io/"
const QUALIFIED = /^[a-z]([\w.-]*[a-z0-9])?\/[a-z]([\w-]*[a-z0-9])?=[a-z0-9]([\w.:-]*[a-z0-9])?$/i

/**
 * The devices that annotations of a container name, as device plugins asked for them before there was a field. Throws
 * `RuntimeError` for what is no name of a device.
 */
export function annotatedDevices(annotations: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(annotations).flatMap(([key, value]) => (key.startsWith(ANNOTATION) ? [value] : []))
  const names = values.flatMap((value) => value.split(","))
  const wrong = names.find((name) => !QUALIFIED.test(name))
  if (wrong === undefined) return names
  const why = `invalid CDI device name ${JSON.stringify(wrong)}`
  throw new RuntimeError("InvalidArgument", `failed to parse CDI device annotations: ${why}`)
}

function readDevices(folders: readonly string[]): ReadonlyMap<string, Found | "conflict"> {
  const devices = new Map<string, Found | "conflict">()
  for (const folder of folders) {
    const inFolder = new Map<string, Found | "conflict">()
    for (const spec of specsIn(folder)) {
      for (const device of spec.devices ?? []) {
        const name = `${spec.kind}=${device.name}`
        inFolder.set(name, inFolder.has(name) ? "conflict" : { device, spec, folder })
      }
    }
    for (const [name, found] of inFolder) devices.set(name, found)
  }
  return devices
}

function specsIn(folder: string): CdiSpec[] {
  return listed(folder).flatMap((name) => {
    try {
      const parsed = parseYaml(readFileSync(join(folder, name), "utf8")).value as CdiSpec | null
      return typeof parsed === "object" && parsed?.kind !== undefined ? [parsed] : []
    } catch {
      // Somebody else's broken file must not keep other devices from containers; who needs its own is told so.
      return []
    }
  })
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => EXTENSIONS.has(extname(name)))
      .sort()
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return []
    throw error
  }
}
