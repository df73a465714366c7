import type { FileKeySelector } from "../../api/core/v1/environment.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { quote } from "../../machinery/field/quote.ts"
import { openFlags, openInRoot, readRegular } from "../../platform/linux/open.ts"
import { podFolders } from "../volumes/folders.ts"

/** Larger files hold something other than variables. */
const fileBytesMax = 64 * 1024

/**
 * A variable from a file that an init container wrote into an emptyDir volume; undefined when it is optional and missing.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-via-file/
 */
export function envFileValue(pod: Pod, dataDir: string, from: FileKeySelector): string | undefined {
  const { key, optional, path, volumeName } = from
  const volume = pod.spec.volumes?.find(({ name }) => name === volumeName)
  if (volume?.emptyDir === undefined)
    throw new Error(`cannot find the volume ${quote(volumeName)} referenced by FileKeyRef`)
  const root = podFolders(dataDir, pod.metadata.uid).volume("emptyDir", volumeName)
  let value: string | undefined
  try {
    value = parseEnvFile(readInRoot(root, path)).get(key)
  } catch (cause) {
    throw new Error("couldn't parse env file", { cause })
  }
  if (value !== undefined && value !== "") return value
  if (optional) return undefined
  throw new Error(`environment variable key ${quote(key)} not found in file ${quote(`${root}/${path}`)}`)
}

/** Links in the volume may not lead out of it: the container that wrote it is not trusted. */
function readInRoot(root: string, path: string): string {
  const bytes = readRegular(openInRoot(root, path, openFlags.O_PATH), { from: "beginning", bytesMax: fileBytesMax })
  if (bytes === undefined) throw new Error(`${quote(path)} is not a regular file`)
  return bytes.toString()
}

/** `NAME='value'` lines, with comments; values in single quotes only, which may span lines. */
export function parseEnvFile(text: string): Map<string, string> {
  const values = new Map<string, string>()
  let rest = text
  while (rest !== "") {
    const blank = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(rest)
    if (blank !== null) {
      rest = rest.slice(blank[0].length)
      continue
    }
    const line = /^[ \t]*([^\s=]+)=(?:'([^']*)'[ \t]*(?:#[^\n]*)?|([ \t][^\n]*))(?:\n|$)/.exec(rest)
    const [whole, name, value] = line ?? []
    if (whole === undefined || name === undefined) throw new Error("invalid environment variable format")
    // As in a shell, `NAME= 'value'` assigns nothing.
    if (!values.has(name)) values.set(name, value ?? "")
    rest = rest.slice(whole.length)
  }
  return values
}
