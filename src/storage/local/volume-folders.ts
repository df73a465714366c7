import { chmod, lstat, mkdir, rename } from "node:fs/promises"
import { join } from "node:path"
import { removeTree } from "../../platform/linux/remove-tree.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { type VolumeFolders, VolumeNameError } from "../storage.ts"

/** Nobody but root comes to the folders from outside of pods. */
const ROOT_MODE = 0o700
/** The pods that a volume is for may run as anybody, and a claim says nothing of that. */
const VOLUME_MODE = 0o777
/** Folders that are not whole: those that are being made, and those that are being removed. */
const COMING = ".coming"
const GOING = ".going"
const NAME = /^[a-z0-9][a-z0-9._-]{0,254}$/

/** The volumes of a node, as folders of `dir`, which is made when it is needed. */
export function createVolumeFolders({ dir }: { readonly dir: string }): VolumeFolders {
  const [coming, going] = [join(dir, COMING), join(dir, GOING)]
  return {
    async make(name) {
      checkName(name)
      const path = join(dir, name)
      if (await isThere(path)) return path
      await mkdir(coming, { recursive: true, mode: ROOT_MODE })
      await mkdir(join(coming, name)).catch(unless("EEXIST"))
      // Not with mkdir, from which the umask is taken.
      await chmod(join(coming, name), VOLUME_MODE)
      await rename(join(coming, name), path)
      return path
    },
    async remove(name) {
      checkName(name)
      if (!(await isThere(dir))) return
      await mkdir(going, { recursive: true, mode: ROOT_MODE })
      // What an earlier removal has left, and then, set aside in one step, what has come since.
      await removeFrom(going, name)
      if (!(await isThere(join(dir, name)))) return
      await rename(join(dir, name), join(going, name))
      await removeFrom(going, name)
    },
  }
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw new VolumeNameError(`${JSON.stringify(name)} is no name of a volume's folder`)
}

async function isThere(path: string): Promise<boolean> {
  const found = await lstat(path).catch(unless("ENOENT"))
  if (found === undefined) return false
  if (!found.isDirectory()) throw new Error(`found something at ${path} that is no folder: remove it first`)
  return true
}

async function removeFrom(folder: string, name: string): Promise<void> {
  if (await isThere(join(folder, name))) await removeTree(join(folder, name))
}

/** Of a failed call: that it failed for this reason is fine. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, code)) throw error
  }
}
