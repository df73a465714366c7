import { mkdirSync } from "node:fs"
import { join, normalize } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"

/**
 * Makes the folders in a read-only volume at which containers mount other volumes: at /etc/app/certs when the volume
 * itself is mounted at /etc/app.
 */
export function makeNestedMountPoints(pod: Pod, volume: string, folder: string): void {
  for (const path of nestedMountPoints(pod, volume)) mkdirSync(join(folder, path), { recursive: true, mode: 0o755 })
}

export function nestedMountPoints(pod: Pod, volume: string): string[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec
  const found = [...initContainers, ...containers, ...ephemeralContainers].flatMap(({ volumeMounts = [] }) => {
    const all = volumeMounts.map(({ mountPath }) => trim(mountPath)).sort()
    const mine = volumeMounts.filter(({ name }) => name === volume).map(({ mountPath }) => trim(mountPath))
    return mine.flatMap((path) => {
      if (path.startsWith("../")) throw new Error(`invalid container mount point ${path}`)
      return outermost(all.filter((other) => other.startsWith(`${path}/`))).map((other) => other.slice(path.length + 1))
    })
  })
  return [...new Set(found)]
}

/** What lies below another mount point is made in the volume mounted there. */
function outermost(paths: readonly string[]): string[] {
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)))
}

const trim = (path: string): string => normalize(path).replace(/(.)\/$/, "$1")
