import { mkdirSync, statfsSync } from "node:fs"
import { mount } from "../../platform/linux/mount.ts"

/** https://man7.org/linux/man-pages/man2/statfs.2.html */
const TMPFS_MAGIC = 0x01021994

/**
 * Makes sure that nothing in the folder reaches a disk: it is, or becomes, a tmpfs. What is there stays until the
 * cluster is taken down, which unmounts everything in the folders of this boot, or the machine reboots. Returns the folder.
 */
export function offDisk(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (statfsSync(folder).type !== TMPFS_MAGIC) {
    mount("tmpfs", folder, { type: "tmpfs", flags: ["noSuid", "noDev", "noExec"], data: "mode=0700,size=64m" })
  }
  return folder
}
