import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import type { BaseRecipe } from "./base-image.ts"
import { setTimes } from "./busybox.ts"
import { sharedLibraries } from "./shared-libraries.ts"

/** Changes with what this file writes. */
const RECIPE = "node-1"
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
/** Where busybox's layer has links to folders below /usr. */
const MERGED_USR = /^\/(?=(?:bin|sbin|lib|lib64)\/)/

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
      copies.set(library.replace(MERGED_USR, "/usr/").slice(1), realpathSync(library))
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
