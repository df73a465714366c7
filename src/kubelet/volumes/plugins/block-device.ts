import { mkdirSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs"
import { dirname } from "node:path"
import { hasCode } from "../../../platform/linux/system-error.ts"
import { MountError } from "./plugin.ts"

/** Makes a pod's name for a raw device: a link to it. Returns the link. Throws MountError when it is no block device. */
export function linkDevice(path: string, link: string): string {
  let device: string
  try {
    device = realpathSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
    throw new MountError("EvalHostSymlinks failed", `lstat ${path}: no such file or directory`, { cause: error })
  }
  if (!statSync(device).isBlockDevice()) throw new MountError("MapBlockVolume failed", `${path} is not a block device`)
  mkdirSync(dirname(link), { recursive: true, mode: 0o750 })
  rmSync(link, { force: true })
  symlinkSync(device, link)
  return link
}
