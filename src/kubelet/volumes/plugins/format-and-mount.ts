import { mkdirSync } from "node:fs"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { Processes } from "../../../platform/processes.ts"
import { runMount } from "./mount-program.ts"

// What blkid answers for a device that holds nothing it knows.
const NOTHING_FOUND = 2
// fsck: errors were found and corrected; errors were left.
const FSCK_CORRECTED = 1
const FSCK_UNCORRECTED = 4

/** Mounts a disk; an empty one gets a file system first, one with content never. Throws Kubernetes' message. */
export async function formatAndMount(
  processes: Pick<Processes, "run">,
  request: {
    readonly device: string
    readonly target: string
    readonly type: string
    readonly options: readonly string[]
  },
): Promise<void> {
  const { device, options, target, type } = request
  const fail = (message: string) =>
    new Error(`local: failed to mount device ${device} at ${target} (fstype: ${type}), error ${message}`)
  mkdirSync(target, { recursive: true, mode: 0o750 })
  const found = await formatOf(processes, device)
  const isReadOnly = options.includes("ro")
  if (found === "") {
    if (isReadOnly)
      throw fail("cannot mount unformatted disk " + device + " as it is not formatted and is mounted read-only")
    const args = type.startsWith("ext") ? ["-F", "-m0", device] : [device]
    const made = await processes.run(`mkfs.${type}`, args)
    if (made.code !== 0) {
      throw fail(
        `format of disk "${device}" failed: type:("${type}") target:("${target}") options:("${options.join(",")}") errcode:(exit status ${made.code ?? "unknown"}) output:(${made.stdout}${made.stderr})`,
      )
    }
  } else if (!isReadOnly) {
    const { code, stderr, stdout } = await processes.run("fsck", ["-a", device])
    if (code === FSCK_UNCORRECTED) {
      throw fail(`'fsck' found errors on device ${device} but could not correct them: ${stdout}${stderr}`)
    }
    if (code !== 0 && code !== FSCK_CORRECTED && found !== type)
      throw fail(`fsck on ${device} failed: ${stdout}${stderr}`)
  }
  try {
    await runMount(processes, { source: device, target, type, options: ["defaults", ...options] })
  } catch (error) {
    throw fail(messageOf(error))
  }
}

/** The type of the file system or partition table on a disk; empty where there is none. */
async function formatOf(processes: Pick<Processes, "run">, device: string): Promise<string> {
  const { code, stderr, stdout } = await processes.run("blkid", [
    "-p",
    "-s",
    "TYPE",
    "-s",
    "PTTYPE",
    "-o",
    "export",
    device,
  ])
  if (code === NOTHING_FOUND) return ""
  if (code !== 0) throw new Error(`could not determine the content of disk ${device}: ${stderr}`)
  const values = new Map(stdout.split("\n").map((line) => line.split("=", 2) as [string, string | undefined]))
  return values.get("TYPE") ?? values.get("PTTYPE") ?? ""
}
