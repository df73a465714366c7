import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import type { BaseRecipe } from "./base-image.ts"
import { setTimes } from "./busybox.ts"
import { placeInImage, sharedLibraries } from "./shared-libraries.ts"

/** Changes with what this file writes. */
const RECIPE = "node-1"
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

/** Busybox and the Node that runs gantry itself, with the libraries it needs. */
export const nodeBase: BaseRecipe = {
  name: "node",
  below: "busybox",
  version() {
    const { size, mtimeMs } = statSync(process.execPath)
    return `${RECIPE}-${process.version}-${size}-${Math.floor(mtimeMs / 1000)}`
  },
  async write(root, platform) {
    const node = realpathSync(process.execPath)
    const copies = new Map([["usr/local/bin/node", node]])
    for (const library of await sharedLibraries(node, platform)) {
      copies.set(placeInImage(library), realpathSync(library))
    }
    if (existsSync(CERTIFICATES)) copies.set(CERTIFICATES.slice(1), realpathSync(CERTIFICATES))
    let newest = 0
    for (const [path, source] of copies) {
      const place = join(root, path)
      mkdirSync(dirname(place), { recursive: true, mode: 0o755 })
      copyFileSync(source, place)
      chmodSync(place, path.endsWith(".crt") ? 0o644 : 0o755)
      newest = Math.max(newest, Math.floor(statSync(source).mtimeMs / 1000))
    }
    setTimes(root, newest)
    return newest
  },
  env: [["NODE_VERSION", process.version.slice(1)]],
  cmd: ["node"],
}
